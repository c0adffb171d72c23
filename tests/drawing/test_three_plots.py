"""The figure is the three pictures, each in its place."""

import re
from typing import Any

import numpy as np
import pytest
from lxml import etree
from pictures import NUMBER, SVG, coordinates, read, some_densities, some_line

from penlift.common.errors import InputError
from penlift.drawing.densities import draw_by_lift, draw_density, draw_three
from penlift.drawing.svg import SCALE, draw_by_stroke
from penlift.sampling.samples import Densities


def panels_of(svg: bytes) -> Any:
    return read(svg).xpath("//s:g[@class='panel']", namespaces=SVG)


def drawn(group: Any) -> list[bytes]:
    """What is drawn in a group: paths and ellipses, in order."""
    shapes = group.xpath(".//s:path | .//s:ellipse", namespaces=SVG)
    return [etree.tostring(shape, method="c14n") for shape in shapes]


def drop_of(panel: Any) -> float:
    """Tablet units that a panel is moved down; to the side it is not."""
    across, down = re.findall(NUMBER, panel.get("transform"))
    assert across == "0"
    return float(down) / SCALE


def test_the_panels_draw_what_the_three_pictures_draw() -> None:
    points, densities = some_line(), some_densities()

    panels = panels_of(draw_three(points, densities))

    alone = [draw_by_stroke(points), draw_by_lift(points, densities.lift), draw_density(points, densities)]
    assert [drawn(panel) for panel in panels] == [drawn(read(picture)) for picture in alone]


def test_no_panel_reaches_into_the_next_and_all_are_inside_the_figure() -> None:
    points, densities = some_line(), some_densities()

    svg = draw_three(points, densities)

    left, top, width, height = (float(value) / SCALE for value in read(svg).get("viewBox").split())
    shown = densities.weight > 0.02
    centres = (points[:-1, None, :2] + densities.mean)[shown]
    around = np.vstack([points[:, :2], centres - densities.std[shown], centres + densities.std[shown]])
    floor = top
    for panel, ink in zip(panels_of(svg), [points[:, :2], points[:, :2], around], strict=True):
        (caption,) = panel.xpath("s:text", namespaces=SVG)
        base = float(caption.get("y")) / SCALE + drop_of(panel)
        assert floor < base - float(caption.get("font-size")) / SCALE < base < (ink[:, 1] + drop_of(panel)).min()
        floor = (ink[:, 1] + drop_of(panel)).max()
        assert left < ink[:, 0].min()
        assert ink[:, 0].max() < left + width
    assert floor < top + height


def test_the_same_point_stands_under_itself_in_each_panel() -> None:
    points = some_line()

    strokes, lift, density = panels_of(draw_three(points, some_densities()))

    firsts = [coordinates(panel.xpath("s:g/s:path", namespaces=SVG)[0])[0] for panel in (strokes, lift, density)]
    np.testing.assert_allclose(firsts, np.repeat(points[:1, :2], 3, axis=0), atol=0.51)
    assert drop_of(lift) - drop_of(strokes) > 0
    assert drop_of(lift) < drop_of(density)


def test_even_a_figure_of_two_points_has_room_for_its_words_and_is_the_same_each_time() -> None:
    points, densities = some_line(2), some_densities(1)

    assert float(read(draw_three(points, densities)).get("width")) > 200
    assert draw_three(points, densities) == draw_three(points, densities)


@pytest.mark.parametrize("part", Densities._fields)
def test_what_is_not_finite_is_refused(part: str) -> None:
    densities = some_densities()
    broken = densities._replace(**{part: np.full_like(getattr(densities, part), np.nan)})

    with pytest.raises(InputError, match="cannot be drawn"):
        draw_three(some_line(), broken)
    with pytest.raises(InputError, match="cannot be drawn"):
        draw_three(np.full((30, 3), np.nan), densities)
