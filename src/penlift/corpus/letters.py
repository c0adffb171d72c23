"""Letters of one's own: what a writer has made of the shapes of a typeface, or of two of the same build."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial, reduce
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from penlift.common.geometry import Floats, Polyline, at_equal_steps, resample
from penlift.corpus.typeface import CONNECTED, Glyph, Typeface, joined
from penlift.corpus.ways import WAYS

FINE = 12  # points to an x-height, of a stroke that is bent
PAIRED = 24  # points of each of two strokes that are blended
STRAIGHT = 0.8  # of a stroke's length, the distance of its ends at which it is nearly straight
RING = 0.15  # x-heights between the ends of a stroke that is closed
RISE = 0.3  # x-heights by which a stroke's end is above its beginning where it was traced upwards
UPWARDS = "rpvwVWMNAU/"  # which have strokes that do go up
AS_TAUGHT = 0.85  # share of the characters of a shape that people do not write which a writer has from elsewhere
ALIKE = 0.3  # of an x-height: two strokes whose points are no farther apart on average can be blended
SPLINE = 151 / 315  # standard deviation of a sum of unit normals weighed by a cubic B-spline along x and along y


class Letter(NamedTuple):
    """A writer's own shape of a character, in tablet units: y upwards, the baseline at 0."""

    strokes: tuple[Polyline, ...]
    late: tuple[Polyline, ...]  # dots and crosses, which may wait for the end of the word
    advance: float


class Style(NamedTuple):
    """How a writer's letters come from typefaces."""

    typefaces: tuple[Typeface, ...]  # one, or two of the same build
    weight: float  # of the second, 0 to 1, where the two can be blended
    alternatives: float  # share of the characters that are taken from the second alone
    spares: tuple[Typeface, ...]  # one of which has a character, as a rule, whose own shape people do not write
    connected: bool  # letters flow into one another where the typeface lets them
    pitch: float  # tablet units, mean advance of a letter in running text
    height: float  # tablet units, of a small x
    reach: Floats  # (2,): strokes of a letter whose ends are no farther apart along x and y are joined
    habit: float  # tablet units, standard deviation of a letter from the typeface's


def own_letters(style: Style, rng: np.random.Generator) -> Mapping[str, Letter]:
    """A letter for each character of the typefaces."""
    return {character: _own_letter(character, style, rng) for character in style.typefaces[0].glyphs}


def _own_letter(character: str, style: Style, rng: np.random.Generator) -> Letter:
    shapes = [_scaled(character, typeface, style) for typeface in style.typefaces]
    taken = shapes[-1] if rng.uniform() < style.alternatives else shapes[0]
    if taken is shapes[0] and len(shapes) > 1:
        taken = blended(shapes[0], shapes[1], style.weight, ALIKE * style.height) or taken
    if not taken.known and rng.uniform() < AS_TAUGHT:
        others = [typeface for typeface in style.spares if typeface.glyphs[character].known]
        taken = _scaled(character, others[rng.integers(len(others))], style) if others else taken
    strokes = [resample(stroke, style.height / FINE) for stroke in taken.strokes]
    points = np.concatenate(strokes)
    inside = np.sin(np.pi * (points[:, :1] / taken.advance).clip(0, 1)) if style.connected else 1.0  # joins stay
    points = points + inside * bend(points, style.height, style.habit, rng)
    strokes = np.split(points, np.cumsum([len(stroke) for stroke in strokes])[:-1])
    return _letter(character, strokes, style.reach, taken.advance)


def _scaled(character: str, typeface: Typeface, style: Style) -> Glyph:
    glyph = typeface.glyphs[character]
    scale = np.array([style.pitch / typeface.pitch, style.height / typeface.x_height])
    strokes = [stroke * scale for stroke in glyph.strokes]
    if typeface.name not in CONNECTED and not (character in WAYS and glyph.known):
        strokes = [as_written(character, stroke, style.height) for stroke in strokes]
    return Glyph(tuple(strokes), glyph.advance * scale[0], glyph.known)


def as_written(character: str, stroke: Polyline, height: float) -> Polyline:
    """A stroke of a printed letter as people draw it: downwards, or, lying, to the right; a ring from its top.

    In the fonts its direction is whatever the tool left that traced them. `height` is that of a small x.
    """
    way, length = stroke[-1] - stroke[0], np.hypot(*np.diff(stroke, axis=0).T).sum()
    if np.hypot(*way) < RING * height and length > height:
        return np.roll(stroke[:-1], -int(stroke[:-1, 1].argmax()), axis=0)[np.arange(len(stroke)) % (len(stroke) - 1)]
    if np.hypot(*way) > STRAIGHT * length and abs(way[1]) < abs(way[0]):
        return stroke[::-1] if way[0] < 0 else stroke
    return stroke[::-1] if way[1] > RISE * height and character not in UPWARDS else stroke


def blended(first: Glyph, second: Glyph, weight: float, near: float) -> Glyph | None:
    """A glyph between two, `weight` of the way to the second; None where they are drawn in different ways.

    Strokes are paired in their order, and each is turned round where that brings it nearer.
    """
    if len(first.strokes) != len(second.strokes):
        return None
    pairs = list(_paired(first.strokes, second.strokes))
    if max(np.hypot(*(one - other).T).mean() for one, other in pairs) > near:
        return None
    strokes = tuple((1 - weight) * one + weight * other for one, other in pairs)
    return Glyph(strokes, (1 - weight) * first.advance + weight * second.advance, first.known and second.known)


def _paired(first: Sequence[Polyline], second: Sequence[Polyline]) -> Iterator[tuple[Polyline, Polyline]]:
    for one, other in zip(first, second, strict=True):
        left, right = at_equal_steps(one, PAIRED), at_equal_steps(other, PAIRED)
        turned = np.abs(right[::-1] - left).sum() < np.abs(right - left).sum()
        yield left, right[::-1] if turned else right


def _letter(character: str, strokes: list[Polyline], reach: Floats, advance: float) -> Letter:
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
