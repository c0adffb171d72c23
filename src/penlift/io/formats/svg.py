"""Lines as SVG: paths, polylines, polygons and lines, a stroke a subpath, in the order in which they are painted."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import svgelements
from lxml import etree

from penlift.common.errors import one_line
from penlift.common.files import DAMAGE
from penlift.common.geometry import Polyline, at_equal_steps, lengths_along
from penlift.ink.lines import TRUE_SCALE
from penlift.ink.offsets import Points
from penlift.io.formats.contract import LINE_HEIGHT, MOST_POINTS, UnfitError, join
from penlift.io.formats.xml import parse_root

CHORDS = 64  # a curve: half a circle as high as a line then errs by 0.1 tablet unit
LONGEST = 2**20  # letters of a path: 50,000 points take half as many
PATH = re.compile(r"\s*[Mm][MmZzLlHhVvCcSsQqTtAa0-9eE+\-.,\s]*")  # svgelements stops in silence at any other letter
TRANSFORMS = re.compile(r"\s*((matrix|translate|scale|rotate|skewX|skewY)\s*\([0-9eE+\-.,\s]*\)[\s,]*)*")
STEP = 20.0  # tablet units: the median of 740,504 steps of those lines
SHAPES = {"path", "polyline", "polygon", "line"}
UNSEEN = {"defs", "clipPath", "mask", "marker", "pattern", "symbol"}  # what stands in these is not painted there
# How paint is inherited where nothing is said, and what else hides an element with all in it.
PLAIN = {
    "visibility": "visible", "fill": "black", "fill-opacity": "1", "stroke": "none", "stroke-opacity": "1",
    "stroke-width": "1",
}  # fmt: skip
LOOKS = (*PLAIN, "display", "opacity")
NOTHING = re.compile(r"none|hidden|collapse|transparent|(?=\.?0)0*(\.0*)?[a-z%]*")
SELECTOR = re.compile(r"\*|[#.]?[\w-]+")  # all elements, or those of a name, class or id
Look = dict[str, str]


class Subpath(NamedTuple):
    """What a pen draws without being lifted."""

    line: Polyline  # (n, 2), in picture units
    curved: bool  # whether points were put between the path's own


def subpaths(path: str) -> list[Subpath]:
    """The subpaths of a `d`, in order; those that draw nothing are left out."""
    if len(path) > LONGEST:
        raise UnfitError(f"a path of {len(path)} letters, over {LONGEST}; give one line of handwriting")
    if not PATH.fullmatch(path):
        raise UnfitError(f"no path: {one_line(path[:30])!r}; give one as in the d of an SVG path")
    try:
        with np.errstate(all="ignore"):  # what is not finite is refused with the rest
            found = _cut(svgelements.Path(path))
    except DAMAGE as error:
        raise UnfitError(f"a malformed path ({one_line(error)}); export it again") from None
    return [subpath for subpath in found if len(subpath.line) > 1]


def matrix_of(transform: str) -> npt.NDArray[np.float64]:
    """The 3 x 3 matrix of a `transform`: it takes columns x, y, 1."""
    if not TRANSFORMS.fullmatch(transform):
        raise UnfitError(f"an unknown transform {one_line(transform)!r}; export it with transforms applied")
    try:
        found = svgelements.Matrix(transform)
    except DAMAGE as error:
        raise UnfitError(f"a malformed transform ({one_line(error)}); export it with transforms applied") from None
    return np.array([[found.a, found.c, found.e], [found.b, found.d, found.f], [0, 0, 1]], dtype=np.float64)


def _cut(path: Any) -> list[Subpath]:
    if len(path) > MOST_POINTS:
        raise UnfitError(f"a path of over {MOST_POINTS} pieces; give one line of handwriting")
    pieces: list[list[npt.NDArray[np.float64]]] = []
    closed = False
    for segment in path:
        if isinstance(segment, svgelements.Move) or closed:
            pieces.append([_place(segment.end if isinstance(segment, svgelements.Move) else segment.start)])
        closed = isinstance(segment, svgelements.Close)
        if isinstance(segment, svgelements.Line | svgelements.Close):
            pieces[-1].append(_place(segment.end))
        elif not isinstance(segment, svgelements.Move):
            pieces[-1].append(np.asarray(segment.npoint(np.linspace(0, 1, CHORDS + 1)))[1:])
    # only a curve puts in several points at once
    return [Subpath(np.concatenate(piece), curved=max(map(len, piece)) > 1) for piece in pieces]


def _place(point: Any) -> npt.NDArray[np.float64]:
    return np.array([[point.x, point.y]], dtype=np.float64)  # NaN where the path breaks off behind H or V


@np.errstate(all="ignore")  # what is not finite is refused
def read_svg(content: bytes) -> Points:
    """The line of a picture."""
    if len(content) > LONGEST:
        raise UnfitError(f"a picture of over {LONGEST} bytes; keep one line of handwriting in it")
    root = parse_root(content, "svg")
    drawn = [subpath for element, matrix in _drawn(root) for subpath in _placed(element, matrix)]
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


def _drawn(root: etree._Element) -> Iterator[tuple[etree._Element, npt.NDArray[np.float64]]]:
    """The shapes that are painted, in order, each with the transforms of it and all above it."""
    sheet = _sheet(root)
    waiting = [(root, np.eye(3), PLAIN)]
    while waiting:
        element, matrix, inherited = waiting.pop()
        name, look = etree.QName(element).localname, _look(element, sheet)
        if name in UNSEEN or any(NOTHING.fullmatch(look.get(key, "")) for key in ("display", "opacity")):
            continue
        if name == "use":
            raise UnfitError("a <use>, which repeats what stands elsewhere; export it with clones unlinked")
        look = inherited | {key: value for key, value in look.items() if value != "inherit"}
        if transform := element.get("transform"):
            matrix = matrix @ matrix_of(transform)
        if name in SHAPES and _is_painted(look):
            yield element, matrix
        waiting += [(child, matrix, look) for child in element.iterchildren("*", reversed=True)]


def _is_painted(look: Look) -> bool:
    paints = (("fill", "fill-opacity"), ("stroke", "stroke-opacity", "stroke-width"))
    return look["visibility"] == "visible" and any(
        not any(NOTHING.fullmatch(look[key]) for key in paint) for paint in paints
    )


def _look(element: etree._Element, sheet: dict[str, Look]) -> Look:
    """What an element itself says of its paint: attributes, what the style sheet has for it, its own style."""
    look = {key: value.strip().lower() for key in LOOKS if (value := element.get(key))}
    classes = [f".{name}" for name in element.get("class", "").split()]
    for selector in ("*", etree.QName(element).localname, *classes, f"#{element.get('id')}"):
        look |= sheet.get(selector, {})
    return look | _declared(element.get("style", ""))


def _declared(style: str) -> Look:
    pairs = (declaration.partition(":") for declaration in style.split(";"))
    found = {key.strip(): value.lower().replace("!important", "").strip() for key, _, value in pairs}
    return {key: found[key] for key in LOOKS if key in found}


def _sheet(root: etree._Element) -> dict[str, Look]:
    """What the style sheets of a picture say of paint, by selector."""
    sheet: dict[str, Look] = {}
    for style in root.iter("{*}style"):
        css, *parts = (style.text or "").split("/*")
        css += "".join(part.partition("*/")[2] for part in parts)
        for selectors, _, declarations in (rule.rpartition("{") for rule in css.split("}")):
            declared = _declared(declarations)
            for selector in map(str.strip, selectors.split(",") if declared else ()):
                if not SELECTOR.fullmatch(selector):
                    said = one_line(selector)
                    raise UnfitError(f"a style sheet with {said!r}, no name, .class or #id; export it without CSS")
                sheet[selector] = sheet.get(selector, {}) | declared
    return sheet


def _path_of(element: etree._Element) -> str:
    """Whatever the shape, as the `d` of a path."""
    name = etree.QName(element).localname
    if name == "path":
        return element.get("d") or "M0 0"
    if name == "line":
        x1, y1, x2, y2 = (element.get(side, "0") for side in ("x1", "y1", "x2", "y2"))
        return f"M{x1},{y1} {x2},{y2}"
    return f"M{element.get('points') or '0 0'}{'Z' if name == 'polygon' else ''}"


def _placed(element: etree._Element, matrix: npt.NDArray[np.float64]) -> Iterator[Subpath]:
    """Its subpaths in the picture's own coordinates."""
    for line, curved in subpaths(_path_of(element)):
        yield Subpath(line @ matrix[:2, :2].T + matrix[:2, 2], curved)
