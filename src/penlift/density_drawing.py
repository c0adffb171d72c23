"""What the network expected, over what it wrote: lift probabilities, and next-point densities to scale."""

from typing import Any, NamedTuple

import numpy as np
from lxml import etree

from penlift.densities import Densities
from penlift.drawing import INK, PALE, PEN, SCALE, Array, add_strokes, canvas, dots_data, strokes_of, to_bytes
from penlift.errors import InputError

SHADES = 8  # levels of lift probability
LIKELY = "#d1495b"
NEGLIGIBLE = 0.02  # of a component's weight
FAINTEST, DENSEST = 0.03, 0.35  # opacity of an ellipse
NARROWEST = 0.01  # picture units: an ellipse with a radius of 0 would not be drawn at all
HAIRLINE = PEN / 4  # within a stroke a density is often narrower than the pen, whose line must not hide it


class Ellipses(NamedTuple):
    """Contours of normal components at one standard deviation along their axes."""

    radii: Array  # (..., 2): the longer, the shorter
    angle: Array  # (...), degrees from the x to the y axis


def ellipses_of(std: Array, correlation: Array) -> Ellipses:
    """Axes from the eigenvectors of the covariances of (..., 2) standard deviations and (...) correlations."""
    across = correlation * std[..., 0] * std[..., 1]
    covariance = np.stack(
        [np.stack([std[..., 0] ** 2, across], axis=-1), np.stack([across, std[..., 1] ** 2], axis=-1)], axis=-1
    )
    values, vectors = np.linalg.eigh(covariance)
    longest = vectors[..., :, 1]
    radii = np.sqrt(np.maximum(values[..., ::-1], 0))
    return Ellipses(radii, np.degrees(np.arctan2(longest[..., 1], longest[..., 0])))


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
    levels = np.minimum((lift * SHADES).astype(int), SHADES - 1)
    for level in range(SHADES):
        dots = points[1:, :2][levels == level]
        if len(dots):
            dark = (level + 0.5) / SHADES
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
    for row, component in np.argwhere(densities.weight > NEGLIGIBLE):
        opacity = float(np.clip(DENSEST * densities.weight[row, component], FAINTEST, DENSEST))
        _add_ellipse(group, centres[row, component], radii[row, component], angles[row, component], opacity)
    add_strokes(root, strokes_of(points), [INK], width=HAIRLINE)


def _add_ellipse(group: Any, centre: Array, radii: Array, angle: float, opacity: float) -> None:
    x, y = SCALE * centre
    turn = f"translate({x:.1f} {y:.1f}) rotate({angle:.1f})"
    longer, shorter = np.maximum(SCALE * radii, NARROWEST)
    size = {"rx": f"{longer:.2f}", "ry": f"{shorter:.2f}"}
    etree.SubElement(group, "ellipse", size | {"transform": turn, "fill-opacity": f"{opacity:.3f}"})


def reach(points: Array, densities: Densities) -> Array:
    """The points and the corners of all ellipses' boxes: what the picture needs room for."""
    shown = densities.weight > NEGLIGIBLE
    centres, around = (points[:-1, None, :2] + densities.mean)[shown], densities.std[shown]
    return np.vstack([points[:, :2], centres - around, centres + around])


def refuse_undefined(*parts: Array) -> None:
    """Raise where a density has a number that is none."""
    if not all(np.isfinite(part).all() for part in parts):
        raise InputError("a density that is not finite cannot be drawn; train its network anew")
