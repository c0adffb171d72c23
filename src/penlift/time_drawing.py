"""A line coloured by time: dark blue where the pen begins, by violet and red to orange where it ends."""

import itertools
import math
from collections.abc import Iterator

import numpy as np

from penlift.drawing import MARGIN, SCALE, Array, Stroke, add_strokes, canvas, room_for, strokes_of, to_bytes
from penlift.legend import HEIGHT, REACH, add_legend

# Matplotlib's plasma up to 0.6, where it still stands 3:1 before paper: lightness grows evenly, so that every eye sees
# the order, and hue goes from blue to orange, which no common colour blindness confuses.
GRADIENT = ("#0d0887", "#5601a4", "#8f0da4", "#bf3984", "#e16462")
SHADES = 24  # colours of a line: fine enough to look even


def draw_by_time(points: Array) -> bytes:
    """The line coloured by time, counted in points, with a legend below.

    One path a stroke, in the colour of the middle of its time; a stroke that lasts longer than a shade of the line is
    as many equal pieces as it needs, so that no colour is more than half a shade beside its time.
    """
    box = room_for(points)
    legend = np.array([box.left + MARGIN, box.top + box.height])
    room = np.vstack([points[:, :2], legend, legend + np.divide([REACH, HEIGHT], SCALE)])
    root = canvas(room, "A line of handwriting, coloured by time")
    last = max(1, len(points) - 1)
    pieces = list(pieces_of(points, max(1, last / SHADES)))
    middles = [piece.first + (len(piece.path) - 1) / 2 for piece in pieces]
    add_strokes(root, pieces, [colour_at(middle / last) for middle in middles])
    shades = [colour_at((number + 0.5) / SHADES) for number in range(SHADES)]
    add_legend(root, SCALE * legend, shades, "first point to last point")
    return to_bytes(root)


def pieces_of(points: Array, longest: float) -> Iterator[Stroke]:
    """The strokes of a line; one of more steps than `longest` in equal pieces, each beginning where one ends."""
    for stroke in strokes_of(points):
        steps = len(stroke.path) - 1
        count = max(1, math.ceil(steps / longest))
        bounds = np.linspace(0, steps, count + 1).round().astype(int)
        for first, last in itertools.pairwise(bounds):
            yield Stroke(stroke.first + int(first), stroke.path[first : last + 1])


def colour_at(time: float) -> str:
    """The colour of a time from 0, the first point, to 1, the last."""
    anchors = np.array([list(bytes.fromhex(colour[1:])) for colour in GRADIENT])
    places = np.linspace(0, 1, len(GRADIENT))
    mixed = [round(float(np.interp(time, places, channel))) for channel in anchors.T]
    return "#" + bytes(mixed).hex()
