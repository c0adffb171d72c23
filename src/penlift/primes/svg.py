"""Lines as SVG: paths, polylines, polygons and lines, a stroke a subpath, in the order in which they are painted.

An SVG has neither the pen's timing nor a scale. A line that penlift drew says its scale, and its points come back as
they were; any other is made as high as a line on a whiteboard, with points at equal steps along each stroke.
"""

from collections.abc import Iterator

import numpy as np
from lxml import etree

from penlift.curves import Polyline, at_equal_steps, lengths_along
from penlift.drawing import TRUE_SCALE
from penlift.primes.markup import parse
from penlift.primes.paths import LONGEST, Subpath, matrix_of, subpaths
from penlift.primes.prime import Points, UnfitError, join
from penlift.sources.whiteboard import MOST_POINTS

# Of 877 real lines on a whiteboard, 740,504 steps: medians, in tablet units.
LINE_HEIGHT = 550.0
STEP = 20.0

UNSEEN = {"defs", "clipPath", "mask", "marker", "pattern", "symbol"}  # what stands in these is not painted there


def read_svg(content: bytes) -> Points:
    """The line of a picture."""
    if len(content) > LONGEST:
        raise UnfitError(f"a picture of over {LONGEST} bytes; keep one line of handwriting in it")
    root = parse(content, "svg")
    drawn = [subpath for element in _drawn(root) for subpath in _placed(element)]
    if not drawn:
        raise UnfitError("no path; give an SVG whose handwriting is paths, not text or an image")
    scale = root.get(TRUE_SCALE)
    return scaled(drawn) if scale is None else _as_drawn(drawn, scale)


@np.errstate(all="ignore")  # what is not finite is refused
def scaled(drawn: list[Subpath]) -> Points:
    """Strokes at the size of a line on a whiteboard, begun at (0, 0), their points at equal steps of about STEP."""
    _demand_modest(drawn, np.inf)
    whole = np.concatenate([subpath.line for subpath in drawn])
    height = np.ptp(whole[:, 1])
    if not height > 0:
        raise UnfitError("strokes without height, which leave no scale to find; give a line of handwriting")
    strokes = [Subpath((subpath.line - whole[0]) * (LINE_HEIGHT / height), curved=True) for subpath in drawn]
    return _with_steps(strokes)


@np.errstate(all="ignore")
def _as_drawn(drawn: list[Subpath], scale: str) -> Points:
    try:
        size = float(scale)
    except ValueError:
        raise UnfitError(f"{TRUE_SCALE} is no number; delete it, and the line is scaled by its height") from None
    return _with_steps([Subpath(subpath.line * size, subpath.curved) for subpath in drawn])


def _with_steps(strokes: list[Subpath]) -> Points:
    """Strokes in tablet units, the curved ones with points at equal steps, the others with their own."""
    _demand_modest(strokes, STEP * MOST_POINTS)
    return join(_at_steps(stroke.line) if stroke.curved else _undotted(stroke.line) for stroke in strokes)


def _demand_modest(strokes: list[Subpath], longest: float) -> None:
    """Refuse what is not finite or, all together, too long: points are not made before that is known."""
    length = sum(lengths_along(stroke.line)[-1] for stroke in strokes)
    if not np.isfinite(length):
        raise UnfitError("a coordinate that is NaN, infinite or near that; give a line of handwriting")
    if length > longest:
        raise UnfitError(f"ink of over {longest:.0f} tablet units, at its scale; give one line of handwriting")


def _at_steps(stroke: Polyline) -> Polyline:
    length = lengths_along(stroke)[-1]
    return at_equal_steps(stroke, 1 + max(1, round(length / STEP))) if length else stroke[:1]


def _undotted(line: Polyline) -> Polyline:
    """A line of no length is how penlift.drawing draws a single point."""
    return line[:1] if len(line) == 2 and (line[0] == line[1]).all() else line


def _drawn(root: etree._Element) -> Iterator[etree._Element]:
    for element in root.iter("{*}path", "{*}polyline", "{*}polygon", "{*}line"):
        if not any(etree.QName(above).localname in UNSEEN for above in element.iterancestors()):
            yield element


def _path_of(element: etree._Element) -> str:
    """Whatever the shape, as the `d` of a path."""
    name = etree.QName(element).localname
    if name == "path":
        return element.get("d") or "M0 0"
    if name == "line":
        x1, y1, x2, y2 = (element.get(side, "0") for side in ("x1", "y1", "x2", "y2"))
        return f"M{x1},{y1} {x2},{y2}"
    return f"M{element.get('points') or '0 0'}{'Z' if name == 'polygon' else ''}"


def _placed(element: etree._Element) -> Iterator[Subpath]:
    """Its subpaths in the picture's own coordinates: the transforms of the element and all above it applied."""
    matrix = np.eye(3)
    for above in (element, *element.iterancestors()):
        matrix = matrix_of(above.get("transform", "")) @ matrix
    for line, curved in subpaths(_path_of(element)):
        with np.errstate(all="ignore"):
            yield Subpath(line @ matrix[:2, :2].T + matrix[:2, 2], curved)
