"""Lines as W3C InkML: the traces of the first traceGroup that has some, or all traces where none is in a group."""

import numpy as np
import numpy.typing as npt
from lxml import etree

from penlift.common.geometry import Array
from penlift.ink.lines import TIME, strokes_of
from penlift.ink.offsets import Points
from penlift.io.formats.contract import UnfitError, in_brief, join, named_lines
from penlift.io.formats.xml import parse_root

DEFAULT = ["X", "Y"]  # the channels of a file that declares none
INKML = "http://www.w3.org/2003/InkML"
ID = "{http://www.w3.org/XML/1998/namespace}id"


def read_inkml(content: bytes) -> Points:
    """The line: one stroke a trace."""
    root = parse_root(content, "ink")
    channels = _channels(root)
    columns = [channels.index("X"), channels.index("Y")]
    return join(_stroke(trace, len(channels))[:, columns] for trace in _traces(root))


def _channels(root: etree._Element) -> list[str]:
    formats = root.iter("{*}traceFormat")
    declared = [[channel.get("name", "") for channel in one.iter("{*}channel")] for one in formats]
    channels = declared[0] if declared else DEFAULT
    if any(other != channels for other in declared):
        raise UnfitError("traces in several formats; give one traceFormat")
    if not {"X", "Y"} <= set(channels):
        raise UnfitError("a traceFormat without channels X and Y; declare them")
    return channels


def _traces(root: etree._Element) -> list[etree._Element]:
    groups = (group.findall("{*}trace") for group in root.iter("{*}traceGroup"))
    found = next((traces for traces in groups if traces), None) or list(root.iter("{*}trace"))
    drawn = [trace for trace in found if trace.get("type") != "penUp"]
    if not drawn:
        raise UnfitError("no trace; give an InkML file with ink in it")
    return drawn


def _stroke(trace: etree._Element, channels: int) -> npt.NDArray[np.float64]:
    points = [point.split() for point in str(trace.xpath("string()")).split(",") if point.strip()]
    if any(len(point) != channels for point in points):
        raise UnfitError(f"a trace with a point that has not {channels} numbers, as its channels; mend it")
    try:
        return np.array([[float(value) for value in point] for point in points]).reshape(-1, channels)
    except ValueError as error:
        raise UnfitError(f"a trace of other than plain numbers ({in_brief(error)}); write them explicitly") from None


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
    for name, line in named_lines(lines):
        group = etree.SubElement(root, "traceGroup", {ID: name}, contextRef="#tablet")
        for stroke in strokes_of(line):
            last = stroke.first + len(stroke.path)
            seconds = line[stroke.first : last, TIME] if timed else None
            etree.SubElement(group, "trace").text = _trace(stroke.path, seconds)
    etree.indent(root)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True)) + b"\n"


def _trace(path: Array, seconds: Array | None) -> str:
    points = [f"{x:.2f} {y:.2f}" for x, y in path]
    if seconds is not None:
        points = [f"{point} {time:.3f}" for point, time in zip(points, seconds, strict=True)]
    return ", ".join(points)
