"""Whether samples copy what was trained on, and whether they are all alike: distances in shape, beside people's own."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from penlift.curves import Floats
from penlift.ink import Line
from penlift.warping import Shapes, distances, shape_of

AT_ONCE = 256  # training lines that are in memory together


class Likeness(NamedTuple):
    """Distances in tablet units, by dynamic time warping."""

    to_training: Floats  # (n,) of each sample to the training line that is nearest in shape
    to_training_real: Floats  # (n,) of each held-out line, likewise
    variety: float  # mean over all pairs of samples
    variety_real: float  # of held-out lines

    @property
    def nearness(self) -> float:
        """Median distance of the samples by that of people's lines; far below 1, the network copies."""
        return _share(float(np.median(self.to_training)), float(np.median(self.to_training_real)))

    @property
    def copied(self) -> float:
        """Share of the samples less than half as far from a training line as people's lines are in the median."""
        return float((self.to_training < np.median(self.to_training_real) / 2).mean())

    @property
    def relative_variety(self) -> float:
        """Of samples by that of people's lines; far below 1, the samples are all alike."""
        return _share(self.variety, self.variety_real)


def likeness(real: list[Line], dreamt: list[Line], training: Iterable[Line]) -> Likeness:
    """Compare lines with all training lines, of which only some are in memory; of one line there is no variety."""
    shapes, ours = _shapes(real), _shapes(dreamt)
    count, both = len(ours), np.concatenate([ours, shapes])
    nearest = np.full(len(both), np.inf)
    for known in _batches(training):
        np.minimum(nearest, distances(both, known).min(axis=1), out=nearest)
    return Likeness(nearest[:count], nearest[count:], _variety(ours), _variety(shapes))


def _variety(shapes: Shapes) -> float:
    apart = distances(shapes, shapes)[np.triu_indices(len(shapes), 1)]
    return float(apart.mean()) if len(apart) else float("nan")


def _share(ours: float, theirs: float) -> float:
    return ours / theirs if theirs > 0 else float("nan")


def _batches(lines: Iterable[Line]) -> Iterator[Shapes]:
    waiting = iter(lines)
    while some := list(islice(waiting, AT_ONCE)):
        yield _shapes(some)


def _shapes(lines: list[Line]) -> Shapes:
    return np.stack([shape_of(line.rows) for line in lines])
