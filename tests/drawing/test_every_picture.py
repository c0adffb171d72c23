"""What is true of every picture: it can be read aloud, stands on paper, runs nothing, and real ink goes in as it is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import wavy_line
from pictures import SVG, read, some_densities

from penlift.drawing.animation import draw_animation
from penlift.drawing.densities import draw_by_lift, draw_density, draw_three, draw_weights
from penlift.drawing.fan import draw_fan
from penlift.drawing.svg import PAPER, draw_by_point, draw_by_stroke, draw_by_time, draw_plain

LINE, DENSITIES = wavy_line(1), some_densities(39)
PICTURES: dict[str, Callable[[Any], bytes]] = {
    "plain": draw_plain,
    "by stroke": draw_by_stroke,
    "by time": draw_by_time,
    "by point": draw_by_point,
    "by lift": lambda line: draw_by_lift(line, DENSITIES.lift),
    "density": lambda line: draw_density(line, DENSITIES),
    "weights": lambda _: draw_weights(DENSITIES),
    "fan": lambda line: draw_fan(line, 20, [line[20:], line[20:30]]),
    "animation": lambda line: draw_animation(line, np.arange(40) / 75),
    "three": lambda line: draw_three(line, DENSITIES),
}


@pytest.mark.parametrize("draw", PICTURES.values(), ids=PICTURES.keys())
def test_it_has_a_title_and_a_size_and_paper_beneath_and_no_script(draw: Callable[[Any], bytes]) -> None:
    root = read(draw(LINE))

    title, paper = root[:2]
    assert root.get("role") == "img"
    assert title.tag.endswith("}title")
    assert len(title.text) > 10
    assert paper.get("fill") == PAPER
    assert [float(paper.get(side)) for side in "xy"] == [float(value) for value in root.get("viewBox").split()[:2]]
    assert min(float(root.get("width")), float(root.get("height"))) > 0
    assert not root.xpath("//s:script | //s:style | //s:foreignObject | //@id", namespaces=SVG)  # pages hold several


@pytest.mark.parametrize("draw", PICTURES.values(), ids=PICTURES.keys())
def test_a_real_line_with_its_times_in_float32_is_drawn_as_its_numbers_are(draw: Callable[[Any], bytes]) -> None:
    assert LINE.dtype == np.float32

    assert draw(LINE) == draw(LINE[:, :3].astype(np.float64))
