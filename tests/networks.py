"""Networks for tests: small ones of each cell, and what samples are drawn with."""

import itertools
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from penlift.ink.scales import Scales
from penlift.model.network import ModelParams, Network
from penlift.sampling.sampler import noise_of

CELLS = [("lstm", False), ("lstm", True), ("gru", False), ("rnn", False)]


Module = TypeVar("Module", bound=nn.Module)


BUILDS = [(cell, peepholes, skip) for (cell, peepholes), skip in itertools.product(CELLS, (False, True))]


def make_network(cell: str = "lstm", peepholes: bool = False, skip: bool = False, dropout: float = 0.5) -> Network:
    torch.manual_seed(3)
    params = ModelParams.model_validate(
        {
            "cell": cell,
            "peepholes": peepholes,
            "layers": 2,
            "hidden": 8,
            "mixtures": 3,
            "dropout": dropout,
            "skip": skip,
            "text": False,
        }
    )
    network = Network(params, floor=(0.025, 0.025))
    return looking(network)


def looking(module: Module) -> Module:
    """The same with peepholes that are not zero, where it has any."""
    for name, weight in module.named_parameters():
        if "peepholes" in name:
            nn.init.normal_(weight)
    return module


SCALES = Scales(500, (2, -1), (20, 10), (0, 0), (1, 1))


def noise(lines: int = 2, points: int = 30, seed: int = 1) -> "np.typing.NDArray[np.float32]":
    return noise_of(seed, range(lines), points)
