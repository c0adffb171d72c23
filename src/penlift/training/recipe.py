"""What the training of a network that writes goes by: its parameters, its material, the weights it begins with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from penlift.common.errors import InputError
from penlift.ink.alphabet import ALPHABET, load_texts
from penlift.ink.lines import load_ink
from penlift.ink.scales import load_scales
from penlift.ink.windows import TextLines, WindowParams, load_index, load_windows
from penlift.model.checkpoint import begin_with, files_of, load_model
from penlift.model.network import ModelParams, Network, floor_of
from penlift.training.optimisation import TrainParams
from penlift.training.state import TrainState
from penlift.training.writing import Material, start_training


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


def facts_of(recipe: Recipe, about: Mapping[str, Any]) -> dict[str, Any]:
    """Of a fingerprint, what decides over a training beside code and data.

    Its parameters, but for how often it is saved and how many processes were asked for; and `about`: on what it runs,
    and by how many processes.
    """
    return {
        "model": recipe.model.model_dump(),
        "train": recipe.train.model_dump(exclude={"save_every", "processes"}),
        "window": recipe.window.model_dump(),
        **about,
    }


def data_of(recipe: Recipe, offsets: Path, windows: Path, root: Path) -> list[Path]:
    """Of a fingerprint, the files that are learned from, with the weights that it begins with."""
    data = [offsets / "points.npy", offsets / "index.csv", offsets / "scales.json", *sorted(windows.iterdir())]
    return [*data, *(files_of(root / recipe.train.start) if recipe.train.start else [])]
