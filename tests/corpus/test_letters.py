"""A writer's letters: of one's own, yet those of the typeface; drawn the way people draw."""

from pathlib import Path

import numpy as np
import pytest

from penlift.common.geometry import Polyline
from penlift.corpus.letters import Style, as_written, blended, own_letters
from penlift.corpus.typeface import Glyph, read_typefaces

FONTS = Path(__file__).resolve().parents[2] / "src" / "penlift" / "corpus" / "fonts"
TYPEFACES = {typeface.name: typeface for typeface in read_typefaces(FONTS)}


def style(name: str, habit: float = 0.0) -> Style:
    return Style((TYPEFACES[name],), 0.5, 0.0, (), False, 190.0, 150.0, np.full(2, 0.01), habit)


def outline(strokes: tuple[Polyline, ...]) -> Polyline:
    points = np.concatenate(strokes)
    return np.array([points.min(axis=0), points.max(axis=0)])


def test_without_a_habit_letters_are_those_of_the_typeface_to_scale() -> None:
    typeface = TYPEFACES["HersheySans1"]
    letters = own_letters(style("HersheySans1"), np.random.default_rng(1))

    scale = np.array([190 / typeface.pitch, 150 / typeface.x_height])
    for character, glyph in typeface.glyphs.items():
        letter = letters[character]
        np.testing.assert_allclose(outline(letter.strokes + letter.late), outline(glyph.strokes) * scale, atol=20)
        assert letter.advance == pytest.approx(glyph.advance * scale[0])


def test_a_blend_is_between_its_two_typefaces_and_each_end_is_one_of_them() -> None:
    first = Glyph((np.array([[0.0, 0.0], [0.0, 100.0]]),), 50.0)
    second = Glyph((np.array([[40.0, 100.0], [40.0, 0.0]]),), 70.0)  # drawn the other way

    for weight in (0.0, 0.25, 1.0):
        blend = blended(first, second, weight, 60)
        assert blend is not None
        np.testing.assert_allclose(blend.strokes[0][[0, -1]], [[40 * weight, 0], [40 * weight, 100]])
        assert blend.advance == 50 + 20 * weight


def test_what_is_drawn_in_different_ways_is_not_blended() -> None:
    bar = np.array([[0.0, 0.0], [0.0, 100.0]])

    assert blended(Glyph((bar,), 50.0), Glyph((bar, bar), 50.0), 0.5, 60) is None
    assert blended(Glyph((bar,), 50.0), Glyph((bar + np.array([90.0, 0.0]),), 50.0), 0.5, 60) is None


def test_printed_strokes_go_down_or_to_the_right_and_rings_begin_at_the_top() -> None:
    up, left = np.array([[0.0, 0.0], [5.0, 150.0]]), np.array([[80.0, 70.0], [0.0, 72.0]])
    angle = np.linspace(0, 2 * np.pi, 40)
    ring = np.column_stack([60 * np.cos(angle), 75 + 60 * np.sin(angle)])

    assert as_written("l", up, 150).tolist() == up[::-1].tolist()
    assert as_written("l", up[::-1], 150).tolist() == up[::-1].tolist()
    assert as_written("M", up[:, ::-1], 150).tolist() == up[:, ::-1].tolist()
    assert as_written("-", left, 150).tolist() == left[::-1].tolist()
    turned = as_written("o", ring, 150)
    assert turned[0, 1] == turned[-1, 1] == ring[:, 1].max()
    assert {tuple(point) for point in turned} == {tuple(point) for point in ring[:-1]}


def test_two_writers_of_one_typeface_have_letters_of_their_own_and_a_writer_has_the_same_each_time() -> None:
    one, again, other = (
        own_letters(style("EMSTech", habit=9.0), np.random.default_rng(seed))["a"].strokes[0] for seed in (1, 1, 2)
    )

    assert np.array_equal(one, again)
    assert 1 < np.abs(one - other).mean() < 40


def test_dots_and_crosses_are_kept_apart_from_the_body() -> None:
    letters = own_letters(style("HersheySans1"), np.random.default_rng(1))

    assert [len(letters[character].late) for character in "ijtal"] == [1, 1, 1, 0, 0]
