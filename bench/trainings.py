"""A training from its first step, with the data and the parameters of a copy of this tree."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch

from penlift.checkpoint import Model
from penlift.ink import Ink, load_ink
from penlift.network import ModelParams, Network, floor_of
from penlift.optimisation import TrainParams
from penlift.params import read_section
from penlift.scales import load_scales
from penlift.windows import WindowParams, Windows


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
