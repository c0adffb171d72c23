"""How unlike two lines are in shape, whatever the pace: dynamic time warping in a band.

Sakoe and Chiba, "Dynamic Programming Algorithm Optimization for Spoken Word Recognition" (1978): the symmetric form, in
which a diagonal step counts twice, so that every path has the same weight and the length can be divided out.
"""

import numpy as np
import numpy.typing as npt

from penlift.curves import Floats, at_equal_steps
from penlift.densities import Array

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
