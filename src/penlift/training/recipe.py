"""What a training goes by: its parameters, its material, the weights it begins with, and the fingerprint of all that.

The same fingerprint, the same bytes in the end.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from penlift.common.errors import InputError
from penlift.common.files import digest_of
from penlift.common.machine import processor_name
from penlift.ink.alphabet import ALPHABET, load_texts
from penlift.ink.lines import load_ink
from penlift.ink.scales import load_scales
from penlift.ink.windows import TextLines, WindowParams, load_index, load_windows
from penlift.model.checkpoint import begin_with, files_of, load_model
from penlift.model.network import ModelParams, Network, floor_of
from penlift.training.optimisation import TrainParams
from penlift.training.state import TrainState
from penlift.training.writing import Material, start_training

DIGITS = 16  # of a fingerprint, in hexadecimal


class Recipe(NamedTuple):
    """The sections of params.yaml that a training reads."""

    model: ModelParams
    train: TrainParams
    window: WindowParams


def load_material(offsets: Path, windows: Path, recipe: Recipe, root: Path) -> Material:
    """What stages normalise and window left; `train.start`, if any, is a folder below `root`.

    A network that begins with another's weights knows its signs, and more only where `train.new_signs` says so.
    """
    ink, scales = load_ink(offsets), load_scales(offsets / "scales.json")
    if not recipe.model.text:
        return Material(ink, load_windows(windows, ink, recipe.window.length), scales)
    texts = load_texts(windows)
    if texts is None:
        raise InputError(f"{windows / ALPHABET} is missing; make it again with `dvc repro -f window`")
    alphabet, known = texts.alphabet, None
    if recipe.train.start:
        known = load_model(root / recipe.train.start).network.alphabet
    if known:
        alphabet = known.with_those_of(alphabet) if recipe.train.new_signs else known
    lines = TextLines(ink, load_index(windows, ink), alphabet, scales, recipe.window.joined)
    return Material(ink, lines, scales, alphabet, texts.pace, alphabet.others(texts.counts))


def begin(recipe: Recipe, material: Material, device: torch.device, root: Path) -> TrainState[Network]:
    """The state before the first step; `train.start`, if any, is a folder below `root`."""
    torch.manual_seed(recipe.train.seed)
    network = Network(recipe.model, floor_of(material.scales.scale), material.alphabet, material.pace)
    if recipe.train.start:
        begin_with(network, root / recipe.train.start, recipe.model, material.scales)
    return start_training(network.to(device), recipe.train)


def identity_of(recipe: Recipe, offsets: Path, windows: Path, root: Path, about: Mapping[str, Any]) -> str:
    """The fingerprint of a training of the checkout `root`, once all the code that decides over it is loaded.

    Of its parameters, but for how often it is saved and how many processes were asked for; of its code, its data, the
    weights that it begins with; and of `about`: on what it runs, and by how many processes.
    """
    facts = {
        "model": recipe.model.model_dump(),
        "train": recipe.train.model_dump(exclude={"save_every", "processes"}),
        "window": recipe.window.model_dump(),
        **about,
    }
    data = [offsets / "points.npy", offsets / "index.csv", offsets / "scales.json", *sorted(windows.iterdir())]
    start = files_of(root / recipe.train.start) if recipe.train.start else []
    return digest_of([*code_below(root / "pipeline", root / "src"), *data, *start], facts)[:DIGITS]


def code_below(*folders: Path) -> list[Path]:
    """The files of the code that this process has loaded from these folders, in the order of their names."""
    loaded = {Path(file).resolve() for module in [*sys.modules.values()] if (file := getattr(module, "__file__", None))}
    return sorted(path for path in loaded if any(path.is_relative_to(folder) for folder in folders))


def machine_facts(device: torch.device) -> dict[str, str]:
    """What besides code, data and parameters decides over the last bits."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    else:  # a library may not use on one processor what it uses on another with the same instructions
        name = f"{torch.backends.cpu.get_cpu_capability()}, {processor_name()}"
    return {"torch": torch.__version__, "numpy": np.__version__, "device": f"{device.type} {name}"}
