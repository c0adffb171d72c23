"""The pictures are geometry: compared with the ink, and with covariances worked out apart."""

import itertools
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import NUMBER, SVG, coordinates, lines, read, some_densities, some_line

from penlift.common.errors import InputError
from penlift.drawing.densities import DENSEST, draw_by_lift, draw_density, ellipses_of
from penlift.drawing.svg import SCALE, draw_by_stroke, draw_plain, sheet
from penlift.sampling.samples import Densities


@given(st.lists(lines(), min_size=1, max_size=9), st.integers(1, 3))
def test_on_a_sheet_each_line_keeps_its_shape_and_none_touches_another(found: list[Any], columns: int) -> None:
    whole = sheet(found, columns)

    parts = np.split(whole, np.cumsum([len(line) for line in found])[:-1])
    boxes = []
    for part, line in zip(parts, found, strict=True):
        np.testing.assert_allclose(np.diff(part[:, :2], axis=0), np.diff(line[:, :2], axis=0))
        assert part[-1, 2] == 1
        boxes.append((*part[:, :2].min(axis=0), *part[:, :2].max(axis=0)))
    for (left, top, right, bottom), other in itertools.combinations(boxes, 2):
        assert right < other[0] or other[2] < left or bottom < other[1] or other[3] < top


@given(lines())
def test_there_is_one_path_a_stroke_and_together_they_are_the_line(points: Any) -> None:
    paths = read(draw_plain(points)).xpath("//s:path", namespaces=SVG)

    strokes = int(points[:-1, 2].sum()) + 1
    assert len(paths) == strokes
    drawn = [coordinates(path) for path in paths]
    ends = np.concatenate([[0], np.flatnonzero(points[:-1, 2]) + 1, [len(points)]])
    for path, first, last in zip(drawn, ends[:-1], ends[1:], strict=True):
        expected = points[first:last, :2] if last - first > 1 else np.repeat(points[first:last, :2], 2, axis=0)
        np.testing.assert_allclose(path, expected, atol=0.51)


@given(lines())
def test_all_ink_is_inside_the_picture(points: Any) -> None:
    left, top, width, height = (float(value) / SCALE for value in read(draw_plain(points)).get("viewBox").split())

    assert (points[:, 0] >= left).all()
    assert (points[:, 0] <= left + width).all()
    assert (points[:, 1] >= top).all()
    assert (points[:, 1] <= top + height).all()


def test_neighbouring_strokes_have_different_colours() -> None:
    paths = read(draw_by_stroke(some_line(200))).xpath("//s:path/@stroke", namespaces=SVG)

    assert len(paths) > 10
    assert all(one != other for one, other in itertools.pairwise(paths))


def test_a_line_of_800_points_is_a_small_file() -> None:
    points = some_line(800)

    assert max(len(draw_plain(points)), len(draw_by_lift(points, np.random.default_rng(1).random(799)))) < 100_000


@given(st.floats(0.5, 100), st.floats(0.5, 100), st.floats(-0.99, 0.99))
def test_an_ellipse_gives_back_the_covariance_it_was_made_from(std_x: float, std_y: float, rho: float) -> None:
    radii, angle = ellipses_of(np.array([std_x, std_y]), np.array(rho))

    turn = np.radians(float(angle))
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    covariance = axes @ np.diag(radii**2) @ axes.T
    expected = [[std_x**2, rho * std_x * std_y], [rho * std_x * std_y, std_y**2]]
    np.testing.assert_allclose(covariance, expected, rtol=1e-6, atol=1e-6)


def test_densities_stand_to_scale_where_the_pen_was_plus_their_mean() -> None:
    points, densities = some_line(), some_densities()

    ellipses = read(draw_density(points, densities)).xpath("//s:ellipse", namespaces=SVG)

    shown = [(row, one) for row in range(29) for one in range(3) if densities.weight[row, one] > 0.02]
    assert len(ellipses) == len(shown)
    for ellipse, (row, one) in zip(ellipses, shown, strict=True):
        x, y, _ = (float(text) for text in re.findall(NUMBER, ellipse.get("transform")))
        np.testing.assert_allclose([x / SCALE, y / SCALE], points[row, :2] + densities.mean[row, one], atol=0.51)


