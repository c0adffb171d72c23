"""From the shape of a stroke to the points that a tablet sees while a hand draws it.

A hand slows in bends: its speed goes with the curvature to the power -1/3, the two-thirds power law of Lacquaniti,
Terzuolo and Viviani, "The law relating the kinematic and figural aspects of drawing movements", Acta Psychologica 54,
1983. It starts from rest and comes to rest. Lengths are in tablet units, times in seconds.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from penlift.typeface import Polyline

Floats = npt.NDArray[np.float64]

SPACING = 4.0  # between the points of a path
SHARPEST = 8  # a stroke is smoothed over no more than this part of its length


class Motion(NamedTuple):
    """How a hand moves, and the tablet under it looks."""

    roundness: float  # tablet units, the radius of the low-pass that rounds corners
    speed: float  # tablet units/s, on a straight
    straight: float  # tablet units, the radius of a bend that hardly slows it
    acceleration: float  # tablet units/s^2, from rest and to rest
    shortest: float  # s, that the quickest dot takes
    lifting: float  # s, to take the pen up and to put it down again
    tremor: float  # tablet units, standard deviation
    rate: float  # Hz, of the tablet


def trace(strokes: list[Polyline], motion: Motion, rng: np.random.Generator) -> list[Floats]:
    """The points that a tablet sees of strokes drawn one after the other, none while the pen is up.

    An array (n, 3) of x, y, seconds since the pen first came down for each stroke; two points or more in each.
    """
    paths = [smooth(stroke, motion.roundness) for stroke in strokes]
    times = [schedule(path, motion) for path in paths]
    ways = np.array([np.hypot(*(after[0] - before[-1])) for before, after in pairwise(paths)])
    pauses = (motion.lifting + ways / motion.speed) * np.exp(rng.normal(0, 0.2, len(ways)))
    begins = np.cumsum([0.0, *(pauses + [time[-1] for time in times[:-1]])])
    ticks = clock(begins[-1] + times[-1][-1], motion.rate, rng)
    points = []
    for path, time, begin in zip(paths, times, begins, strict=True):
        first, end = np.searchsorted(ticks, [begin, begin + time[-1]])
        at = positions(path, time, ticks[first:end] - begin)
        points.append(np.column_stack([at + rng.normal(0, motion.tremor, at.shape), ticks[first:end]]))
    return points


def resample(line: Polyline, spacing: float) -> Polyline:
    """Points at equal distances along a line, `spacing` or a little less apart, both ends kept; at least three."""
    along = _lengths(line)
    count = max(3, int(np.ceil(along[-1] / spacing)) + 1)
    at = np.linspace(0.0, along[-1], count)
    return np.column_stack([np.interp(at, along, line[:, 0]), np.interp(at, along, line[:, 1])])


def smooth(line: Polyline, radius: float) -> Polyline:
    """The path of a hand that rounds the corners of a line: a Gaussian low-pass along its length, both ends kept.

    `radius` is the standard deviation of the Gaussian, in tablet units; less for a short stroke.
    """
    path = resample(line, SPACING)
    deviation = min(radius / SPACING, len(path) / SHARPEST)
    reach = min(int(np.ceil(3 * deviation)), len(path) - 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    before = 2 * path[0] - path[reach:0:-1]  # turned about the end, so that the end stays where it is
    after = 2 * path[-1] - path[-2 : -reach - 2 : -1]
    longer = np.concatenate([before, path, after])
    kernel /= kernel.sum()
    return np.column_stack([np.convolve(longer[:, axis], kernel, "valid") for axis in (0, 1)])


def curvatures(path: Polyline) -> Floats:
    """The curvature halfway along each step of a path, in radians per tablet unit; shape (n - 1,)."""
    steps = np.diff(path, axis=0)
    turns = np.diff(np.arctan2(steps[:, 1], steps[:, 0]))
    turns = np.abs((turns + np.pi) % (2 * np.pi) - np.pi)
    lengths = np.maximum(np.hypot(*steps.T), 1e-9)
    at_points = np.concatenate([[0.0], 2 * turns / (lengths[1:] + lengths[:-1]), [0.0]])
    return np.asarray((at_points[1:] + at_points[:-1]) / 2)


def schedule(path: Polyline, motion: Motion) -> Floats:
    """The time at which the pen is at each point of a path, in seconds from 0; shape (n,)."""
    lengths = np.hypot(*np.diff(path, axis=0).T)
    middle = np.cumsum(lengths) - lengths / 2
    in_bend = motion.speed * (1 + motion.straight * curvatures(path)) ** (-1 / 3)
    from_rest = np.sqrt(2 * motion.acceleration * np.maximum(middle, lengths / 2))
    to_rest = np.sqrt(2 * motion.acceleration * np.maximum(lengths.sum() - middle, lengths / 2))
    slowness = np.sqrt(in_bend**-2 + from_rest**-2 + to_rest**-2)  # s per tablet unit: the slowest of the three rules
    times = np.concatenate([[0.0], np.cumsum(lengths * slowness)])
    return np.asarray(times * max(1.0, motion.shortest / times[-1]))


def clock(duration: float, rate: float, rng: np.random.Generator) -> Floats:
    """The moments, in seconds, at which a tablet looks: `rate` times a second on average, not quite regularly."""
    ticks = np.arange(int(duration * rate) + 1) + rng.uniform(0, 1)
    return np.asarray((ticks + rng.normal(0, 0.04, len(ticks)).clip(-0.2, 0.2)) / rate)


def positions(path: Polyline, times: Floats, moments: Floats) -> Polyline:
    """Where the pen is at each of the moments; shape (moments, 2)."""
    return np.column_stack([np.interp(moments, times, path[:, axis]) for axis in (0, 1)])


def _lengths(line: Polyline) -> Floats:
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
