"""From the shapes of strokes to the points that a tablet sees while a hand draws them.

Lengths are in tablet units, times in seconds.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from penlift.common.geometry import Floats, Polyline, resample
from penlift.corpus.pulses import ISOCHRONY, Pulses, Rhythm, chain, positions

SPACING = 4.0  # between the points of a path
SHARPEST = 8  # a stroke is smoothed over no more than this part of its length
REACH = 3  # samples on either side that the low-pass of a moving hand looks at
JITTER = 0.015  # of a tick of the tablet's clock, standard deviation


class Motion(NamedTuple):
    """How a hand moves, and the tablet under it looks."""

    roundness: float  # tablet units, the radius of the low-pass that rounds the corners of a typeface
    rhythm: Rhythm
    inertia: float  # s, of the hand and of the tablet's own filter: standard deviation of a low-pass in time
    touch: float  # share of a pulse that is over when the pen touches the paper, and that is left when it leaves
    lifting: float  # s, to take the pen up and to put it down again
    tremor: float  # tablet units, standard deviation
    rate: float  # Hz, of the tablet
    grid: float  # tablet units between the places that it tells apart; one coarser than 1 repeats none


def trace(strokes: list[Polyline], motion: Motion, rng: np.random.Generator) -> list[Floats]:
    """The points that a tablet sees of strokes drawn one after the other, none while the pen is up.

    An array (n, 3) of x, y, seconds since the pen first came down for each stroke; two points or more in each.
    """
    paths = [smooth(stroke, motion.roundness) for stroke in strokes]
    pulses = [chain(path, motion.rhythm, rng) for path in paths]
    touches = np.array([motion.touch * each.lasts[0] for each in pulses])
    leaves = np.array([each.end - motion.touch * each.lasts[-1] for each in pulses])
    lasts = np.maximum(leaves - touches, 2.5 / motion.rate)  # even a dot is seen twice
    ways = np.array([np.hypot(*(after[0] - before[-1])) for before, after in pairwise(paths)])
    begins = np.cumsum([0.0, *(lasts[:-1] + pauses(ways, motion, rng))])
    ticks = clock(begins[-1] + lasts[-1], motion.rate, rng)
    points = []
    for path, pulse, touch, begin, last in zip(paths, pulses, touches, begins, lasts, strict=True):
        first, end = np.searchsorted(ticks, [begin, begin + last])
        at = followed(path, pulse, ticks[first:end] - begin + touch, motion)
        seen = np.column_stack([at + rng.normal(0, motion.tremor, at.shape), ticks[first:end]])
        points.append(on_grid(seen, motion.grid))
    return points


def followed(path: Polyline, pulses: Pulses, moments: Floats, motion: Motion) -> Polyline:
    """Where a pen with inertia is at moments of a tablet's clock: a Gaussian low-pass of where the pulses lead it."""
    reach = np.arange(1, REACH + 1) / motion.rate
    longer = np.concatenate([moments[:1] - reach[::-1], moments, moments[-1:] + reach])
    kernel = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / (motion.inertia * motion.rate)) ** 2)
    led, kernel = positions(path, pulses, longer), kernel / kernel.sum()
    return np.column_stack([np.convolve(led[:, axis], kernel, "valid") for axis in (0, 1)])


def on_grid(points: Floats, grid: float) -> Floats:
    """Points (n, 3) as a tablet tells them; a coarse one leaves out what has not moved, but for two points."""
    points = np.column_stack([grid * np.rint(points[:, :2] / grid), points[:, 2]])
    if grid <= 1:
        return points
    moves = np.concatenate([[True], (np.diff(points[:, :2], axis=0) != 0).any(axis=1)])
    return points[moves] if moves.sum() > 1 else points[[0, -1]]


def pauses(ways: Floats, motion: Motion, rng: np.random.Generator) -> Floats:
    """Seconds that the pen is up for ways of these lengths: a pulse through the air, and the lift."""
    rhythm = motion.rhythm
    flights = rhythm.beat * (ways / rhythm.size) ** ISOCHRONY
    return np.asarray((motion.lifting + flights) * np.exp(rng.normal(0, rhythm.wander, len(ways))))


def smooth(line: Polyline, radius: float) -> Polyline:
    """A line with its corners rounded: a Gaussian low-pass along its length, both ends kept.

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


def clock(duration: float, rate: float, rng: np.random.Generator) -> Floats:
    """The moments, in seconds, at which a tablet looks: `rate` times a second on average, not quite regularly."""
    ticks = np.arange(int(duration * rate) + 1) + rng.uniform(0, 1)
    return np.asarray((ticks + rng.normal(0, JITTER, len(ticks)).clip(-0.2, 0.2)) / rate)
