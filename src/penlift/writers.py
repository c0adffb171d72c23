"""Made-up writers: each has a typeface bent to letters of his own, and a way of spacing and moving."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial, reduce
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from penlift.motion import Motion, resample
from penlift.typeface import Polyline, Typeface, joined
from penlift.warp import bend

CONNECTED = ("HersheyScript1", "EMSAllure", "EMSFelix")  # typefaces whose letters join
FLOWS = np.array([[0.9, 0.7], [0.25, 0.8]])  # x-heights along x and y, bridged between letters and within, by these
JOINS = np.array([[0.5, 1.2], [0.25, 0.8]])  # the same for one who prints but joins what is near
LIFTS = np.full((2, 2), 0.01)  # and for one who lifts the pen


class Letter(NamedTuple):
    """A writer's own shape of a character, in tablet units: y upwards, the baseline at 0."""

    strokes: tuple[Polyline, ...]
    late: tuple[Polyline, ...]  # dots and crosses that wait for the end of the word
    advance: float


@dataclass(frozen=True)
class Writer:
    """All that tells one hand from another; lengths in tablet units."""

    letters: Mapping[str, Letter]  # by character
    reach: npt.NDArray[np.float64]  # (2,): letters whose ends are no farther apart along x and y are joined
    letter_gap: float  # added to the advance of a letter
    word_gap: float
    unevenness: float  # of gaps: standard deviation, as a share of the word gap
    slant: float  # tangent of the angle to the right
    slope: float  # tangent of the angle at which lines climb
    drift: float  # standard deviation of the baseline along a line
    looseness: float  # standard deviation by which two letters of one kind differ
    grain: float  # the length over which that changes
    motion: Motion


def invent(typeface: Typeface, rng: np.random.Generator) -> Writer:
    """A new writer, whose hand goes back to a typeface."""
    pitch, connected = 190 * np.exp(rng.normal(0, 0.17)), typeface.name in CONNECTED
    scale = pitch / typeface.pitch * np.array([1.0, np.exp(rng.normal(0.04, 0.12))])
    height = typeface.x_height * scale[1]
    between, within = (FLOWS if connected else (JOINS, JOINS, LIFTS)[rng.integers(3)]) * height
    return Writer(
        letters=_own_letters(typeface, scale, within, connected, rng),
        reach=between,
        letter_gap=pitch * rng.uniform(-0.02, 0.02 if connected else 0.12),
        word_gap=pitch * rng.uniform(0.8, 1.5),
        unevenness=rng.uniform(0.1, 0.2),
        slant=rng.normal(0.05, 0.15),
        slope=rng.normal(0, 0.006),
        drift=rng.uniform(0.05, 0.15) * height,
        looseness=rng.uniform(0.03, 0.06) * height,
        grain=rng.uniform(0.8, 1.2) * height,
        motion=_invent_motion(height, rng),
    )


def _invent_motion(height: float, rng: np.random.Generator) -> Motion:
    rate = rng.uniform(62, 78)
    return Motion(
        roundness=rng.uniform(0.05, 0.09) * height,
        speed=58 * height * np.exp(rng.normal(0, 0.15)),
        straight=rng.uniform(9, 15) * height,
        acceleration=rng.uniform(75, 150) * height,
        shortest=3 / rate,
        lifting=rng.uniform(0.05, 0.1),
        tremor=rng.uniform(0.4, 0.8),
        rate=rate,
    )


def _own_letters(
    typeface: Typeface, scale: Polyline, reach: Polyline, connected: bool, rng: np.random.Generator
) -> dict[str, Letter]:
    height = typeface.x_height * scale[1]
    habit, letters = rng.uniform(0.04, 0.08) * height, {}
    for character, glyph in typeface.glyphs.items():
        strokes = [resample(stroke * scale, height / 12) for stroke in glyph.strokes]
        points, advance = np.concatenate(strokes), glyph.advance * scale[0]
        inside = np.sin(np.pi * (points[:, :1] / advance).clip(0, 1)) if connected else 1.0  # joins stay where they are
        points = points + inside * bend(points, height, habit, rng)
        strokes = np.split(points, np.cumsum([len(stroke) for stroke in strokes])[:-1])
        letters[character] = _letter(character, strokes, reach, advance)
    return letters


def _letter(character: str, strokes: list[Polyline], reach: Polyline, advance: float) -> Letter:
    waits = [_waits(character, stroke, strokes) for stroke in strokes]
    late = tuple(stroke for stroke, wait in zip(strokes, waits, strict=True) if wait)
    body = [[stroke] for stroke, wait in zip(strokes, waits, strict=True) if not wait]
    if character.isalpha():
        body = [reduce(partial(joined, reach=reach), body)]
    return Letter(tuple(chain.from_iterable(body)), late, advance)


def _waits(character: str, stroke: Polyline, strokes: list[Polyline]) -> bool:
    """Whether a stroke is the dot of an i or j, the cross of a t, or the second line of an x."""
    if character == "t":
        width, height = np.ptp(stroke, axis=0)
        return bool(height < 0.4 * width)
    return character in "ijx" and len(stroke) < max(map(len, strokes))
