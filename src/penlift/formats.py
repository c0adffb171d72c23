"""Lines of handwriting as files that other programs read: one table, kind of file -> writer.

A line is an array (n, 3) of x, y, lift, or (n, 4) with seconds too, in tablet units, y downwards. Strokes end where the
pen lifts. What the points keep of their places:

    svg    0.5 tablet unit; all lines on one sheet, one below another
    png    a picture of that sheet
    inkml  0.005 tablet unit and 0.5 ms; W3C Ink Markup Language, a traceGroup a line
    jsonl  0.005 tablet unit; JSON lines, {"name": ..., "strokes": [[[x, y], ...], ...]} a line
    npz    all digits; sketch-rnn's stroke-3, an array (n, 3) of dx, dy, lift a line, float64, without pickle
"""

import json
from collections.abc import Callable, Iterator
from io import BytesIO

import numpy as np
from lxml import etree

from penlift.drawing import Array, draw_plain, page_of, room_for, strokes_of
from penlift.errors import InputError
from penlift.ink import LIFT

INKML = "http://www.w3.org/2003/InkML"
ID = "{http://www.w3.org/XML/1998/namespace}id"
TIME = 3  # the column of seconds, in lines that have it


def written(kind: str, lines: list[Array]) -> bytes:
    """The file of these lines in one of FORMATS."""
    if kind not in FORMATS:
        raise InputError(f"no lines are written as {kind!r}; choose one of {', '.join(FORMATS)}")
    if not lines:
        raise InputError(f"there is no line to write as {kind}; give at least one")
    for line in lines:
        room_for(line)  # refuses one without points, or with one that is not finite
    return FORMATS[kind](lines)


def to_svg(lines: list[Array]) -> bytes:
    """A line where it stands, as a path a stroke; several on one sheet, one below another."""
    return draw_plain(page_of(lines))


def to_png(lines: list[Array]) -> bytes:
    """A picture of the lines, one below another."""
    from penlift.plots import preview

    return preview(page_of(lines))


def to_inkml(lines: list[Array]) -> bytes:
    """W3C Ink Markup Language: a traceGroup a line, a trace a stroke; channel T, in s, where all lines have times."""
    timed = all(line.shape[1] > TIME and np.isfinite(line[:, TIME]).all() for line in lines)
    root = etree.Element("ink", nsmap={None: INKML})  # type: ignore[dict-item]
    pen = etree.SubElement(etree.SubElement(root, "definitions"), "traceFormat", {ID: "pen"})
    for channel in ("X", "Y"):
        etree.SubElement(pen, "channel", name=channel, type="decimal", units="dev")
    if timed:
        etree.SubElement(pen, "channel", name="T", type="decimal", units="s")
    etree.SubElement(root, "context", {ID: "tablet"}, traceFormatRef="#pen")
    for name, line in _named(lines):
        group = etree.SubElement(root, "traceGroup", {ID: name}, contextRef="#tablet")
        for stroke in strokes_of(line):
            last = stroke.first + len(stroke.path)
            seconds = line[stroke.first : last, TIME] if timed else None
            etree.SubElement(group, "trace").text = _trace(stroke.path, seconds)
    etree.indent(root)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True)) + b"\n"


def to_json_lines(lines: list[Array]) -> bytes:
    """One JSON object a line: its name, and its strokes as lists of [x, y]."""
    found = ({"name": name, "strokes": _strokes(line)} for name, line in _named(lines))
    return "".join(json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n" for line in found).encode("ascii")


def to_stroke3(lines: list[Array]) -> bytes:
    """An .npz with an array (n, 3) of dx, dy, lift a line, in order, to be read with allow_pickle=False.

    As in sketch-rnn's files each row leads to its point, and its lift says whether the pen leaves the paper there. Row
    0 leads from (0, 0) to where the pen is set down, so that the sums of the rows are the points.
    """
    file = BytesIO()
    np.savez(file, **{name: _stroke3(line) for name, line in _named(lines)})  # type: ignore[arg-type]
    return file.getvalue()


Writer = Callable[[list[Array]], bytes]
FORMATS: dict[str, Writer] = {
    "svg": to_svg,
    "png": to_png,
    "inkml": to_inkml,
    "jsonl": to_json_lines,
    "npz": to_stroke3,
}


def _named(lines: list[Array]) -> Iterator[tuple[str, Array]]:
    return ((f"line-{number}", line) for number, line in enumerate(lines, 1))


def _trace(path: Array, seconds: Array | None) -> str:
    points = [f"{x:.2f} {y:.2f}" for x, y in path]
    if seconds is not None:
        points = [f"{point} {time:.3f}" for point, time in zip(points, seconds, strict=True)]
    return ", ".join(points)


def _strokes(line: Array) -> list[list[list[float]]]:
    return [stroke.path.astype(np.float64).round(2).tolist() for stroke in strokes_of(line)]


def _stroke3(line: Array) -> Array:
    moves = np.diff(line[:, :2].astype(np.float64), axis=0, prepend=0)
    return np.column_stack([moves, line[:, LIFT]])
