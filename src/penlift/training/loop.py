"""Learning, one step at a time, and the end of an epoch: a judgement of held-out lines.

Whoever drives it decides when to save, validate, record or stop.
"""

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from penlift.common.errors import InputError
from penlift.training.distributed import ALONE, Ranks
from penlift.training.lesson import Batches, Judged, Lesson
from penlift.training.optimisation import TrainParams, noisy
from penlift.training.schedule import Schedule, learning_rate
from penlift.training.state import Epoch, Step, Sums, TrainState

MOST_SKIPPED = 3  # steps in a row without a finite gradient: the next would have none either


class Diverged(InputError):  # noqa: N818  (says what happened)
    """Training came to nothing finite."""


def fit(state: TrainState, batches: Batches, params: TrainParams, ranks: Ranks = ALONE) -> Iterator[Step]:
    """Train to the end of the last epoch, yielding after each step with `state` up to date.

    Ends early where the last `params.patience` epochs of the history brought nothing better. Several processes share
    the lines of each step, and have the same weights behind it.
    """
    schedule = Schedule.of(batches, params)
    _check(state, params)  # a training that came to nothing comes to nothing when it is started again
    while state.step < schedule.steps and not out_of_patience(state.history, params.patience):
        now = schedule.at(state.step)
        rate = learning_rate(params, now.epoch, now.done)
        batch = batches.batch(params.seed, state.step, params.batch, now.length)
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


def _descend(state: TrainState, batch: Any, rate: float, params: TrainParams, ranks: Ranks) -> Step:
    """One step down the gradient of what `params.loss` names; none where loss or gradient is not finite."""
    network, targets = state.network, batch.size
    network.train()
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    state.optimiser.zero_grad()
    parts = batch._make(ranks.share(torch.from_numpy(part)).to(network.device) for part in batch)
    with noisy(network, params.weight_noise, params.seed * 2**32 + state.step):
        with torch.autocast(network.device.type, dtype=torch.bfloat16, enabled=params.precision == "bfloat16"):
            predicted = network.predict(parts)
        nll = network.nll(predicted, parts)
        (nll / targets if params.loss == "mean" else nll).backward()
    loss = nll.detach()
    ranks.sum_([loss, *(weight.grad for weight in network.parameters() if weight.grad is not None)])
    bound = math.inf if params.clip is None else params.clip
    norm = float(nn.utils.clip_grad_norm_(network.parameters(), bound))
    finite = math.isfinite(norm) and math.isfinite(float(loss))
    if finite:
        state.optimiser.step()
    return Step(state.step + 1, rate, float(loss), targets, norm, norm > bound, not finite, ends_epoch=False)


def judge_epoch(state: TrainState, last: Step, lesson: Lesson) -> Epoch:
    """Close the epoch that ends with step `last`; keep the weights if they are the best so far."""
    judged = lesson.judge(state.network)
    epoch = close_epoch(state, last, judged, lesson)
    if judged.written is not None:
        state.samples.append(judged.written)
    if epoch.best:
        state.best = {name: weight.detach().cpu().clone() for name, weight in state.network.state_dict().items()}
    return epoch


def close_epoch(state: TrainState, last: Step, judged: Judged, lesson: Lesson) -> Epoch:
    """Add the epoch that ends with step `last`, with what it was found to be, to the history of `state`."""
    sums, before = state.sums, (epoch.held_out for epoch in state.history)
    epoch = Epoch(
        epoch=len(state.history) + 1,
        steps=last.number,
        learning_rate=last.learning_rate,
        train=lesson.shown(_mean(sums.nll, sums.targets)),
        held_out=judged.held_out,
        gradient_norm=_mean(sums.gradient_norm, sums.taken),
        clipped_share=_mean(sums.clipped, sums.taken),
        skipped_steps=sums.skipped,
        best=judged.held_out < min(filter(math.isfinite, before), default=math.inf),
        more=judged.more,
    )
    state.history.append(epoch)
    state.sums = Sums()
    return epoch


def _mean(total: float, count: int) -> float:
    return total / count if count else math.nan  # no step was taken
