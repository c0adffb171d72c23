"""Lines through points, measured and cut anew: what shapes, motion and measures of ink have in common."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Polyline = Floats  # (n, 2): x, y
Array = npt.NDArray[np.floating[Any]]
Floats32 = npt.NDArray[np.float32]


def lengths_along(line: Polyline) -> Floats:
    """The length of a line up to each of its points; shape (n,)."""
    along, steps = np.zeros(len(line)), line[1:] - line[:-1]
    np.cumsum(np.hypot(steps[:, 0], steps[:, 1]), out=along[1:])
    return along


def at_equal_steps(line: Polyline, count: int) -> Polyline:
    """So many points at equal distances along a line, both ends kept."""
    along = lengths_along(line)
    at = np.linspace(0.0, along[-1], count)
    return np.column_stack([np.interp(at, along, line[:, 0]), np.interp(at, along, line[:, 1])])


def resample(line: Polyline, spacing: float) -> Polyline:
    """Points at equal distances along a line, `spacing` or a little less apart, both ends kept; at least three."""
    return at_equal_steps(line, max(3, int(np.ceil(lengths_along(line)[-1] / spacing)) + 1))


def turning_angles(steps: Polyline) -> Floats:
    """Radians, 0 to pi, by which each of n steps (n, 2) turns from the one before; shape (n - 1,)."""
    return between(steps[:-1], steps[1:])


def between(steps: Polyline, others: Polyline) -> Floats:
    """Radians, 0 to pi, between each of n steps (n, 2) and its counterpart; shape (n,)."""
    (x, y), (other_x, other_y) = steps.T, others.T
    return np.asarray(np.abs(np.arctan2(x * other_y - y * other_x, x * other_x + y * other_y)))
