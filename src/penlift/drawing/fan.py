"""A fan of what-ifs: how a line might have gone on from one of its points."""

from collections.abc import Sequence

import numpy as np
from lxml import etree

from penlift.common.errors import InputError
from penlift.common.geometry import Array
from penlift.drawing.svg import HUES, INK, PALE, PEN, SCALE, add_strokes, canvas, dots_data, room_for, to_bytes
from penlift.ink.lines import strokes_of

OPACITY = 0.55  # of a continuation: where two go the same way, it is seen
THIN = 0.7 * PEN  # tablet units: width of a continuation, of which many lie on one another
FORK = 2.2 * PEN  # tablet units: width of the dot where they part
NEAR = 1.0  # tablet units: what the picture cannot tell apart


def draw_fan(points: Array, at: int, continuations: Sequence[Array]) -> bytes:
    """The line to point `at` in ink, how it went on in pale, and over that its continuations, a hue each.

    Continuations are (m, 3) of x, y, lift on the line's own tablet; row 0 of each is point `at` again.
    """
    room_for(points)
    if not 0 <= at < len(points):
        raise InputError(f"no fan from point {at}: the line has points 0 to {len(points) - 1}; choose one of them")
    for number, continuation in enumerate(continuations):
        _refuse_elsewhere(number, continuation, points[at])
    title = f"A line of handwriting to point {at}, and {len(continuations)} ways to go on from there"
    root = canvas(np.vstack([part[:, :2] for part in (points, *continuations)]), title)
    add_strokes(root, strokes_of(points[at:]), [PALE])
    for number, continuation in enumerate(continuations):
        whole = np.vstack([points[at, :3], continuation[1:, :3]])  # the lift behind point `at` is the line's
        hue = add_strokes(root, strokes_of(whole), [HUES[number % len(HUES)]], THIN)
        hue.set("stroke-opacity", f"{OPACITY}")
        hue.set("class", "continuation")
    add_strokes(root, strokes_of(points[: at + 1]), [INK])
    fork = {"stroke": INK, "stroke-width": f"{SCALE * FORK:.1f}", "stroke-linecap": "round", "class": "fork"}
    etree.SubElement(root, "path", fork, d=dots_data(points[[at], :2]))
    return to_bytes(root)


def _refuse_elsewhere(number: int, continuation: Array, fork: Array) -> None:
    room_for(continuation)
    if np.abs(continuation[0, :2] - fork[:2]).max() > NEAR:
        begin, end = (f"({x:g}, {y:g})" for x, y in (continuation[0, :2], fork[:2]))
        raise InputError(f"continuation {number} begins at {begin}, but its point of the line is {end}; move it there")
