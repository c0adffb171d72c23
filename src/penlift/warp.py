"""Smooth random movements of points: what makes a letter a writer's own, and no two of his letters equal."""

import numpy as np
import numpy.typing as npt

from penlift.curves import Polyline

SPLINE = 151 / 315  # standard deviation of a sum of unit normals weighed by a cubic B-spline along x and along y


def bend(points: Polyline, grain: float, strength: float, rng: np.random.Generator) -> Polyline:
    """Moves (n, 2), a random cubic spline with knots `grain` apart, of standard deviation `strength`."""
    cells = (points - points.min(axis=0)) / grain
    whole = cells.astype(np.intp)
    knots = rng.normal(0, strength / SPLINE, (*(whole.max(axis=0) + 4), 2))
    (along, across), reached = _weights(cells - whole), whole[:, :, None] + np.arange(4)
    near = knots[reached[:, 0, :, None], reached[:, 1, None, :]]
    return np.asarray(np.einsum("na,nb,nabc->nc", along, across, near))


def _weights(part: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The cubic B-spline's weights of four knots, for parts (n, 2) of a cell; shape (2, n, 4)."""
    t = part.T
    return np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=-1) / 6
