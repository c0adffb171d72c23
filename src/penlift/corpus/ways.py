"""The way of a pen over a letter. A typeface has its shape, in whatever order suited the tool that traced it.

`WAYS` says how people write each character: which strokes there are, where each begins, and what it passes. The ink of
a glyph is taken for a road, and the pen goes along it through these places by the shortest way: so a stem is gone back
over where people go back, and lifted from where they lift.
"""

from collections.abc import Iterator
from itertools import compress, pairwise
from operator import not_
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from penlift.common.geometry import Polyline, at_equal_steps, resample

# Places of a pen in the box of a character, a column and a row of tenths each, from the left and from the bottom, a for
# ten; strokes are parted by a slash. A character that people write in several ways has several.
WAYS: dict[str, tuple[str, ...]] = {
    "a": ("98 4a 05 40 95 9a 90", "6a 19 01 6a 50 a5", "79 3a 03 20 76 60 a5"),
    "b": ("0a 00 05 56 a3 50 02",),
    "c": ("a8 5a 05 50 a2",),
    "d": ("95 46 03 40 93 9a 90", "55 14 01 56 8a 40 a3"),
    "e": ("05 a5 5a 05 60 a2",),
    "f": ("a9 6a 46 40 / 06 a6",),
    "g": ("99 4a 07 45 97 99 92 50 01",),
    "h": ("0a 00 04 56 a4 a0",),
    "i": ("5a 50", "05 5a 30 a5"),
    "j": ("7a 72 00",),
    "k": ("0a 00 03 a6 34 a0",),
    "l": ("5a 50", "5a 51 a0", "9a 59 30 a5"),
    "m": ("0a 00 07 3a 57 50 57 8a a7 a0",),
    "n": ("0a 00 07 5a a7 a0",),
    "o": ("5a 05 50 a5 5a",),
    "p": ("0a 00 08 5a a7 54 06",),
    "q": ("99 4a 07 44 97 9a 90",),
    "r": ("0a 00 07 6a a9",),
    "s": ("a8 5a 07 55 a2 50 01",),
    "t": ("5a 50 / 07 a7", "4a 42 a0 / 07 a7", "5a 30 a4 / 09 89"),
    "u": ("0a 04 40 94 9a 90",),
    "v": ("0a 50 aa",),
    "w": ("0a 30 59 80 aa",),
    "x": ("0a a0 / aa 00",),
    "y": ("0a 55 aa 55 00", "0a 05 44 96 9a 92 50 01"),
    "z": ("0a aa 00 a0",),
    "A": ("00 5a a0 / 24 84",),
    "B": ("0a 00 / 0a 8a 98 05 93 80 00",),
    "C": ("a8 5a 05 50 a2",),
    "D": ("0a 00 / 0a 69 a5 61 00",),
    "E": ("0a 00 a0 / 0a aa / 05 85",),
    "F": ("0a 00 / 0a aa / 05 85",),
    "G": ("a8 5a 05 50 a2 a4 64",),
    "H": ("0a 00 / aa a0 / 05 a5",),
    "I": ("5a 50", "5a 50 / 0a aa / 00 a0"),
    "J": ("aa a3 50 02", "6a 63 40 01 / 0a aa"),
    "K": ("0a 00 / aa 04 a0",),
    "L": ("0a 00 a0",),
    "M": ("00 0a 50 aa a0",),
    "N": ("00 0a a0 aa",),
    "O": ("5a 05 50 a5 5a",),
    "P": ("0a 00 / 0a 99 85 05",),
    "Q": ("5a 05 50 a5 5a / 64 a0",),
    "R": ("0a 00 / 0a 98 75 05 55 a0",),
    "S": ("a8 5a 07 55 a2 50 01",),
    "T": ("5a 50 / 0a aa",),
    "U": ("0a 03 50 a3 aa",),
    "V": ("0a 50 aa",),
    "W": ("0a 30 59 80 aa",),
    "X": ("0a a0 / aa 00",),
    "Y": ("0a 55 / aa 55 50",),
    "Z": ("0a aa 00 a0",),
    "0": ("5a 05 50 a5 5a",),
    "1": ("5a 50", "08 6a 60"),
    "2": ("08 5a a7 00 a0",),
    "3": ("08 5a 97 45 a3 50 02",),
    "4": ("7a 03 a3 / 7a 70", "2a 04 a4 / 7a 70"),
    "5": ("1a 05 56 a3 50 01 / 1a aa",),
    "6": ("9a 27 03 50 a3 56 03",),
    "7": ("0a aa 40",),
    "8": ("98 5a 07 55 a3 50 02 55 98 5a",),
    "9": ("97 5a 07 55 97 99 50", "97 5a 07 55 97 99 90"),
}
FINE = 60  # points along the longer side of a letter's box
DOT = 0.2  # of that side of all ink: a stroke that is no larger is a dot, and comes last
MEETS = 0.04  # of that side: ink that is no farther apart meets
COVERED = 0.75  # least share of a letter's ink that a way must go over; the rest, such as serifs, is left out
NEAR = 0.17  # of that side: a way is that of people if it lies no farther from theirs on average
COMPARED = 48  # points of two ways that are compared


