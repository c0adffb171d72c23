"""The figure of the article that penlift follows: a line three ways, under each other, to one scale."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from lxml import etree

from penlift.densities import Densities
from penlift.density_drawing import add_by_lift, add_density, reach, refuse_undefined
from penlift.drawing import HUES, MARGIN, SCALE, Array, Box, add_strokes, canvas, room_for, strokes_of, to_bytes
from penlift.legend import LETTERS, REACH, add_words

CAPTIONS = ("strokes", "the darker, the likelier the pen lifts", "density of each next point")
CAPTION = 1.5 * LETTERS / SCALE  # tablet units: room for the words above a panel


def draw_three(points: Array, densities: Densities) -> bytes:
    """The line of n + 1 points by stroke, by lift probability, and over the n densities of its next points."""
    refuse_undefined(*densities)
    line, around = room_for(points), room_for(reach(points, densities))
    left, width = around.left + MARGIN, max(around.width - 2 * MARGIN, REACH / SCALE)
    bottom = 3 * CAPTION + 2 * line.height + around.height
    root = canvas(np.array([[left, 0], [left + width, bottom]]), "A line of handwriting, and what its network expected")
    strokes, lift, density = _panels(root, left, [line, line, around])
    add_strokes(strokes, strokes_of(points), HUES)
    add_by_lift(lift, points, densities.lift)
    add_density(density, points, densities)
    return to_bytes(root)


def _panels(root: Any, left: float, boxes: list[Box]) -> Iterator[Any]:
    """A group for each box of ink, which keeps its x and stands below the one before; its caption is in it."""
    floor = 0.0
    for words, box in zip(CAPTIONS, boxes, strict=True):
        down = SCALE * (floor + CAPTION - box.top)
        panel = etree.SubElement(root, "g", {"transform": f"translate(0 {down:.1f})", "class": "panel"})
        add_words(panel, SCALE * left, SCALE * box.top, words)
        floor += CAPTION + box.height
        yield panel
