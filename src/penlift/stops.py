"""Where a line ends that could go on."""

from typing import NamedTuple

import numpy as np

from penlift.densities import Array
from penlift.ink import LIFT


class Stops(NamedTuple):
    """Rules that end a line; the first that bites does."""

    strokes: int | None = None  # that it may have
    width: float | None = None  # tablet units that it may take


ENDLESS = Stops()


def kept(points: Array, stops: Stops) -> int:
    """How many of the points, (n, 3) of x, y, lift in tablet units, stay: n where no rule bites.

    The first point is where the pen was. The line ends with its last stroke that the rules allow; within the first
    stroke, at the last point that fits, but it always has one.
    """
    lifted = points[:, LIFT] > 0.5
    allowed = len(points)
    if stops.strokes is not None and lifted.sum() >= stops.strokes:
        allowed = int(np.flatnonzero(lifted)[stops.strokes - 1]) + 1
    if stops.width is not None:
        x = points[:, 0]
        reach = np.maximum.accumulate(x) - np.minimum.accumulate(x)
        beyond = np.flatnonzero((reach > stops.width) & np.isfinite(reach))  # what is not finite stays, to be seen
        if len(beyond) and beyond[0] < allowed:
            ends = np.flatnonzero(lifted[: beyond[0]])
            allowed = int(ends[-1] + 1 if len(ends) else max(beyond[0], 2))
    return allowed
