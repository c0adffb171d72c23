"""What the network expected, over what it wrote: lift probabilities, next-point densities, weights over time."""

import base64
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from lxml import etree

from penlift.common.errors import InputError
from penlift.common.geometry import Array
from penlift.drawing.svg import (
    GAP,
    HUES,
    INK,
    LETTERS,
    MARGIN,
    PALE,
    PEN,
    REACH,
    SCALE,
    Box,
    add_legend,
    add_strokes,
    add_words,
    canvas,
    dots_data,
    room_for,
    to_bytes,
)
from penlift.ink.lines import strokes_of
from penlift.sampling.samples import Densities

LIFT_SHADES = 8  # levels of lift probability
LIKELY = "#d1495b"
NEGLIGIBLE = 0.02  # of a component's weight
FAINTEST, DENSEST = 0.03, 0.35  # opacity of an ellipse
NARROWEST = 0.01  # picture units: an ellipse with a radius of 0 would not be drawn at all
HAIRLINE = PEN / 4  # within a stroke a density is often narrower than the pen, whose line must not hide it
ROW = 8  # picture units: height of a component
WIDEST = 800  # picture units: a column is as wide as it can be in a map of this width, but one at least
AXIS = 2 * LETTERS  # picture units: room for the words of an axis
WEIGHT_SHADES = ("#ffffff", "#bfbfbf", "#808080", "#404040", "#000000")  # of weights from 0 to 1
Greys = npt.NDArray[np.uint8]  # (height, width), 0 black
CAPTIONS = ("strokes", "the darker, the likelier the pen lifts", "density of each next point")
CAPTION = 1.5 * LETTERS / SCALE  # tablet units: room for the words above a panel


def ellipses_of(std: Array, correlation: Array) -> tuple[Array, Array]:
    """Contours of normals at one standard deviation, by (..., 2) standard deviations and (...) correlations.

    Radii, (..., 2), the longer and the shorter; angles, (...), in degrees from the x to the y axis. The axes are the
    eigenvectors of the covariances.
    """
    across = correlation * std[..., 0] * std[..., 1]
    covariance = np.stack(
        [np.stack([std[..., 0] ** 2, across], axis=-1), np.stack([across, std[..., 1] ** 2], axis=-1)], axis=-1
    )
    values, vectors = np.linalg.eigh(covariance)
    longest = vectors[..., :, 1]
    radii = np.sqrt(np.maximum(values[..., ::-1], 0))
    return radii, np.degrees(np.arctan2(longest[..., 1], longest[..., 0]))


def draw_by_lift(points: Array, lift: Array) -> bytes:
    """The line in pale ink, its points shaded by the probability, (n,), with which the network lifted the pen there."""
    refuse_undefined(lift)
    root = canvas(points, "A line of handwriting, darker where the network expected the pen to lift")
    add_by_lift(root, points, lift)
    return to_bytes(root)


def add_by_lift(root: Any, points: Array, lift: Array) -> None:
    """The pale line and its shaded points, over what is there.

    The first of n + 1 points was not predicted. Points of like probability are dots of one path, larger and darker the
    likelier the lift: few elements, one path a stroke beneath.
    """
    add_strokes(root, strokes_of(points), [PALE])
    group = etree.SubElement(root, "g", {"stroke": INK, "stroke-linecap": "round", "class": "lift"})
    levels = np.minimum((lift * LIFT_SHADES).astype(int), LIFT_SHADES - 1)
    for level in range(LIFT_SHADES):
        dots = points[1:, :2][levels == level]
        if len(dots):
            dark = (level + 0.5) / LIFT_SHADES
            shade = {"stroke-opacity": f"{dark:.2f}", "stroke-width": f"{SCALE * PEN * (1 + 3 * dark):.1f}"}
            etree.SubElement(group, "path", shade, d=dots_data(dots))


