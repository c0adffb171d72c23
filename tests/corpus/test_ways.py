"""The way of a pen over a glyph stays on its ink, covers it, and is that which people take."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from penlift.common.geometry import Polyline, resample
from penlift.corpus.typeface import CONNECTED, read_typefaces
from penlift.corpus.ways import MEETS, WAYS, written

FONTS = Path(__file__).resolve().parents[2] / "src" / "penlift" / "corpus" / "fonts"
PRINTED = [typeface for typeface in read_typefaces(FONTS) if typeface.name not in CONNECTED]


def drawn(*strokes: list[tuple[float, float]]) -> tuple[Polyline, ...]:
    return tuple(np.array(stroke, dtype=np.float64) for stroke in strokes)


def near(one: tuple[Polyline, ...], other: tuple[Polyline, ...]) -> float:
    """The share of the ink of the first that the second goes over, in letters 100 units high."""
    ink, way = (np.concatenate([resample(stroke, 1.0) for stroke in strokes]) for strokes in (one, other))
    return float((cKDTree(way).query(ink)[0] <= 100 * MEETS + 2).mean())


# an E as a plotter may draw it: from the end of the middle bar, over all of the rest, in one stroke
ONE_STROKE = drawn([(60, 50), (0, 50), (0, 100), (70, 100), (0, 100), (0, 0), (70, 0)])
# an n from the foot of its right leg, and its stem upwards
BACKWARDS = drawn([(60, 0), (60, 70), (50, 95), (30, 100), (10, 95), (0, 75)], [(0, 0), (0, 100)])


def test_a_plotters_e_becomes_three_strokes_from_the_top_left() -> None:
    found = written("E", ONE_STROKE)

    assert found is not None
    assert len(found) == 3
    for stroke, first, last in zip(found, [(0, 100), (0, 100), (0, 50)], [(70, 0), (70, 100), (60, 50)], strict=True):
        np.testing.assert_allclose(stroke[[0, -1]], [first, last], atol=4)


def test_an_n_is_one_stroke_that_goes_back_over_its_stem() -> None:
    found = written("n", BACKWARDS)

    assert found is not None
    (stroke,) = found
    np.testing.assert_allclose(stroke[[0, -1]], [(0, 100), (60, 0)], atol=4)
    lowest = int(stroke[: len(stroke) // 2, 1].argmin())
    assert stroke[lowest, 1] < 4  # down the stem, and up again
    assert near(found, BACKWARDS) == near(BACKWARDS, found) == 1.0


@pytest.mark.parametrize("character", "abcdxoE")
def test_how_the_ink_was_drawn_does_not_matter(character: str) -> None:
    glyph = PRINTED[-1].glyphs[character].strokes
    turned = tuple(stroke[::-1] for stroke in glyph[::-1])

    one, other = written(character, glyph), written(character, turned)

    assert one is not None
    assert other is not None
    assert len(one) == len(other)
    size = np.ptp(np.concatenate(glyph), axis=0).max()
    for ours, theirs in zip(one, other, strict=True):
        np.testing.assert_allclose(ours[[0, -1]], theirs[[0, -1]], atol=0.1 * size)


def test_a_shape_that_people_write_otherwise_has_no_way() -> None:
    assert written("x", drawn([(0, 0), (0, 100)], [(0, 50), (80, 50)])) is None
    assert written("%", ONE_STROKE) is None
    assert written("l", drawn([(5, 5), (5, 5)])) is None


def test_each_character_with_a_way_is_known_to_some_typeface_for_writers_who_lack_it() -> None:
    for character in WAYS:
        assert sum(typeface.glyphs[character].known for typeface in PRINTED) >= 2, character
