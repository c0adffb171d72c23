"""Lines as W3C InkML: the traces of the first traceGroup that has some, or all traces where none is in a group.

X and Y are taken as tablet units. Traces of explicit numbers are read, not of differences, which the W3C allows too.
"""

import numpy as np
import numpy.typing as npt
from lxml import etree

from penlift.primes.markup import parse
from penlift.primes.prime import Points, UnfitError, in_brief, join

DEFAULT = ["X", "Y"]  # the channels of a file that declares none


def read_inkml(content: bytes) -> Points:
    """The line: one stroke a trace."""
    root = parse(content, "ink")
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
