"""What every reader of a line hands on, within which bounds, and what it is refused for; names of written lines.

A new format is a file beside this one, and a row in READERS of `io.formats` where it is read, in FORMATS of
`handwriting` where it is written.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt

from penlift.common.geometry import Array
from penlift.ink.lines import LIFT, Rows
from penlift.ink.offsets import Points

MOST_POINTS = 50_000  # of a line: ten minutes of writing without a pause
LINE_HEIGHT = 550.0  # tablet units: the median of 877 real lines on a whiteboard
FARTHEST = 1_000_000  # tablet units from the origin: a whiteboard spans some 10,000
Encoder = Callable[[list[Array]], bytes]


class UnfitError(Exception):
    """The line cannot be used; the message is the reason and, where there is one, a semicolon and the remedy."""


def join(strokes: Iterable[npt.NDArray[np.float64]]) -> Points:
    """Strokes, each (n, 2) of x, y, as one line: the pen lifts at the end of each."""
    lifted = [np.column_stack([stroke, np.arange(len(stroke)) == len(stroke) - 1]) for stroke in strokes]
    return np.concatenate([np.empty((0, 3)), *lifted])


def to_rows(points: Points) -> Rows:
    """The line for the network, once it is known to be one."""
    if len(points) < 2:
        raise UnfitError("fewer than two points; give a line of handwriting")
    if not np.isfinite(points).all():
        raise UnfitError("a number that is NaN or infinite; give finite ones")
    if len(points) > MOST_POINTS:
        raise UnfitError(f"over {MOST_POINTS} points; give one line of handwriting")
    if np.abs(points[:, :2]).max() > FARTHEST:
        raise UnfitError(f"a point over {FARTHEST} tablet units from the origin; a line is some 6000 long and 550 high")
    lifts = points[:, LIFT]
    if not np.isin(lifts, (0, 1)).all():
        raise UnfitError(f"lift {lifts[~np.isin(lifts, (0, 1))][0]:g}; give 1 where the pen leaves the paper, or 0")
    return points.astype(np.float32)


def named_lines(lines: list[Array]) -> Iterator[tuple[str, Array]]:
    """Each with the name that it has in a file of several."""
    return ((f"line-{number}", line) for number, line in enumerate(lines, 1))
