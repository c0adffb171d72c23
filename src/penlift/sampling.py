"""New handwriting: the network's own offsets fed back to it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor

from penlift.checkpoint import Model
from penlift.mixture import Mixture
from penlift.network import Network
from penlift.offsets import START
from penlift.params import Params
from penlift.recurrent import State

Array = npt.NDArray[np.float64]


class SampleParams(Params):
    """Section `sample` of params.yaml."""

    lines: int = Field(ge=1, le=10_000, description="samples drawn")
    points: int = Field(ge=1, le=1_000_000, description="of each sample")
    bias: float = Field(ge=0, le=10, description="0 draws from the density itself, more is neater")
    seed: int = Field(ge=0, lt=2**63, description="of the samples")


class Dream(NamedTuple):
    """Lines that a network wrote, and the densities that it drew them from."""

    offsets: Tensor  # (lines, points, 3), normalised
    mixture: Mixture  # at each of them, the density that it was drawn from


def noise_of(params: SampleParams) -> Tensor:
    """(lines, points, 4): each line has its own random stream, so that more lines change none of the first."""
    streams = [np.random.default_rng([params.seed, line]) for line in range(params.lines)]
    drawn = [np.hstack([rng.random((params.points, 2)), rng.standard_normal((params.points, 2))]) for rng in streams]
    return torch.from_numpy(np.stack(drawn)).float()


def dream(network: Network, noise: Tensor, bias: float) -> Dream:
    """Write lines from zero state and START, one point at a time."""
    network.eval()
    noise = noise.to(network.device)
    offset, states = noise.new_tensor(START).expand(len(noise), 1, 3), None
    offsets: list[Tensor] = []
    mixtures: list[Mixture] = []
    with torch.inference_mode():
        for draw in noise.split(1, dim=1):
            mixture, states = _next(network, offset, states, bias)
            offset = mixture.sample(draw)
            offsets.append(offset)
            mixtures.append(mixture)
        together = Mixture(*(torch.cat(parts, dim=1) for parts in zip(*mixtures, strict=True)))
        return Dream(torch.cat(offsets, dim=1), together)


def _next(network: Network, offset: Tensor, states: list[State] | None, bias: float) -> tuple[Mixture, list[State]]:
    mixture, behind = network(offset, states)
    return mixture.sharpen(bias) if bias else mixture, behind


class Lines(NamedTuple):
    """Dreamt lines in tablet units."""

    points: Array  # (lines, n + 1, 3): x, y, lift; row 0 is where the pen is set down
    weight: Array  # (lines, n, K): of the density that points[:, 1:] were drawn from
    mean: Array  # (lines, n, K, 2): dx, dy
    std: Array  # (lines, n, K, 2)
    correlation: Array  # (lines, n, K)
    lift: Array  # (lines, n): probability


def to_lines(dreamt: Dream, model: Model) -> Lines:
    """Dreamt offsets and densities in tablet units."""
    scale, shift = np.array(model.scales.scale), np.array(model.scales.shift)
    moves = dreamt.offsets[..., :2].double().numpy() * scale + shift
    path = np.concatenate([np.zeros_like(moves[:, :1]), moves.cumsum(axis=1)], axis=1)
    lifts = np.pad(dreamt.offsets[..., 2].double().numpy(), ((0, 0), (1, 0)), constant_values=0.0)
    mixture = dreamt.mixture
    return Lines(
        points=np.concatenate([path, lifts[..., None]], axis=-1),
        weight=mixture.log_weight.exp().double().numpy(),
        mean=mixture.mean.double().numpy() * scale + shift,
        std=mixture.log_std.exp().double().numpy() * scale,
        correlation=mixture.correlation.tanh().double().numpy(),
        lift=mixture.lift.sigmoid().double().numpy(),
    )