class Route(NamedTuple):
    """A way over the ink of a glyph."""

    strokes: tuple[Polyline, ...]
    off: float  # mean distance from people's way, as a share of the longer side of the glyph's box


def written(character: str, strokes: tuple[Polyline, ...]) -> tuple[Polyline, ...] | None:
    """The ink of a glyph as people go over it; None where they would not write this shape, or nobody says how."""
    large = [_side(stroke) > DOT * _side(np.concatenate(strokes)) for stroke in strokes]
    rest, dots = (tuple(compress(strokes, which)) for which in (large, map(not_, large)))
    found = [route for way in WAYS.get(character, ()) if rest and (route := _route(rest, way)) is not None]
    return (*min(found, key=lambda route: route.off).strokes, *dots) if found else None


def _side(ink: Polyline) -> float:
    """The longer side of its box."""
    return float(np.ptp(ink, axis=0).max())


def _route(strokes: tuple[Polyline, ...], way: str) -> Route | None:
    ink = np.concatenate(strokes)
    corner, size, side = ink.min(axis=0), np.ptp(ink, axis=0), _side(ink)
    if not side:
        return None
    parts = [resample(stroke, side / FINE) for stroke in strokes]
    nodes, roads = np.concatenate(parts), _roads(parts, MEETS * side)
    tree, made, off, passed = cKDTree(nodes), list[Polyline](), list[float](), list[int]()
    for places in _places(way):
        wanted = corner + places * size
        stops = tree.query(wanted)[1]
        route = list(_along(roads, stops))
        if len(route) == 1:
            return None
        made.append(nodes[route])
        passed += route
        ours, theirs = at_equal_steps(made[-1], COMPARED), at_equal_steps(wanted, COMPARED)
        off.append(float(np.hypot(*(ours - theirs).T).mean()) / side)
    covered = cKDTree(nodes[passed]).query(nodes)[0] <= MEETS * side
    mean = float(np.average(off, weights=[len(stroke) for stroke in made]))
    return Route(tuple(made), mean) if covered.mean() >= COVERED and mean <= NEAR else None


def _places(way: str) -> Iterator[Polyline]:
    """(n, 2) for each stroke, in shares of the box."""
    for stroke in way.split("/"):
        yield np.array([[int(digit, 11) / 10 for digit in place] for place in stroke.split()])


def _roads(parts: list[Polyline], meets: float) -> coo_array:
    """The graph of the points of some ink: along its strokes, and across where these meet."""
    nodes, firsts = np.concatenate(parts), np.cumsum([0, *map(len, parts)])
    along = np.concatenate([np.arange(first, last - 1) for first, last in pairwise(firsts)])
    pairs = np.vstack([np.column_stack([along, along + 1]), cKDTree(nodes).query_pairs(meets, output_type="ndarray")])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    lengths = np.hypot(*(nodes[pairs[:, 0]] - nodes[pairs[:, 1]]).T) + 1e-6 * meets  # no road has none
    return coo_array((lengths, tuple(pairs.T)), shape=(len(nodes),) * 2)


def _along(roads: coo_array, stops: npt.NDArray[np.intp]) -> Iterator[int]:
    """The points from stop to stop by the shortest way; where no road leads on, straight there."""
    yield int(stops[0])
    _, before = dijkstra(roads, directed=False, indices=stops[1:], return_predecessors=True)
    for here, there, towards in zip(stops[:-1], stops[1:], before, strict=True):
        place = int(here)
        while place != there:
            step = int(towards[place])
            place = step if step >= 0 else int(there)
            yield place