def draw_density(points: Array, densities: Densities) -> bytes:
    """For each point the density that it was drawn from, to scale, and the pen's path over it."""
    refuse_undefined(*densities)
    root = canvas(reach(points, densities), "A line of handwriting over the densities of each next point")
    add_density(root, points, densities)
    return to_bytes(root)


def add_density(root: Any, points: Array, densities: Densities) -> None:
    """The densities and the pen's path, over what is there.

    An ellipse a component is its contour at one standard deviation; its opacity is its weight, capped; components of
    little weight are left out. Densities of n points, of a line of n + 1, stand round the point before plus their mean.
    """
    group = etree.SubElement(root, "g", {"fill": LIKELY, "class": "density"})
    centres = points[:-1, None, :2] + densities.mean
    radii, angles = ellipses_of(densities.std, densities.correlation)
    for one in zip(*np.nonzero(densities.weight > NEGLIGIBLE), strict=True):
        (x, y), (longer, shorter) = SCALE * centres[one], np.maximum(SCALE * radii[one], NARROWEST)
        size = {"rx": f"{longer:.2f}", "ry": f"{shorter:.2f}"}
        turn = f"translate({x:.1f} {y:.1f}) rotate({angles[one]:.1f})"
        opacity = np.clip(DENSEST * densities.weight[one], FAINTEST, DENSEST)
        etree.SubElement(group, "ellipse", size | {"transform": turn, "fill-opacity": f"{opacity:.3f}"})
    add_strokes(root, strokes_of(points), [INK], width=HAIRLINE)


def reach(points: Array, densities: Densities) -> Array:
    """The points and the corners of all ellipses' boxes: what the picture needs room for."""
    shown = densities.weight > NEGLIGIBLE
    centres, around = (points[:-1, None, :2] + densities.mean)[shown], densities.std[shown]
    return np.vstack([points[:, :2], centres - around, centres + around])


def refuse_undefined(*parts: Array) -> None:
    """Raise where a density has a number that is none."""
    if not all(np.isfinite(part).all() for part in parts):
        raise InputError("a density that is not finite cannot be drawn; train its network anew")


def draw_weights(densities: Densities) -> bytes:
    """The weights, (n, K), as one image of whole squares, and around it what stands where and what a shade means."""
    refuse_undefined(densities.weight)
    if not densities.weight.size:
        raise InputError("densities of no point have no weights to draw; draw those of a line with two points or more")
    points, components = densities.weight.shape
    column = max(1, WIDEST // points)
    width, height = column * points, ROW * components
    root = canvas(np.array([[-AXIS, 0], [width, height + 2 * AXIS]]) / SCALE, "Mixture weights over time")
    greys = np.rint(255 * (1 - densities.weight.T)).astype(np.uint8)
    _add_image(root, greys.repeat(ROW, axis=0).repeat(column, axis=1))
    end = {"text-anchor": "end"}
    add_words(root, -GAP, ROW - 1, "1", **end)
    add_words(root, -GAP, height - 1, str(components), **end)
    add_words(root, 0, height + LETTERS, "point 1")
    add_words(root, width, height + LETTERS, str(points), **end)
    add_legend(root, np.array([0, height + AXIS]), WEIGHT_SHADES, "weight of each component, 0 to 1")
    return to_bytes(root)


def _add_image(root: Any, greys: Greys) -> None:
    """A pixel a picture unit, and sharp when enlarged, in a thin frame."""
    height, width = greys.shape
    place = {"x": "0", "y": "0", "width": str(width), "height": str(height)}
    content = "data:image/png;base64," + base64.b64encode(grey_png(greys)).decode()
    etree.SubElement(root, "image", place | {"image-rendering": "pixelated", "href": content})
    etree.SubElement(root, "rect", place | {"fill": "none", "stroke": WEIGHT_SHADES[1]})


def grey_png(greys: Greys) -> bytes:
    """The file of a picture."""
    height, width = greys.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)  # 8 bits a pixel, grey
    unfiltered = np.pad(greys, ((0, 0), (1, 0)))  # each row behind the number of its filter: 0, none
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(unfiltered.tobytes(), 9)), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


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
