"""Learning from windows, one step at a time, and the end of an epoch: a validation, and a line that is dreamt.

Whoever drives it decides when to save, validate, record or stop.
"""

import math
from collections.abc import Iterator
from statistics import fmean, median

import numpy as np
import pandas as pd
import torch
from torch import nn

from penlift.common.errors import InputError
from penlift.ink.lines import Ink
from penlift.ink.scales import Scales, shift_to
from penlift.ink.windows import Batch, TextLines, Windows
from penlift.model.cells.lstm import PeepholeLSTM
from penlift.model.network import Network
from penlift.model.regularisation import noisy
from penlift.model.scores import line_scores, nll_over_20, predict_lines, readable, score_targets
from penlift.sampling.sampler import most_points, noise_of, sample
from penlift.training.distributed import ALONE, Ranks
from penlift.training.optimisation import TrainParams, make_optimiser
from penlift.training.schedule import Schedule, learning_rate
from penlift.training.state import Epoch, Step, Sums, TrainState

MOST_SKIPPED = 3  # steps in a row without a finite gradient: the next would have none either
REACHED = 0.95  # of a text: a window that ends behind this share has come to its end
WATCHED = 400  # points of the line dreamt behind each epoch, from the same random numbers


class Diverged(InputError):  # noqa: N818  (says what happened)
    """Training came to nothing finite."""


def start_training(network: Network, params: TrainParams) -> TrainState:
    """The state before the first step; the network is told how derivatives are clipped on their way back."""
    network.bound = params.clip_outputs
    for layer in network.layers:
        if isinstance(layer, PeepholeLSTM):
            layer.bound = params.clip_gates
        elif params.clip_gates is not None:
            raise InputError(f"train.clip_gates is {params.clip_gates}; only lstm with peepholes clips there")
    return TrainState(network, make_optimiser(network.parameters(), params))


def fit(state: TrainState, windows: Windows | TextLines, params: TrainParams, ranks: Ranks = ALONE) -> Iterator[Step]:
    """Train to the end of the last epoch, yielding after each step with `state` up to date.

    Ends early where the last `params.patience` epochs of the history brought nothing better. Several processes share
    the windows of each step, and have the same weights behind it.
    """
    schedule = Schedule.of(windows, params)
    _check(state, params)  # a training that came to nothing comes to nothing when it is started again
    while state.step < schedule.steps and not out_of_patience(state.history, params.patience):
        now = schedule.at(state.step)
        rate = learning_rate(params, now.epoch, now.done)
        batch = windows.batch(params.seed, state.step, params.batch, now.length)
        # dropout's, so that no random state needs storing
        torch.manual_seed(params.seed * 2**32 + ranks.rank * 2**24 + state.step)
        step = _descend(state, batch, rate, params, ranks)._replace(ends_epoch=now.ends_epoch)
        state.step += 1
        state.skipped = state.skipped + 1 if step.skipped else 0
        state.sums.add(step)
        yield step
        _check(state, params)


def out_of_patience(history: list[Epoch], patience: int | None) -> bool:
    """Whether the last so many epochs were none of them the best so far."""
    return patience is not None and len(history) > patience and not any(epoch.best for epoch in history[-patience:])


def _check(state: TrainState, params: TrainParams) -> None:
    if state.skipped >= MOST_SKIPPED:
        raise Diverged(
            f"neither loss nor gradient was finite in {state.skipped} steps in a row, the last of them {state.step}; "
            f"lower train.learning_rate ({params.learning_rate}) or train.clip ({params.clip})"
        )


def _descend(state: TrainState, batch: Batch, rate: float, params: TrainParams, ranks: Ranks) -> Step:
    """One step down the gradient of what `params.loss` names; none where loss or gradient is not finite."""
    network, targets_in_all = state.network.train(), int(batch.mask.sum())
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    state.optimiser.zero_grad()
    inputs, targets, mask, text = (ranks.share(torch.from_numpy(part)).to(network.device) for part in batch)
    with noisy(network, params.weight_noise, params.seed * 2**32 + state.step):
        with torch.autocast(network.device.type, dtype=torch.bfloat16, enabled=params.precision == "bfloat16"):
            mixture, _ = network(inputs, text=text)
        nll = -(mixture.log_prob(targets) * mask).sum()
        (nll / targets_in_all if params.loss == "mean" else nll).backward()
    loss = nll.detach()
    ranks.sum_([loss, *(weight.grad for weight in network.parameters() if weight.grad is not None)])
    bound = math.inf if params.clip is None else params.clip
    norm = float(nn.utils.clip_grad_norm_(network.parameters(), bound))
    finite = math.isfinite(norm) and math.isfinite(float(loss))
    if finite:
        state.optimiser.step()
    return Step(state.step + 1, rate, float(loss), targets_in_all, norm, norm > bound, not finite, ends_epoch=False)


def validate(network: Network, ink: Ink, scales: Scales) -> tuple[float, list[float]]:
    """NLL of the valid split, whole lines, dropout off: nats a point, offsets divided by 20.

    With it, of a network with text, where its window stands at the end of each line, in shares of the text's length.
    """
    tables, ends = [], list[float]()
    for read in predict_lines(network, ink, readable(network, ink, "valid")):
        tables.append(line_scores(ink, read.lines, score_targets(read, scales), scales))
        if read.window:
            letters, last = (read.lines.batch.text >= 0).sum(axis=1) - 1, read.lines.batch.mask.sum(axis=1) - 1
            ends += (read.window.along()[0][last, range(len(last))] / letters).tolist()
    return nll_over_20(pd.concat(tables), scales), ends


def judge_epoch(state: TrainState, last: Step, ink: Ink, scales: Scales) -> Epoch:
    """Validate and dream behind the epoch that ends with step `last`; keep the weights if they are the best so far."""
    network, (valid_nll, ends) = state.network, validate(state.network, ink, scales)
    epoch = close_epoch(state, last, valid_nll, scales)
    points, texts = WATCHED, []
    if network.alphabet:
        epoch = epoch._replace(window_end=median(ends), window_reaches=fmean(end >= REACHED for end in ends))
        state.history[-1] = epoch
        texts = [str(ink.index["text"].iloc[readable(network, ink, "valid")[0]])]
        points = most_points(network, texts[0])
    (dreamt,) = sample(network, scales, noise_of(1, range(1), points), texts=texts)
    state.samples.append(dreamt.points.astype(np.float32))
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
        train_nll_nats_per_point=_mean(sums.nll, sums.targets) + shift_to((20.0, 20.0), scales),
        valid_nll_nats_per_point=valid_nll,
        gradient_norm=_mean(sums.gradient_norm, sums.taken),
        clipped_share=_mean(sums.clipped, sums.taken),
        skipped_steps=sums.skipped,
        best=valid_nll < min(filter(math.isfinite, before), default=math.inf),
    )
    state.history.append(epoch)
    state.sums = Sums()
    return epoch


def _mean(total: float, count: int) -> float:
    return total / count if count else math.nan  # no step was taken
