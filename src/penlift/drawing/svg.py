"""Lines of ink as SVG: one path a stroke, coordinates in tablet units, y downwards.

Plain, a colour a stroke, by time, as sampled points, and what was read apart from what was written.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from lxml import etree

from penlift.common.errors import InputError
from penlift.common.geometry import Array
from penlift.ink.lines import LIFT, TRUE_SCALE, Stroke, strokes_of

SVG = "http://www.w3.org/2000/svg"
INK, PALE, PAPER = "#1b1f3b", "#c9ccd6", "#ffffff"
HUES = ("#1f77b4", "#d1495b", "#2a9d4b", "#8e5bb5", "#c77700", "#00838f", "#a34a28", "#6b6b00")  # near 4.5:1 on paper
MARGIN = 60.0  # tablet units round the ink
PEN = 14.0  # tablet units: width of the line
SCALE = 0.1  # picture units a tablet unit: one decimal of them is one tablet unit
BAR, HEIGHT, GAP = 80.0, 8.0, 6.0  # picture units
LETTERS = 9.0  # picture units: size of the words
GREY = "#5a5e6b"  # 6:1 on paper
REACH = 200.0  # picture units: no legend is wider, nor the words over a panel
# Matplotlib's plasma up to 0.6, where it still stands 3:1 before paper: lightness grows evenly, so that every eye sees
# the order, and hue goes from blue to orange, which no common colour blindness confuses.
GRADIENT = ("#0d0887", "#5601a4", "#8f0da4", "#bf3984", "#e16462")
TIME_SHADES = 24  # colours of a line: fine enough to look even
DOT = 0.7 * PEN  # tablet units: small enough to be told apart where the pen was not at rest
THREAD = PEN / 3  # tablet units: the line between the dots


class Box(NamedTuple):
    """Room for ink, margin included, in tablet units."""

    left: float
    top: float
    width: float
    height: float


def sheet(lines: list[Array], columns: int) -> Array:
    """Lines, each (n, 3), on one sheet in so many columns: one (m, 3), which is drawn like a line."""
    return np.concatenate(placed(lines, columns))


def page_of(lines: list[Array]) -> Array:
    """A line where it stands; several one below another. Drawn like a line."""
    return lines[0] if len(lines) == 1 else sheet(lines, columns=1)


def placed(lines: list[Array], columns: int) -> list[Array]:
    """Lines, each (n, 3), moved to their places on one sheet; each ends with a lift."""
    corners = [line[:, :2].min(axis=0) for line in lines]
    sizes = np.array([np.ptp(line[:, :2], axis=0) for line in lines]) + MARGIN
    rows = -(-len(lines) // columns)
    highest = [sizes[row::rows, 1].max() for row in range(rows)]  # a line that drifts away parts no others
    tops = np.cumsum([0.0, *highest])
    places = [(number // rows * sizes[:, 0].max(), tops[number % rows]) for number in range(len(lines))]
    moved = [line[:, :2] - corner + place for line, corner, place in zip(lines, corners, places, strict=True)]
    lifts = [np.append(line[:-1, LIFT], 1.0) for line in lines]
    return [np.column_stack(parts) for parts in zip(moved, lifts, strict=True)]


def draw_plain(points: Array) -> bytes:
    """The line as a pen leaves it."""
    return _draw(points, "A line of handwriting", [INK])


def draw_by_stroke(points: Array) -> bytes:
    """The line with a colour for each stroke; neighbours differ."""
    return _draw(points, "A line of handwriting, each stroke in a colour of its own", HUES)


def _draw(points: Array, title: str, colours: Sequence[str]) -> bytes:
    root = canvas(points, title)
    root.set(TRUE_SCALE, f"{1 / SCALE:g}")
    add_strokes(root, strokes_of(points), colours)
    return to_bytes(root)


def room_for(points: Array) -> Box:
    """The box round these points; it has an area, even round one point."""
    if not len(points) or not np.isfinite(points[:, :2]).all():
        raise InputError("a line with no point, or one not finite, cannot be drawn; mend it or train its network anew")
    left, top = points[:, :2].min(axis=0) - MARGIN
    width, height = np.ptp(points[:, :2], axis=0) + 2 * MARGIN
    return Box(float(left), float(top), float(width), float(height))


def canvas(points: Array, title: str) -> Any:
    """An empty picture that has room for these points, on paper."""
    box = room_for(points)
    view = " ".join(f"{SCALE * value:.1f}" for value in box)
    root = etree.Element("svg", nsmap={None: SVG}, viewBox=view, role="img")  # type: ignore[dict-item]
    root.set("width", f"{SCALE * box.width:.0f}")
    root.set("height", f"{SCALE * box.height:.0f}")
    etree.SubElement(root, "title").text = title
    corner = {"x": f"{SCALE * box.left:.1f}", "y": f"{SCALE * box.top:.1f}"}
    etree.SubElement(root, "rect", corner, width="100%", height="100%", fill=PAPER)
    return root


def add_strokes(root: Any, strokes: Iterable[Stroke], colours: Sequence[str], width: float = PEN) -> Any:
    """One path a stroke, over what is there, in a group; a single point is a dot, by its round cap."""
    style = {"fill": "none", "stroke-linecap": "round", "stroke-linejoin": "round"}
    group = etree.SubElement(root, "g", style | {"stroke-width": f"{SCALE * width:.1f}"})
    for number, stroke in enumerate(strokes):
        etree.SubElement(group, "path", d=path_data(stroke.path), stroke=colours[number % len(colours)])
    return group


def path_data(path: Array) -> str:
    """The `d` of a polyline; of a single point, a line of no length."""
    corners = [f"{x:.1f} {y:.1f}" for x, y in SCALE * path]
    return "M" + "L".join(corners if len(corners) > 1 else corners * 2)


def dots_data(places: Array) -> str:
    """The `d` of a dot, by its round cap, at each place, (n, 2): one path for them all."""
    return "".join(f"M{x:.1f} {y:.1f}h0" for x, y in SCALE * places)


def to_bytes(root: Any) -> bytes:
    """The picture as a file: UTF-8, no declaration, so that it can stand inside a page too."""
    return bytes(etree.tostring(root, encoding="utf-8")) + b"\n"


def add_legend(root: Any, place: Array, shades: Sequence[str], words: str) -> None:
    """Shades side by side from a place, x and y in picture units, and their meaning to the right of them."""
    group = etree.SubElement(root, "g", {"class": "legend"})
    left, top = place
    for number, shade in enumerate(shades):
        before = BAR * number / len(shades)
        corner = {"x": f"{left + before:.1f}", "y": f"{top:.1f}"}
        rest = f"{BAR - before:.1f}"  # to the bar's end, under the shades that follow: no seam between two
        etree.SubElement(group, "rect", corner, width=rest, height=f"{HEIGHT:.1f}", fill=shade)
    frame = {"x": f"{left:.1f}", "y": f"{top:.1f}", "fill": "none", "stroke": GREY, "stroke-width": "0.5"}
    etree.SubElement(group, "rect", frame, width=f"{BAR:.1f}", height=f"{HEIGHT:.1f}")
    add_words(group, left + BAR + GAP, top + HEIGHT - 1, words)


def add_words(root: Any, x: float, y: float, words: str, **more: str) -> None:
    """Small grey words on the base line y, from x on, in picture units."""
    style = {"x": f"{x:.1f}", "y": f"{y:.1f}", "font-family": "sans-serif", "font-size": f"{LETTERS:.0f}", "fill": GREY}
    etree.SubElement(root, "text", style | more).text = words


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
    pieces = list(pieces_of(points, max(1, last / TIME_SHADES)))
    middles = [piece.first + (len(piece.path) - 1) / 2 for piece in pieces]
    add_strokes(root, pieces, [colour_at(middle / last) for middle in middles])
    shades = [colour_at((number + 0.5) / TIME_SHADES) for number in range(TIME_SHADES)]
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


def draw_by_point(points: Array) -> bytes:
    """The pen's positions as dots, (n, 3) of x, y, lift, over a pale line that joins those of a stroke."""
    root = canvas(points, "A line of handwriting, a dot at each sampled position of the pen")
    add_strokes(root, strokes_of(points), [PALE], width=THREAD)
    style = {"stroke": INK, "stroke-width": f"{SCALE * DOT:.2f}", "stroke-linecap": "round", "class": "points"}
    etree.SubElement(root, "path", style, d=dots_data(points[:, :2]))
    return to_bytes(root)


def draw_primed(lines: list[Array], primed: list[int]) -> bytes:
    """A page of lines, (n + 1, 3) each; the offsets that were read, so many of each, in a hue, the rest in ink."""
    on_page = placed(lines, columns=1)
    root = canvas(np.concatenate(on_page), "Handwriting that goes on from a line that the network has read")
    for line, count in zip(on_page, primed, strict=True):
        read = line[: count + 1].copy()
        read[-1, LIFT] = 1
        add_strokes(root, strokes_of(read), [HUES[1]])
        joined = line[count, LIFT] < 0.5 and count > 0  # the pen was down where the reading ended
        add_strokes(root, strokes_of(line[count + (not joined) :]), [INK])
    return to_bytes(root)
