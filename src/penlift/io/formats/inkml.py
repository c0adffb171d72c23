"""Lines as W3C InkML: the traces of the first traceGroup that has some, or all traces where none is in a group."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from lxml import etree

from penlift.common.errors import one_line
from penlift.common.geometry import Array
from penlift.ink.lines import TIME, strokes_of
from penlift.ink.offsets import Points
from penlift.io.formats.contract import LINE_HEIGHT, UnfitError, join, named_lines
from penlift.io.formats.xml import parse_root

DEVICE = "dev"  # the pen's own units, which are taken for tablet units
LENGTHS = {"m": 1000, "cm": 10, "mm": 1, "himetric": 0.01, "in": 25.4, "pt": 25.4 / 72, "pc": 25.4 / 6}  # in mm
INKML = "http://www.w3.org/2003/InkML"
ID = "{http://www.w3.org/XML/1998/namespace}id"


class Channel(NamedTuple):
    """A number that each point of a trace has."""

    name: str
    units: str = DEVICE
    orientation: str = "+ve"


DEFAULT = [Channel("X"), Channel("Y")]  # of a file that declares none


def read_inkml(content: bytes) -> Points:
    """The line: one stroke a trace; in units of length, on whatever paper, it is scaled to a whiteboard's height."""
    root = parse_root(content, "ink")
    channels = _channels(root)
    names = [channel.name for channel in channels]
    if not {"X", "Y"} <= set(names):
        raise UnfitError("a traceFormat without channels X and Y; declare them")
    columns = [names.index("X"), names.index("Y")]
    points = join(_stroke(trace, len(channels))[:, columns] for trace in _traces(root))
    return _in_tablet_units(points, [channels[column] for column in columns])


@np.errstate(all="ignore")  # what is not finite is refused
def _in_tablet_units(points: Points, axes: list[Channel]) -> Points:
    points = points * [*(-1 if axis.orientation == "-ve" else 1 for axis in axes), 1]
    units = [axis.units for axis in axes]
    if units == [DEVICE, DEVICE]:
        return points
    if not LENGTHS.keys() >= set(units):
        said, known = one_line(" and ".join(units)), ", ".join(LENGTHS)
        raise UnfitError(f"channels X and Y in {said}; give dev, tablet units, for both, or any of {known}")
    points *= [*(LENGTHS[unit] for unit in units), 1]
    height = np.ptp(points[:, 1]) if len(points) else 0
    if height == 0:
        raise UnfitError("strokes without height, which leave no scale to find; give channels in dev, tablet units")
    return points * [LINE_HEIGHT / height, LINE_HEIGHT / height, 1]


def _channels(root: etree._Element) -> list[Channel]:
    formats = [
        [_channel(one) for path in ("{*}channel", "{*}intermittentChannels/{*}channel") for one in each.iterfind(path)]
        for each in root.iter("{*}traceFormat")
    ]
    if any(other != formats[0] for other in formats):
        raise UnfitError("traces in several formats; give one traceFormat")
    return formats[0] if formats else DEFAULT


def _channel(element: etree._Element) -> Channel:
    return Channel(element.get("name", ""), element.get("units", DEVICE).lower(), element.get("orientation", "+ve"))


def _traces(root: etree._Element) -> list[etree._Element]:
    groups = (group.findall("{*}trace") for group in root.iter("{*}traceGroup"))
    found = next((traces for traces in groups if traces), None) or list(root.iter("{*}trace"))
    drawn = [trace for trace in found if trace.get("type") != "penUp"]
    if not drawn:
        raise UnfitError("no trace; give an InkML file with ink in it")
    return drawn


def _stroke(trace: etree._Element, channels: int) -> npt.NDArray[np.float64]:
    text = "".join([trace.text or "", *(child.tail or "" for child in trace)])  # comments may stand in it
    points = [point.split() for point in text.split(",") if point.strip()]
    if any(len(point) != channels for point in points):
        raise UnfitError(f"a trace with a point that has not {channels} numbers, as its channels; mend it")
    try:
        return np.array([[float(value) for value in point] for point in points]).reshape(-1, channels)
    except ValueError as error:
        raise UnfitError(f"a trace of other than plain numbers ({one_line(error)}); write them explicitly") from None


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
