"""What-ifs begin where the line was left, and leave the line as it is."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import SVG, coordinates, lines, read, some_line

from penlift.common.errors import InputError
from penlift.drawing.fan import draw_fan
from penlift.drawing.svg import INK, PALE, SCALE


def going_on(points: Any, at: int, moves: Any) -> Any:
    """A continuation of (m, 3) moves and lifts; its row 0 is point `at`, as if the pen had stayed down."""
    path = points[at, :2] + moves[:, :2].cumsum(axis=0)
    return np.vstack([[*points[at, :2], 0], np.column_stack([path, moves[:, 2]])])


def some_fan(points: Any, at: int, count: int = 3, length: int = 20) -> Any:
    rng = np.random.default_rng(8)
    moves = np.concatenate([rng.normal(0, 40, (count, length, 2)), rng.random((count, length, 1)) < 0.2], axis=-1)
    return [going_on(points, at, one) for one in moves]


def groups_of(svg: bytes) -> Any:
    """The pale rest, the continuations and the ink: of each, what its paths go through."""
    groups = read(svg).xpath("//s:g", namespaces=SVG)
    return [[coordinates(path) for path in group] for group in groups]


def strokes_in(points: Any) -> Any:
    """Apart from penlift: the strokes of a line, a single point twice, as a path has it."""
    parts = np.split(points[:, :2], np.flatnonzero(points[:-1, 2]) + 1)
    return [part if len(part) > 1 else np.repeat(part, 2, axis=0) for part in parts]


def assert_same_strokes(drawn: Any, expected: Any) -> None:
    assert [len(path) for path in drawn] == [len(path) for path in expected]
    assert np.abs(np.vstack(drawn) - np.vstack(expected)).max() < 0.51


@settings(max_examples=40)
@given(lines(), st.lists(lines(), max_size=2), st.data())
def test_ink_ends_and_the_rest_and_all_continuations_begin_at_the_point(points: Any, moves: Any, data: Any) -> None:
    at = data.draw(st.integers(0, len(points) - 1))
    fan = [going_on(points, at, one) for one in moves]

    rest, *continuations, ink = groups_of(draw_fan(points, at, fan))

    assert_same_strokes(ink, strokes_in(points[: at + 1]))
    assert_same_strokes(rest, strokes_in(points[at:]))
    assert len(continuations) == len(fan)
    for drawn, one in zip(continuations, fan, strict=True):
        lifted = np.vstack([points[at], one[1:]])
        assert_same_strokes(drawn, strokes_in(lifted))
        assert np.abs(drawn[0][0] - points[at, :2]).max() < 0.51


def test_a_continuation_behind_a_lift_does_not_drag_the_pen() -> None:
    points = np.array([[0.0, 0, 0], [100, 0, 1], [200, 0, 1]])
    what_if = np.array([[100.0, 0, 0], [150, 50, 0], [170, 50, 1]])

    _, continuation, _ = groups_of(draw_fan(points, 1, [what_if]))

    assert [path.tolist() for path in continuation] == [[[100, 0], [100, 0]], [[150, 50], [170, 50]]]


def test_continuations_are_translucent_in_hues_of_their_own_between_the_pale_rest_and_the_ink() -> None:
    root = read(draw_fan(some_line(), 12, some_fan(some_line(), 12)))

    rest, *continuations, ink = root.xpath("//s:g", namespaces=SVG)
    hues = [set(group.xpath("s:path/@stroke", namespaces=SVG)) for group in continuations]
    assert set(rest.xpath("s:path/@stroke", namespaces=SVG)) == {PALE}
    assert set(ink.xpath("s:path/@stroke", namespaces=SVG)) == {INK}
    assert all(len(hue) == 1 for hue in hues)
    assert len(set.union(*hues) - {PALE, INK}) == len(continuations)
    assert all(0 < float(group.get("stroke-opacity")) < 1 for group in continuations)


def test_all_continuations_are_inside_the_picture() -> None:
    fan = some_fan(some_line(), 12, length=200)

    left, top, width, height = (
        float(value) / SCALE for value in read(draw_fan(some_line(), 12, fan)).get("viewBox").split()
    )

    every = np.vstack(fan)[:, :2]
    assert ([left, top] <= every.min(axis=0)).all()
    assert (every.max(axis=0) <= [left + width, top + height]).all()


def test_a_fan_from_800_points_is_the_same_small_file_each_time() -> None:
    points = some_line(800)
    fan = some_fan(points, 400, count=8, length=200)

    assert draw_fan(points, 400, fan) == draw_fan(points, 400, fan)
    assert len(draw_fan(points, 400, fan)) < 100_000


@pytest.mark.parametrize("at", [-1, 30])
def test_a_point_that_the_line_does_not_have_is_refused(at: int) -> None:
    with pytest.raises(InputError, match=rf"point {at}: the line has points 0 to 29"):
        draw_fan(some_line(), at, [])


@pytest.mark.parametrize(
    ("continuation", "why"),
    [
        (np.array([[1e6, 0, 0]]), "continuation 0 begins at"),
        (np.empty((0, 3)), "cannot be drawn"),
        (np.full((3, 3), np.nan), "cannot be drawn"),
    ],
)
def test_a_continuation_of_another_place_or_of_none_is_refused(continuation: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        draw_fan(some_line(), 12, [continuation])


def test_a_line_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be drawn"):
        draw_fan(np.empty((0, 3)), 0, [])
