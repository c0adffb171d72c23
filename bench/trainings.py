"""A training from its first step, with the data and the parameters of a copy of this tree."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch

from penlift.common.params import read_section
from penlift.ink.lines import Ink, load_ink
from penlift.ink.scales import load_scales
from penlift.ink.windows import WindowParams, Windows
from penlift.model.checkpoint import Model
from penlift.model.network import ModelParams, Network, floor_of
from penlift.training.optimisation import TrainParams


class Begun(NamedTuple):
    """What a training begins with."""

    model: Model
    ink: Ink
    windows: Windows
    params: TrainParams


def begun(folder: Path) -> Begun:
    """Read them from a copy whose data is made."""
    asked, data = folder / "params.yaml", folder / "data"
    shape, params = read_section(asked, "model", ModelParams), read_section(asked, "train", TrainParams)
    ink, scales = load_ink(data / "offsets"), load_scales(data / "offsets" / "scales.json")
    index, length = pd.read_csv(data / "windows" / "index.csv"), read_section(asked, "window", WindowParams).length
    torch.manual_seed(params.seed)
    model = Model(Network(shape, floor_of(scales.scale)), shape, scales)
    return Begun(model, ink, Windows(ink, index, length), params)