def test_the_ellipses_drawn_have_the_covariances_of_their_components() -> None:
    points, densities = some_line(), some_densities()

    ellipses = read(draw_density(points, densities)).xpath("//s:ellipse", namespaces=SVG)

    shown = np.argwhere(densities.weight > 0.02)
    for ellipse, (row, one) in zip(ellipses, shown, strict=True):
        turn = np.radians(float(re.findall(NUMBER, ellipse.get("transform"))[2]))
        axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])  # SVG turns x towards y, as here
        radii = np.array([float(ellipse.get("rx")), float(ellipse.get("ry"))]) / SCALE
        (std_x, std_y), rho = densities.std[row, one], densities.correlation[row, one]
        expected = [[std_x**2, rho * std_x * std_y], [rho * std_x * std_y, std_y**2]]
        np.testing.assert_allclose(axes @ np.diag(radii**2) @ axes.T, expected, atol=0.02 * max(std_x, std_y) ** 2)


def test_all_that_a_density_picture_shows_is_inside_it() -> None:
    points, densities = some_line(), some_densities()
    densities = densities._replace(std=8 * densities.std)  # far beyond the margin

    root = read(draw_density(points, densities))

    left, top, width, height = (float(value) / SCALE for value in root.get("viewBox").split())
    shown = densities.weight > 0.02
    around = np.radians(np.arange(0, 360, 5))
    for centre, (std_x, std_y), rho in zip(
        (points[:-1, None, :2] + densities.mean)[shown], densities.std[shown], densities.correlation[shown], strict=True
    ):
        x, y = std_x * np.cos(around), std_y * (rho * np.cos(around) + np.sqrt(1 - rho**2) * np.sin(around))
        assert (left <= centre[0] + x).all()
        assert (centre[0] + x <= left + width).all()
        assert (top <= centre[1] + y).all()
        assert (centre[1] + y <= top + height).all()


def test_a_component_too_thin_for_the_picture_is_drawn_all_the_same() -> None:
    points = np.array([[0.0, 0, 0], [10, 10, 1]])
    thin = Densities(np.ones((1, 1)), np.zeros((1, 1, 2)), np.full((1, 1, 2), 0.5), np.ones((1, 1)), np.zeros(1))

    (ellipse,) = read(draw_density(points, thin)).xpath("//s:ellipse", namespaces=SVG)

    assert float(ellipse.get("rx")) > float(ellipse.get("ry")) > 0


def test_no_opacity_is_above_the_cap_and_the_likelier_component_is_never_the_fainter() -> None:
    densities = some_densities()
    ellipses = read(draw_density(some_line(), densities)).xpath("//s:ellipse", namespaces=SVG)

    opacities = np.array([float(ellipse.get("fill-opacity")) for ellipse in ellipses])
    assert (opacities > 0).all()
    assert (opacities <= DENSEST).all()
    order = np.argsort(densities.weight[densities.weight > 0.02])
    assert (np.diff(opacities[order]) >= 0).all()


def test_the_path_of_the_pen_is_drawn_over_its_densities() -> None:
    groups = read(draw_density(some_line(), some_densities())).xpath("//s:g", namespaces=SVG)

    assert [len(group.xpath("s:path", namespaces=SVG)) > 0 for group in groups] == [False, True]


def test_a_point_is_the_darker_the_likelier_the_lift_was() -> None:
    points, lift = some_line(), np.linspace(0, 1, 29)

    shades = read(draw_by_lift(points, lift)).xpath("//s:g[@class='lift']/s:path", namespaces=SVG)

    opacities = [float(shade.get("stroke-opacity")) for shade in shades]
    widths = [float(shade.get("stroke-width")) for shade in shades]
    dots = np.vstack([coordinates(shade) for shade in shades])
    assert opacities == sorted(opacities)
    assert widths == sorted(widths)
    assert 0 < opacities[0] < opacities[-1] <= 1
    np.testing.assert_allclose(dots, points[1:, :2], atol=0.51)


@pytest.mark.parametrize("points", [np.empty((0, 3)), np.array([[0, np.nan, 0]]), np.array([[np.inf, 0, 1]])])
def test_what_cannot_be_drawn_is_refused(points: Any) -> None:
    with pytest.raises(InputError, match="cannot be drawn"):
        draw_plain(points)


@pytest.mark.parametrize("part", Densities._fields)
def test_densities_that_are_not_finite_are_refused(part: str) -> None:
    densities = some_densities()
    broken = densities._replace(**{part: np.full_like(getattr(densities, part), np.nan)})

    with pytest.raises(InputError, match="cannot be drawn"):
        draw_density(some_line(), broken)
    if part == "lift":
        with pytest.raises(InputError, match="cannot be drawn"):
            draw_by_lift(some_line(), broken.lift)
