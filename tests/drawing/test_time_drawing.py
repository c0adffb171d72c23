"""Time and speed can be read off a line: its colours are its times, and its dots are where the pen was."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from pictures import SVG, coordinates, lines, read, some_line

from penlift.common.errors import InputError
from penlift.drawing.svg import INK, PAPER, TIME_SHADES, colour_at, draw_by_point, draw_by_time


def luminance(colour: str) -> float:
    """Relative, as WCAG 2 has it."""
    channels = np.array(list(bytes.fromhex(colour[1:]))) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def paths_of(svg: bytes) -> Any:
    return read(svg).xpath("//s:path", namespaces=SVG)


def test_the_gradient_is_readable_on_paper_and_its_lightness_grows_evenly() -> None:
    luminances = np.array([luminance(colour_at(time)) for time in np.linspace(0, 1, TIME_SHADES)])

    lightness = 116 * np.cbrt(luminances) - 16  # CIE L*, none here is below its linear toe
    assert ((luminance(PAPER) + 0.05) / (luminances + 0.05) >= 3).all()
    assert (np.diff(lightness) > 0.5).all()
    assert np.diff(lightness).max() < 4 * np.diff(lightness).min()


@settings(max_examples=50)
@given(lines())
def test_by_time_each_piece_has_the_colour_of_its_middle_and_all_are_the_line(points: Any) -> None:
    paths = iter(paths_of(draw_by_time(points)))

    ends = np.append(np.flatnonzero(points[:-1, 2]), len(points) - 1)
    first = 0
    for end in ends:
        while first <= end:
            path = next(paths)
            drawn = coordinates(path)
            steps = min(len(drawn) - 1, end - first)  # a dot has two corners in one place
            assert np.abs(drawn[: steps + 1] - points[first : first + steps + 1, :2]).max() < 0.51
            assert path.get("stroke") == colour_at((first + steps / 2) / max(1, len(points) - 1))
            first += steps  # where the next piece begins, but behind a stroke's end the next stroke does
            first += first == end
    assert next(paths, None) is None


def test_by_time_a_stroke_is_one_path_unless_it_outlasts_a_shade() -> None:
    points = some_line(800)
    one = points * [1, 1, 0]

    strokes = np.diff(np.concatenate([[-1], np.flatnonzero(points[:-1, 2]), [799]]))
    assert strokes.max() < 799 / TIME_SHADES
    assert len(paths_of(draw_by_time(points))) == len(strokes)
    assert len(paths_of(draw_by_time(one))) == TIME_SHADES


def test_the_legend_shows_the_colours_from_first_to_last_below_the_ink() -> None:
    points = some_line(300)

    root = read(draw_by_time(points))

    bars = root.xpath("//s:g[@class='legend']/s:rect[@fill!='none']", namespaces=SVG)
    colours = [path.get("stroke") for path in root.xpath("//s:path", namespaces=SVG)]
    lightness = [luminance(bar.get("fill")) for bar in bars]
    assert lightness == sorted(lightness)
    assert luminance(colours[0]) == pytest.approx(lightness[0], abs=0.01)
    assert luminance(colours[-1]) == pytest.approx(lightness[-1], abs=0.03)
    _, top, _, height = (float(value) for value in root.get("viewBox").split())
    for bar in bars:
        assert float(bar.get("y")) > points[:, 1].max() / 10
        assert float(bar.get("y")) + float(bar.get("height")) < top + height


@settings(max_examples=50)
@given(lines())
def test_by_point_there_is_a_dot_at_each_position_over_one_pale_path_a_stroke(points: Any) -> None:
    *threads, dots = paths_of(draw_by_point(points))

    assert dots.get("d").count("h0") == len(points)
    np.testing.assert_allclose(coordinates(dots), points[:, :2], atol=0.51)
    assert len(threads) == int(points[:-1, 2].sum()) + 1
    assert luminance(dots.get("stroke")) == luminance(INK)
    assert all(luminance(thread.get("stroke")) > 3 * luminance(INK) for thread in threads)


@pytest.mark.parametrize("draw", [draw_by_time, draw_by_point])
def test_the_same_line_is_the_same_small_file_with_its_times_or_without(draw: Any) -> None:
    points = some_line(800)
    timed = np.column_stack([points, np.arange(800) * 0.01])

    assert draw(timed) == draw(points)
    assert len(draw(points)) < 100_000


@pytest.mark.parametrize("draw", [draw_by_time, draw_by_point])
@pytest.mark.parametrize("points", [np.empty((0, 3)), np.array([[0, np.nan, 0]])])
def test_what_cannot_be_drawn_is_refused(draw: Any, points: Any) -> None:
    with pytest.raises(InputError, match="cannot be drawn"):
        draw(points)
