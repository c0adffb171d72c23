"""The schedule of a training: when epochs end, how long the windows of each are, and how the learning rate goes.

An epoch shows about as many targets as the training lines have. Short windows come first, a curriculum (Bengio,
Louradour, Collobert and Weston 2009): of the same targets they make more steps, and what a pen does next follows mostly
from what it did just now.
"""

import math
from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple, Self

from penlift.training.lesson import Batches
from penlift.training.optimisation import TrainParams

FIRST = 1 / 6  # length of the first windows by that of the last


class Now(NamedTuple):
    """Where a step stands."""

    epoch: int  # from 0
    done: float  # share of the whole training, at the middle of this step
    length: int  # targets of its windows
    ends_epoch: bool


class Schedule:
    """The steps of a training."""

    def __init__(self, targets: int, length: int, params: TrainParams, lines: int | None = None) -> None:
        """`targets`: of all training lines; `length`: of the longest windows; `lines`: where an epoch is each once."""
        shares = [epoch / params.epochs for epoch in range(params.epochs)]
        self._lengths = [length_after(share, length, params.grow) for share in shares]
        self.targets = targets * params.epochs  # of all epochs: time goes by them, not by steps
        shown = [(lines, 1)] * params.epochs if lines else [(targets, each) for each in self._lengths]
        self._ends = list(accumulate(math.ceil(all_ / (params.batch * each)) for all_, each in shown))
        self.steps = self._ends[-1]  # of all epochs

    @classmethod
    def of(cls, batches: Batches, params: TrainParams) -> Self:
        """That of a training on these."""
        return cls(batches.targets, batches.length, params, batches.lines)

    def at(self, step: int) -> Now:
        """Where a step stands that is counted from 0."""
        epoch = bisect_right(self._ends, step)
        return Now(epoch, self._share(step + 0.5), self._lengths[epoch], step + 1 == self._ends[epoch])

    def behind(self, steps: int) -> int:
        """The targets of so many steps."""
        return round(self.targets * self._share(steps))

    def _share(self, steps: float) -> float:
        """Of the whole training, behind so many steps."""
        epoch = min(bisect_right(self._ends, steps), len(self._ends) - 1)
        first, end = self._ends[epoch - 1] if epoch else 0, self._ends[epoch]
        return (epoch + (steps - first) / (end - first)) / len(self._ends)


def length_after(done: float, length: int, grow: float) -> int:
    """Targets of the windows after a share of the training: they grow to `length` until the share `grow`."""
    return max(2, round(length * (FIRST + (1 - FIRST) * done / grow))) if done < grow else length


def learning_rate(params: TrainParams, epoch: int, done: float) -> float:
    """The learning rate in an epoch, from 0, after a share of the whole training.

    One cycle is a straight rise over the warm-up, then half a cosine down to zero (Smith and Topin 2018).
    """
    if params.schedule == "constant":
        return params.learning_rate
    if params.schedule == "exponential":
        return params.learning_rate * params.decay**epoch
    if done < params.warm_up:
        return params.learning_rate * (done / params.warm_up)
    fallen = (done - params.warm_up) / (1 - params.warm_up)
    return params.learning_rate * (0.5 * (1 + math.cos(math.pi * fallen)))
