"""The animation is the pen: at each time there is as much ink as the pen had left by then."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import SVG, coordinates, lines, read, some_line

from penlift.common.errors import InputError
from penlift.drawing.animation import draw_animation
from penlift.drawing.svg import SCALE, draw_plain


def paths_of(svg: bytes) -> Any:
    return read(svg).xpath("//s:path", namespaces=SVG)


def seconds_in(value: str) -> float:
    assert value.endswith("s")
    return float(value[:-1])


def ink_at(path: Any, time: float) -> float | None:
    """Tablet units of a path that SMIL shows at a time; None where it hides the path."""
    for hidden in path.xpath("s:set[@attributeName='visibility'][@to='hidden']", namespaces=SVG):
        if time < seconds_in(hidden.get("dur")):
            return None
    whole = np.hypot(*np.diff(coordinates(path), axis=0).T).sum()
    for animate in path.xpath("s:animate[@attributeName='stroke-dashoffset']", namespaces=SVG):
        assert animate.get("fill") == "freeze"
        dash, gap = (float(value) / SCALE for value in path.get("stroke-dasharray").split())
        assert gap > whole  # else the next dash would show
        share = (time - seconds_in(animate.get("begin"))) / seconds_in(animate.get("dur"))
        values = np.array(animate.get("values").split(";"), dtype=np.float64) / SCALE
        keys = animate.get("keyTimes")
        shares = np.array(keys.split(";"), dtype=np.float64) if keys else np.linspace(0, 1, len(values))
        assert (shares[0], shares[-1]) == (0, 1)
        assert (np.diff(shares) >= 0).all()
        return dash - float(np.interp(share, shares, values))
    return float(whole)


def ink_left(path: Any, seconds: Any, time: float) -> float | None:
    """Apart from penlift: tablet units that a pen, (n, 2), has left on paper by a time; None before it came down."""
    if time < seconds[0]:
        return None
    steps = np.hypot(*np.diff(path, axis=0).T)
    done = [
        step * min(1.0, (time - begin) / (end - begin)) if end > begin else step
        for step, begin, end in zip(steps, seconds[:-1], seconds[1:], strict=True)
        if begin <= time
    ]
    return float(sum(done))


def strokes_in(points: Any, seconds: Any) -> Any:
    ends = np.flatnonzero(points[:-1, 2]) + 1
    return list(zip(np.split(points[:, :2], ends), np.split(seconds, ends), strict=True))


@settings(max_examples=40)
@given(lines(), st.integers(0, 10), st.floats(0, 6))
def test_at_each_time_there_is_as_much_ink_as_the_pen_has_left(points: Any, seed: int, time: float) -> None:
    steps = np.random.default_rng(seed).uniform(0.05, 0.3, len(points) - 1)
    seconds = np.append(0, steps.cumsum())
    fastest = max(np.hypot(*np.diff(points[:, :2], axis=0).T) / steps, default=0)

    paths = paths_of(draw_animation(points, seconds))

    for path, (stroke, times) in zip(paths, strokes_in(points, seconds), strict=True):
        if abs(time - times[0]) > 0.001:  # strokes appear to the millisecond
            shown, left = ink_at(path, time), ink_left(stroke, times, time)
            assert shown == pytest.approx(left, abs=1 + 0.002 * fastest) if left is not None else shown is None


def test_within_a_stroke_the_pen_is_where_it_was_not_where_a_steady_one_would_be() -> None:
    points = np.array([[0.0, 0, 0], [100, 0, 0], [1000, 0, 1]])

    (path,) = paths_of(draw_animation(points, np.array([0.0, 3, 4])))

    assert [ink_at(path, time) for time in (0, 1.5, 3, 3.5, 4, 9)] == pytest.approx([0, 50, 100, 550, 1000, 1000])


def test_the_pen_rests_in_the_air_between_strokes() -> None:
    points = np.array([[0.0, 0, 0], [100, 0, 1], [500, 0, 0], [700, 0, 1], [720, 30, 1]])

    first, second, dot = paths_of(draw_animation(points, np.array([0.0, 1, 5, 6, 8])))

    assert [ink_at(first, time) for time in (0.5, 1, 4.9)] == pytest.approx([50, 100, 100])
    assert [ink_at(second, time) for time in (1, 4.9, 5.5, 6)] == [None, None, 100, 200]
    assert [ink_at(dot, time) for time in (6, 7.9, 8, 9)] == [None, None, 0, 0]


@settings(max_examples=40)
@given(lines())
def test_a_viewer_without_motion_shows_the_finished_line(points: Any) -> None:
    still = read(draw_animation(points, np.arange(len(points)) / 75))

    plain = paths_of(draw_plain(points))
    paths = still.xpath("//s:path", namespaces=SVG)
    assert [path.get("d") for path in paths] == [path.get("d") for path in plain]
    assert not still.xpath("//@visibility | //@stroke-dashoffset | //s:script | //s:style", namespaces=SVG)
    for path in paths:
        whole = np.hypot(*np.diff(coordinates(path), axis=0).T).sum() * SCALE
        assert float(path.get("stroke-dasharray", f"{whole}").split()[0]) == pytest.approx(whole, abs=0.06)


def test_the_clock_starts_with_the_first_point() -> None:
    points = some_line()

    assert draw_animation(points, 7 + np.arange(30.0)) == draw_animation(points, np.arange(30.0))


@pytest.mark.parametrize("every", [1, 2, 3, 20, 800])
def test_800_points_are_the_same_small_file_each_time_however_often_the_pen_lifts(every: int) -> None:
    points = some_line(800)
    points[:, 2] = np.arange(800) % every == 0
    seconds = np.arange(800) / 75

    assert draw_animation(points, seconds) == draw_animation(points, seconds)
    assert len(draw_animation(points, seconds)) < 100_000


def test_points_of_one_time_and_strokes_of_no_length_are_drawn() -> None:
    points = np.array([[0.0, 0, 0], [100, 0, 1], [300, 0, 0], [300, 0, 1]])

    at_once, still = paths_of(draw_animation(points, np.array([0.0, 0, 1, 2])))

    assert [ink_at(at_once, time) for time in (0, 1)] == [100, 100]
    assert [ink_at(still, time) for time in (0.5, 1.5)] == [None, 0]


@pytest.mark.parametrize(
    ("seconds", "why"),
    [
        (np.arange(29.0), "29 times for 30 points"),
        (np.append(np.arange(29.0), 3.5), "runs backwards behind point 28, from 28 to 3.5 s"),
        (np.full(30, np.nan), "not finite"),
    ],
)
def test_times_that_no_pen_has_are_refused(seconds: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        draw_animation(some_line(), seconds)


def test_a_line_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be drawn"):
        draw_animation(np.empty((0, 3)), np.empty(0))
