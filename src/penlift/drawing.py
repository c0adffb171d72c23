"""Lines of ink as SVG: one path a stroke, coordinates in tablet units, y downwards."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from lxml import etree

from penlift.errors import InputError
from penlift.ink import LIFT

SVG = "http://www.w3.org/2000/svg"
INK, PALE, PAPER = "#1b1f3b", "#c9ccd6", "#ffffff"
HUES = ("#1f77b4", "#d1495b", "#2a9d4b", "#8e5bb5", "#c77700", "#00838f", "#a34a28", "#6b6b00")  # near 4.5:1 on paper
MARGIN = 60.0  # tablet units round the ink
PEN = 14.0  # tablet units: width of the line
SCALE = 0.1  # picture units a tablet unit: one decimal of them is one tablet unit
TRUE_SCALE = "data-tablet-units"  # of the root: tablet units a picture unit, so that a line is read back as it was

Array = npt.NDArray[np.floating[Any]]


class Box(NamedTuple):
    """Room for ink, margin included, in tablet units."""

    left: float
    top: float
    width: float
    height: float


class Stroke(NamedTuple):
    """Points between two lifts."""

    first: int  # of the line's points
    path: Array  # (n, 2)


def strokes_of(points: Array) -> Iterator[Stroke]:
    """Cut a line, (n, 3) of x, y, lift, behind each lifted point; the rest behind the last lift is a stroke too."""
    ends = np.flatnonzero(points[:, LIFT] > 0.5) + 1
    bounds = np.unique(np.concatenate([[0], ends, [len(points)]]))
    for first, last in itertools.pairwise(bounds):
        yield Stroke(int(first), points[first:last, :2])


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
