"""What training asks of whatever learns: batches, a loss, and a judgement of held-out lines behind each epoch.

The network that writes is one such lesson, the recogniser another; the rest of this package knows neither.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from penlift.training.state import Epoch


class Batches(Protocol):
    """What is learned from. Which lines stand where in which step depends on seed, step and row alone."""

    @property
    def targets(self) -> int:
        """How many there are in an epoch, which time and speed go by."""

    @property
    def length(self) -> int:
        """Targets of the longest stretch."""

    @property
    def lines(self) -> int | None:
        """How many an epoch shows, each once; None where stretches are drawn at random."""

    def batch(self, seed: int, step: int, rows: int, length: int) -> Any:
        """The arrays of a step, a named tuple, a row for each line; its `size` is how many targets there are."""


class Learner(Protocol):
    """What is trained, beside being a `torch.nn.Module`."""

    @property
    def device(self) -> torch.device:
        """Where its weights are."""

    def predict(self, parts: Any) -> Any:
        """What it expects of a batch, whose arrays are tensors by now. Recurrent layers may be in bfloat16 here."""

    def nll(self, predicted: Any, parts: Any) -> Tensor:
        """NLL of a batch, nats, summed over its targets."""


class Judged(NamedTuple):
    """What an epoch has come to."""

    held_out: float  # of the valid split; the lowest is the best
    more: Mapping[str, float] = {}  # what else history.csv has of it
    written: npt.NDArray[np.float32] | None = None  # (n, 3): x, y, lift of a line that it writes by now


class Lesson(Protocol):
    """What is learned, and what is held out."""

    @property
    def batches(self) -> Batches:
        """What is learned from."""

    @property
    def verb(self) -> str:
        """What is being done, for whoever waits."""

    @property
    def counted(self) -> str:
        """What its targets are: points, or letters."""

    @property
    def shared(self) -> bool:
        """Whether several runs may want this training at once: then one waits for another, and takes its result."""

    @property
    def names(self) -> tuple[str, str]:
        """Of the columns of history.csv that have the loss in training, and what held-out lines are judged by."""

    def shown(self, nll: float) -> float:
        """A loss a target as it is shown, which may be another unit's."""

    def judge(self, network: Any) -> Judged:
        """Look at held-out lines."""

    def look(self, folder: Path) -> str:
        """What there is to see of it meanwhile; `folder`: that of its state."""

    def note(self, loss: float, last: Epoch | None) -> str:
        """How training stands, in a few words: its loss as it is shown, and the last epoch that is done."""

    def said(self, epoch: Epoch) -> str:
        """What became of an epoch, in a line."""
