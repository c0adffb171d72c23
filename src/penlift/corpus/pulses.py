"""A stroke as a chain of overlapping pulses: how a hand gets from one end of a path to the other.

Muscles move a hand in pulses, each aimed at a target where the path bends, and each begun before the last has ended:
see Plamondon, "A kinematic theory of rapid human movements", Biological Cybernetics 72 (1995). The speed of each is the
minimum-jerk profile of Flash and Hogan, "The coordination of arm movements", Journal of Neuroscience 5 (1985). Where
two overlap their velocities add, which rounds the corner between them; each corner is passed slowly, from which the
two-thirds power law of speed and curvature follows. Lengths are in tablet units, times in seconds.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from penlift.common.geometry import Floats, Polyline, between, lengths_along, turning_angles

ISOCHRONY = 0.35  # a pulse takes as long as its length to this power: long ones are faster (Viviani and Terzuolo 1982)
SMALLEST = 0.02  # of the size of a pulse, so that even a dot takes time
HASTIEST = -0.5  # logarithm of the least time of a pulse by its usual time: no hand can hurry more
NEAR = 0.12  # of the size of a pulse, over which it is seen how far a path turns
MOST_TURN = 2.6  # radians that one pulse turns by: some three for a round letter


class Rhythm(NamedTuple):
    """How a hand chains its pulses."""

    size: float  # tablet units, of the pulses that the next three speak of: about the x-height
    beat: float  # s, that a pulse of this size takes
    overlap: float  # share of a pulse's time in which the next is under way, 0 to 0.5
    wander: float  # standard deviation of the logarithm of a pulse's time


class Pulses(NamedTuple):
    """The pulses of one stroke, in their order."""

    marks: Floats  # (n + 1,): where along the path each begins; the last is where the path ends
    begins: Floats  # (n,): s
    lasts: Floats  # (n,): s

    @property
    def end(self) -> float:
        """When the pen has come to rest."""
        return float((self.begins + self.lasts).max())


def chain(path: Polyline, rhythm: Rhythm, rng: np.random.Generator) -> Pulses:
    """The pulses by which a hand follows a path of evenly spaced points."""
    aims, along = targets(path, rhythm.size), lengths_along(path)
    marks = along[aims]
    sizes = np.maximum(np.diff(marks) / rhythm.size, SMALLEST)
    hurry = np.maximum(rng.normal(0, rhythm.wander, len(sizes)), HASTIEST)
    lasts = rhythm.beat * sizes**ISOCHRONY * np.exp(hurry)
    overlaps = rhythm.overlap * np.cos(turned_at(path, aims[1:-1], rhythm.size) / 2)
    begins = np.concatenate([[0.0], np.cumsum(lasts[:-1] * (1 - overlaps))])
    return Pulses(marks, begins, lasts)


def turned_at(path: Polyline, points: npt.NDArray[np.intp], size: float) -> Floats:
    """Radians, 0 to pi, by which a path of evenly spaced points turns at some of them: from well before to well after.

    Where it turns back a hand stops, and begins the next pulse when the last is over.
    """
    spacing = max(float(np.hypot(*(path[1] - path[0]))), size / 1000)
    reach = max(1, round(NEAR * size / spacing))
    before, after = path[np.maximum(points - reach, 0)], path[np.minimum(points + reach, len(path) - 1)]
    return between(path[points] - before, after - path[points])


def targets(path: Polyline, size: float) -> npt.NDArray[np.intp]:
    """The points of a path that pulses aim at: where it bends most, and where it has turned far since; both ends."""
    if len(path) < 3:
        return np.arange(len(path))
    steps = np.diff(path, axis=0)
    spacing = max(np.hypot(*steps.T).mean(), size / 1000)  # even where the pen stands still
    turns = turning_angles(steps)
    bends = gaussian_filter1d(turns, max(1.0, 0.06 * size / spacing)) / spacing
    apart = max(1, round(0.2 * size / spacing))
    peaks = find_peaks(bends, height=1 / size, distance=apart)[0] + 1
    marks = np.array([0, *peaks[(peaks >= apart) & (peaks < len(path) - apart)], len(path) - 1])
    turned = np.concatenate([[0.0], np.cumsum(turns), [turns.sum()]])
    long = np.flatnonzero(np.diff(turned[marks]) > MOST_TURN)
    return np.unique([*marks, *(mark for gap in long for mark in _parted(turned, marks[gap], marks[gap + 1]))])


def _parted(turned: Floats, before: int, after: int) -> list[int]:
    """The points between two marks that part the way from one to the other in pieces of equal turning."""
    parts = int((turned[after] - turned[before]) // MOST_TURN) + 1
    levels = np.linspace(turned[before], turned[after], parts + 1)[1:-1]
    return [int(mark) for mark in np.searchsorted(turned, levels) if before < mark < after]


def positions(path: Polyline, pulses: Pulses, moments: Floats) -> Polyline:
    """Where the pen is at each of the moments; shape (moments, 2).

    Each pulse moves along its own part of the path; the pen has moved by what all of them have.
    """
    along, parts = lengths_along(path), np.diff(pulses.marks)[:, None]
    gone = pulses.marks[:-1, None] + parts * minimum_jerk((moments - pulses.begins[:, None]) / pulses.lasts[:, None])
    axes = []
    for axis in (0, 1):
        reached, starts = np.interp(gone, along, path[:, axis]), np.interp(pulses.marks[:-1], along, path[:, axis])
        axes.append(path[0, axis] + (reached - starts[:, None]).sum(axis=0))
    return np.column_stack(axes)


def minimum_jerk(share: Floats) -> Floats:
    """How far a pulse has got after a share of its time: from 0 at rest to 1 at rest."""
    t = share.clip(0, 1)
    return np.asarray(t**3 * (10 - 15 * t + 6 * t**2))
