"""Learning from windows, one step at a time. Whoever drives it decides when to save, validate, record or stop."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn, optim

from penlift.errors import InputError
from penlift.network import Network
from penlift.optimisation import TrainParams, learning_rate, make_optimiser
from penlift.windows import Batch, Windows


@dataclass
class TrainState:
    """All that training carries from one step to the next; what is random follows from seed and step alone."""

    network: Network
    optimiser: optim.Optimizer
    step: int  # steps done


class Step(NamedTuple):
    """What one step saw."""

    number: int  # from 1
    learning_rate: float
    nll: float  # nats, summed over the targets, normalised units, dropout on
    targets: int
    ends_epoch: bool


def start_training(network: Network, params: TrainParams) -> TrainState:
    """The state before the first step."""
    return TrainState(network, make_optimiser(network.parameters(), params), step=0)


def steps_an_epoch(windows: Windows, params: TrainParams) -> int:
    """The steps that show as many targets as the training lines have."""
    return math.ceil(windows.targets / (params.batch * windows.length))


def fit(state: TrainState, windows: Windows, params: TrainParams) -> Iterator[Step]:
    """Train to the end of the last epoch, yielding after each step with `state` up to date."""
    an_epoch = steps_an_epoch(windows, params)
    while state.step < params.epochs * an_epoch:
        rate = learning_rate(params, state.step, an_epoch)
        batch = windows.batch(params.seed, state.step, params.batch)
        torch.manual_seed(params.seed * 2**32 + state.step)  # dropout's, so that no random state needs storing
        nll = _descend(state, batch, rate, params)
        state.step += 1
        yield Step(state.step, rate, nll, int(batch.mask.sum()), state.step % an_epoch == 0)


def _descend(state: TrainState, batch: Batch, rate: float, params: TrainParams) -> float:
    """One step down the gradient of the mean NLL of a target; the NLL of the batch before it, in nats."""
    state.network.train()
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    state.optimiser.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=params.precision == "bfloat16"):
        mixture, _ = state.network(torch.from_numpy(batch.inputs))
    mask = torch.from_numpy(batch.mask)
    nll = -(mixture.log_prob(torch.from_numpy(batch.targets)) * mask).sum()
    (nll / mask.sum()).backward()
    _refuse_non_finite(nn.utils.clip_grad_norm_(state.network.parameters(), params.clip), state.step)
    state.optimiser.step()
    return float(nll.detach())


def _refuse_non_finite(norm: Tensor, step: int) -> None:
    if not torch.isfinite(norm):
        raise InputError(
            f"the gradient's norm at step {step} is {float(norm)}; lower train.learning_rate or train.clip"
        )
