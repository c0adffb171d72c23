"""How unlike lines are in shape, whatever the pace; whether samples copy what was trained on, or each other.

Dynamic time warping in a band: Sakoe and Chiba, "Dynamic Programming Algorithm Optimization for Spoken Word
Recognition" (1978), the symmetric form, in which a diagonal step counts twice, so that every path has the same weight
and the length can be divided out.
"""

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from penlift.common.geometry import Array, Floats, at_equal_steps
from penlift.ink.lines import Line

POINTS = 128  # of a shape
BAND = 13  # points that one shape may run ahead of the other: a tenth
Shapes = npt.NDArray[np.float32]  # (n, POINTS, 2)


def shape_of(points: Array) -> Shapes:
    """A line, (n, 2 or more) of x, y, as POINTS at equal steps of its path, about the straight line through them.

    Without that line, widths and drifts would outweigh all letters. Shape (POINTS, 2), in the units given.
    """
    path = at_equal_steps(np.asarray(points[:, :2], dtype=np.float64), POINTS)
    along = np.linspace(-1, 1, POINTS)
    slope = along @ path / (along @ along)
    shape: Shapes = (path - path.mean(axis=0) - along[:, None] * slope).astype(np.float32)
    return shape


def distances(first: Shapes, second: Shapes) -> Floats:
    """(n, m): for each pair the mean distance, in the units of the shapes, along the best warping path."""
    far = np.full((len(first), len(second)), np.inf, np.float32)
    row = {-1: np.zeros_like(far)}  # costs of (i - 1, j) by j; the path comes in at (-1, -1)
    for i in range(POINTS):
        before, row = row, {}
        for j in range(max(0, i - BAND), min(POINTS, i + BAND + 1)):
            cost = np.hypot(*(first[:, None, i, axis] - second[None, :, j, axis] for axis in (0, 1)))
            straight = np.minimum(before.get(j, far), row.get(j - 1, far)) + cost
            row[j] = np.minimum(straight, before.get(j - 1, far) + 2 * cost)
    return row[POINTS - 1].astype(np.float64) / (2 * POINTS)


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
    waiting = iter(training)
    while some := list(islice(waiting, AT_ONCE)):
        np.minimum(nearest, distances(both, _shapes(some)).min(axis=1), out=nearest)
    return Likeness(nearest[:count], nearest[count:], _variety(ours), _variety(shapes))


def all_distances(shapes: Shapes) -> Floats:
    """The distances of all pairs of some shapes."""
    return distances(shapes, shapes)[np.triu_indices(len(shapes), 1)]


def _variety(shapes: Shapes) -> float:
    apart = all_distances(shapes)
    return float(apart.mean()) if len(apart) else float("nan")


def _share(ours: float, theirs: float) -> float:
    return ours / theirs if theirs > 0 else float("nan")


def _shapes(lines: list[Line]) -> Shapes:
    return np.stack([shape_of(line.rows) for line in lines])
