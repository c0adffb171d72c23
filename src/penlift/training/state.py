"""What training carries from step to step, and what became of each epoch."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from torch import Tensor, optim

from penlift.ink.scales import point_of
from penlift.model.network import Network


class Step(NamedTuple):
    """What one step of training saw and did."""

    number: int  # from 1
    learning_rate: float
    nll: float  # nats, summed over the targets, normalised units, dropout on
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
    """One epoch's row of history.csv. NLLs are in nats a point, with offsets divided by 20."""

    epoch: int  # from 1
    steps: int  # done so far
    learning_rate: float  # of its last step
    train_nll_nats_per_point: float  # mean over the epoch's windows, dropout on
    valid_nll_nats_per_point: float  # whole held-out lines, dropout off
    gradient_norm: float  # of what train.loss names, mean over its steps, before train.clip
    clipped_share: float  # of its steps, whose gradient was scaled down
    skipped_steps: int  # whose loss or gradient was not finite: they left the weights as they were
    best: bool  # whether it is the lowest held-out NLL so far; the last such epoch's weights are the model
    window_end: float | None = None  # of a network with text: where its window ends, by the text's length; median
    window_reaches: float | None = None  # share of held-out lines at whose end the window is on the end of their text

    def told(self) -> dict[str, Any]:
        """By name; of a network without text, no word of a window."""
        return {name: value for name, value in self._asdict().items() if value is not None}

    def said(self, rate: float | None) -> str:
        """In a line; `rate`: Hz that points were thinned to, or None."""
        nats = f"{self.train_nll_nats_per_point:.3f} in training, {self.valid_nll_nats_per_point:.3f} held out"
        skipped = f", {self.skipped_steps} steps skipped" if self.skipped_steps else ""
        best = ", the best so far" if self.best else ""
        window = "" if self.window_end is None else f", its window at {self.window_end:.2f} of the text"
        return f"epoch {self.epoch}: {nats} (nats/{point_of(rate)}, offsets/20){window}{skipped}{best}"


def to_table(epochs: list[Epoch]) -> pd.DataFrame:
    """A row an epoch; holds nothing that differs between two runs."""
    told = [epoch.told() for epoch in epochs]
    return pd.DataFrame(told, columns=list(told[0]) if told else list(Epoch._fields))


@dataclass
class TrainState:
    """All that training carries from one step to the next; what is random follows from seed and step alone."""

    network: Network
    optimiser: optim.Optimizer
    step: int = 0  # steps done
    skipped: int = 0  # of them, the last so many left the weights as they were
    sums: Sums = field(default_factory=Sums)  # over the epoch under way
    history: list[Epoch] = field(default_factory=list)  # a row an epoch that is done
    best: dict[str, Tensor] = field(default_factory=dict)  # the weights behind the best of these epochs
    samples: list[npt.NDArray[np.float32]] = field(default_factory=list)  # (n, 3) dreamt behind each epoch: x, y, lift
