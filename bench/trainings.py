"""A training from its first step, with the data and the parameters of a copy of this tree."""

from pathlib import Path
from typing import NamedTuple

import torch

from penlift.common.params import read_section
from penlift.ink.lines import Ink
from penlift.ink.windows import TextLines, WindowParams, Windows
from penlift.model.checkpoint import Model
from penlift.model.network import ModelParams
from penlift.training.optimisation import TrainParams
from penlift.training.recipe import Recipe, begin, load_material


class Begun(NamedTuple):
    """What a training begins with."""

    model: Model
    ink: Ink
    windows: Windows | TextLines
    params: TrainParams


def begun(folder: Path) -> Begun:
    """Read them from a copy whose data is made."""
    asked = folder / "params.yaml"
    shape, params = read_section(asked, "model", ModelParams), read_section(asked, "train", TrainParams)
    recipe = Recipe(shape, params, read_section(asked, "window", WindowParams))
    material = load_material(folder / "data" / "offsets", folder / "data" / "windows", recipe, folder)
    network = begin(recipe, material, torch.device("cpu"), folder).network
    return Begun(Model(network, shape, material.scales, material.texts), material.ink, material.batches, params)
