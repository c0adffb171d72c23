"""Lines through points, measured and cut anew: what shapes, motion and measures of ink have in common."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Polyline = Floats  # (n, 2): x, y


def lengths_along(line: Polyline) -> Floats:
    """The length of a line up to each of its points; shape (n,)."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])


def at_equal_steps(line: Polyline, count: int) -> Polyline:
    """So many points at equal distances along a line, both ends kept."""
    along = lengths_along(line)
    at = np.linspace(0.0, along[-1], count)
    return np.column_stack([np.interp(at, along, line[:, 0]), np.interp(at, along, line[:, 1])])


def resample(line: Polyline, spacing: float) -> Polyline:
    """Points at equal distances along a line, `spacing` or a little less apart, both ends kept; at least three."""
    return at_equal_steps(line, max(3, int(np.ceil(lengths_along(line)[-1] / spacing)) + 1))


def turning(steps: Floats) -> Floats:
    """Radians, 0 to pi, by which each of n steps (n, 2) turns from the one before; shape (n - 1,)."""
    (x, y), (next_x, next_y) = steps[:-1].T, steps[1:].T
    return np.asarray(np.abs(np.arctan2(x * next_y - y * next_x, x * next_x + y * next_y)))
