"""A line of ink as a recogniser sees it: of one size, level, and with points at equal distances along its strokes.

So what it reads depends on the shape alone: not on where a line stands, how large it is, how fast it was written, or
how many points a second a device has. After the preprocessing of Graves et al. (2009), "A novel connectionist system
for unconstrained handwriting recognition", section 2, with the size by the spread of the ink, not by a baseline.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from penlift.common.geometry import Array, Floats
from penlift.ink.lines import LIFT, Rows

COLUMNS = 5  # step in x and y, height, whether a stroke begins here, whether it ends
SPACING = 0.35  # of points, in standard deviations of the height of the ink
WIDE = 2.0  # times as wide as it is high: a line that is not cannot be levelled
FARTHEST = 8.0  # standard deviations; a longer way from stroke to stroke is cut to it, and a height
MOST = 20_000  # rows of a line: more is no line, or one of noise


class Features(NamedTuple):
    """What a recogniser sees of a line."""

    rows: Rows  # (M, COLUMNS), all of the order of 1
    points: npt.NDArray[np.int64]  # (M,): the point of the line at or just before each row


def features_of(line: Array) -> Features:
    """Of a line, (n, 3 or more) of x, y, lift, y downwards, in any unit."""
    ends = line[:, LIFT] > 0.5
    begins = np.append(True, ends[:-1])
    paper = _levelled(line[:, :2].astype(np.float64), begins)
    ways = np.hypot(*np.diff(paper, axis=0, prepend=paper[:1]).T)
    ways[begins] = 0.0
    firsts = np.flatnonzero(begins)
    lengths = np.add.reduceat(ways, firsts)
    spacing = max(SPACING, float(lengths.sum()) / MOST)
    steps = np.maximum(1, np.ceil(lengths / spacing)).astype(int) * (lengths > 0)  # of each stroke; a dot has one row
    # along all strokes, one behind another, with room between so that none reaches into the next
    gaps = np.cumsum(begins) - 1.0
    along = ways.cumsum() + gaps
    stroke = np.repeat(np.arange(len(firsts)), steps + 1)
    place = np.arange(len(stroke)) - np.repeat(np.cumsum(steps + 1) - steps - 1, steps + 1)
    share = place / np.maximum(steps, 1)[stroke]
    at = along[firsts][stroke] + lengths[stroke] * share
    new = np.column_stack([np.interp(at, along, axis) for axis in paper.T])
    first, last = place == 0, place == steps[stroke]
    moves = np.clip(np.diff(new, axis=0, prepend=new[:1]), -FARTHEST, FARTHEST)
    moves *= np.where(first, 0.3, 0.5 / SPACING)[:, None]
    points = np.clip(np.searchsorted(along, at + 1e-9, side="right") - 1, firsts[stroke], None)
    return Features(
        np.column_stack([moves, 0.5 * np.clip(new[:, 1], -FARTHEST, FARTHEST), first, last]).astype(np.float32), points
    )


def _levelled(paper: Array, begins: npt.NDArray[np.bool_]) -> Floats:
    """The positions with the slope of the line taken out, and the height of its ink with mean 0 and deviation 1.

    Moments are those of the ink, integrated along strokes: where on them points lie does not matter.
    """
    to = np.flatnonzero(~begins)
    ways = np.hypot(*(paper[to] - paper[to - 1]).T)
    if not ways.sum():  # dots alone
        to, ways = np.arange(len(paper)), np.ones(len(paper))
    here, there = paper[np.where(begins[to], to, to - 1)], paper[to]
    middle = np.average((here + there) / 2, axis=0, weights=ways)
    here, there = here - middle, there - middle
    x, y = (paper - middle).T
    spread = np.average(here[:, 0] ** 2 + here[:, 0] * there[:, 0] + there[:, 0] ** 2, weights=ways) / 3
    if spread and np.ptp(x) > WIDE * np.ptp(y):
        products = here[:, 0] * (2 * here[:, 1] + there[:, 1]) + there[:, 0] * (2 * there[:, 1] + here[:, 1])
        slope = np.average(products, weights=ways) / 6 / spread
        y, here, there = y - slope * x, here - slope * here[:, :1] * (0, 1), there - slope * there[:, :1] * (0, 1)
    height = np.average(here[:, 1] ** 2 + here[:, 1] * there[:, 1] + there[:, 1] ** 2, weights=ways) / 3
    size = max(float(np.sqrt(height)), np.ptp(y) / 20, np.ptp(x) / 2000)  # of ink that lies on one straight line
    return np.column_stack([x, y]) / (size or 1.0)
