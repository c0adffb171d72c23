"""The end of an epoch: a validation on whole held-out lines, a line that the network dreams, and the best so far."""

import math

import numpy as np
import pandas as pd

from penlift.ink.lines import Ink
from penlift.ink.scales import Scales, shift_to
from penlift.model.network import Network
from penlift.model.scores import nll_over_20, score_lines
from penlift.sampling.sampler import noise_of, sample
from penlift.training.state import Epoch, Step, Sums, TrainState

WATCHED = 400  # points of the line dreamt behind each epoch, from the same random numbers


def validate(network: Network, ink: Ink, scales: Scales) -> float:
    """NLL of the valid split, whole lines, dropout off: nats a point, offsets divided by 20."""
    return nll_over_20(pd.concat(score_lines(network, ink, ink.of_split("valid"), scales)), scales)


def judge_epoch(state: TrainState, last: Step, ink: Ink, scales: Scales) -> Epoch:
    """Validate and dream behind the epoch that ends with step `last`; keep the weights if they are the best so far."""
    epoch = close_epoch(state, last, validate(state.network, ink, scales), scales)
    state.samples.append(_dreamt(state.network, scales))
    if epoch.best:
        state.best = {name: weight.detach().cpu().clone() for name, weight in state.network.state_dict().items()}
    return epoch


def close_epoch(state: TrainState, last: Step, valid_nll: float, scales: Scales) -> Epoch:
    """Add the epoch that ends with step `last`, with the NLL of held-out lines behind it, to the history of `state`."""
    sums, before = state.sums, (epoch.valid_nll_nats_per_point for epoch in state.history)
    epoch = Epoch(
        epoch=len(state.history) + 1,
        steps=last.number,
        learning_rate=last.learning_rate,
        train_nll_nats_per_point=sums.a_target() + shift_to((20.0, 20.0), scales),
        valid_nll_nats_per_point=valid_nll,
        gradient_norm=sums.a_step(sums.gradient_norm),
        clipped_share=sums.a_step(sums.clipped),
        skipped_steps=sums.skipped,
        best=valid_nll < min(filter(math.isfinite, before), default=math.inf),
    )
    state.history.append(epoch)
    state.sums = Sums()
    return epoch


def _dreamt(network: Network, scales: Scales) -> "np.typing.NDArray[np.float32]":
    """A line that the network dreams, (n + 1, 3): x, y, lift in tablet units."""
    (line,) = sample(network, scales, noise_of(1, range(1), WATCHED))
    return line.points.astype(np.float32)
