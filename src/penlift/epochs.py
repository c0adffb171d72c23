"""Steps gathered into epochs, each closed by a validation on whole held-out lines."""

import math
from collections.abc import Iterable, Iterator

import pandas as pd

from penlift.evaluation import nll_over_20
from penlift.history import Epoch
from penlift.ink import Ink
from penlift.network import Network
from penlift.offsets import Scales
from penlift.scores import score_lines
from penlift.training import Step
from penlift.units import shift_to


class EpochMean:
    """The mean NLL of a target over the steps of the current epoch, in nats, offsets divided by 20."""

    def __init__(self, scales: Scales) -> None:
        self._shift = shift_to((20.0, 20.0), scales)
        self.clear()

    def clear(self) -> None:
        """Begin the next epoch."""
        self._nll, self._targets = 0.0, 0

    def add(self, step: Step) -> float:
        """Count a step; the mean so far."""
        self._nll, self._targets = self._nll + step.nll, self._targets + step.targets
        return self._nll / self._targets + self._shift


def validate(network: Network, ink: Ink, scales: Scales) -> float:
    """NLL of the valid split, whole lines, dropout off: nats a point, offsets divided by 20."""
    return nll_over_20(pd.concat(score_lines(network, ink, ink.of_split("valid"), scales)), scales)


def by_epoch(steps: Iterable[Step], network: Network, ink: Ink, scales: Scales) -> Iterator[Epoch]:
    """The epochs that these steps of training make, each as it ends."""
    mean, number, lowest = EpochMean(scales), 0, math.inf
    for step in steps:
        train_nll = mean.add(step)
        if step.ends_epoch:
            mean.clear()
            number += 1
            valid_nll = validate(network, ink, scales)
            yield Epoch(number, step.number, step.learning_rate, train_nll, valid_nll, valid_nll < lowest)
            lowest = min(lowest, valid_nll)
