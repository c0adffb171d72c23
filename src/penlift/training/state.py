"""What training carries from step to step, and what became of each epoch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from torch import Tensor, optim
from typing_extensions import TypeVar

Learner = TypeVar("Learner", default=Any)  # a `torch.nn.Module` that is a `lesson.Learner`, too


class Step(NamedTuple):
    """What one step of training saw and did."""

    number: int  # from 1
    learning_rate: float
    nll: float  # nats, summed over the targets, dropout on; of offsets, normalised units
    targets: int
    gradient_norm: float  # of what train.loss names, before train.clip
    clipped: bool  # whether the gradient was scaled down
    skipped: bool  # whether the weights stayed as they were, because loss or gradient was not finite
    ends_epoch: bool


@dataclass
class Sums:
    """What is known of an epoch that is under way: sums over its steps, skipped ones only counted."""

    nll: float = 0.0
    targets: int = 0
    gradient_norm: float = 0.0
    clipped: int = 0
    taken: int = 0
    skipped: int = 0

    def add(self, step: Step) -> None:
        """Count a step."""
        if step.skipped:
            self.skipped += 1
            return
        self.nll, self.targets = self.nll + step.nll, self.targets + step.targets
        self.gradient_norm, self.clipped = self.gradient_norm + step.gradient_norm, self.clipped + step.clipped
        self.taken += 1


class Epoch(NamedTuple):
    """One epoch's row of history.csv."""

    epoch: int  # from 1
    steps: int  # done so far
    learning_rate: float  # of its last step
    train: float  # the loss as `Lesson.shown` has it, mean over the epoch's targets, dropout on
    held_out: float  # of the valid split, dropout off
    gradient_norm: float  # of what train.loss names, mean over its steps, before train.clip
    clipped_share: float  # of its steps, whose gradient was scaled down
    skipped_steps: int  # whose loss or gradient was not finite: they left the weights as they were
    best: bool  # whether `held_out` is the lowest so far; the last such epoch's weights are what was learned
    more: Mapping[str, float] = {}  # what else the lesson has to say of it

    def told(self, names: tuple[str, str]) -> dict[str, Any]:
        """By the names that `Lesson.names` has for `train` and `held_out`."""
        called = dict(zip(("train", "held_out"), names, strict=True))
        own = {called.get(name, name): value for name, value in self._asdict().items() if name != "more"}
        return {**own, **self.more}

    @property
    def how(self) -> str:
        """What a line about it ends with."""
        skipped = f", {self.skipped_steps} steps skipped" if self.skipped_steps else ""
        return f"{skipped}{', the best so far' if self.best else ''}"


def to_table(epochs: list[Epoch], names: tuple[str, str]) -> pd.DataFrame:
    """A row an epoch, named as `Epoch.told` has it; holds nothing that differs between two runs."""
    return pd.DataFrame([epoch.told(names) for epoch in epochs])


@dataclass
class TrainState(Generic[Learner]):
    """All that training carries from one step to the next; what is random follows from seed and step alone."""

    network: Learner
    optimiser: optim.Optimizer
    step: int = 0  # steps done
    skipped: int = 0  # of them, the last so many left the weights as they were
    sums: Sums = field(default_factory=Sums)  # over the epoch under way
    history: list[Epoch] = field(default_factory=list)  # a row an epoch that is done
    best: dict[str, Tensor] = field(default_factory=dict)  # the weights behind the best of these epochs
    samples: list[npt.NDArray[np.float32]] = field(default_factory=list)  # (n, 3) written behind each epoch, if any is
