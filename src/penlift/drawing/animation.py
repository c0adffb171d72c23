"""A line that writes itself in real time: SVG with SMIL, no script; where nothing moves, the finished line stands."""

from typing import Any

import numpy as np
from lxml import etree

from penlift.common.errors import InputError
from penlift.common.geometry import Array, lengths_along
from penlift.drawing.svg import INK, SCALE, add_strokes, canvas, to_bytes
from penlift.ink.lines import Stroke, strokes_of


def draw_animation(points: Array, seconds: Array) -> bytes:
    """The line as the pen wrote it, at the speed that it had: `seconds`, (n,), is the time of each point.

    The clock starts with the first point. Strokes appear when the pen comes down and grow by a dash as long as the
    stroke, which the pen pulls out from point to point; between them it is in the air.
    """
    root = canvas(points, "A line of handwriting that writes itself")
    times = _times_of(points, seconds)
    strokes = list(strokes_of(points))
    paths = add_strokes(root, strokes, [INK])
    for path, stroke in zip(paths, strokes, strict=True):
        _write(path, stroke, times[stroke.first : stroke.first + len(stroke.path)])
    return to_bytes(root)


def _write(path: Any, stroke: Stroke, times: Array) -> None:
    """Hide the path until its first time, then let it grow to its length at each of its times."""
    begin, duration = times[0], times[-1] - times[0]
    if begin > 0:
        etree.SubElement(path, "set", attributeName="visibility", to="hidden", dur=f"{begin:.3f}s")
    lengths = lengths_along(np.round(SCALE * stroke.path.astype(np.float64), 1))  # in picture units, as it is drawn
    if not duration or not lengths[-1]:  # a dot is there at once
        return
    whole = lengths[-1]
    gap = f"{whole + 1:.0f}"  # longer than the dash, or the next dash's cap would stand at the stroke's end
    path.set("stroke-dasharray", f"{whole:.1f} {gap}")
    grow = {"attributeName": "stroke-dashoffset", "begin": f"{begin:.3f}s", "dur": f"{duration:.3f}s"}
    grow["values"] = ";".join(f"{rest:.1f}" for rest in whole - lengths)
    if len(lengths) > 2:  # between two, time is even without saying so
        grow["keyTimes"] = ";".join(f"{time:.4f}" for time in (times - begin) / duration)
    etree.SubElement(path, "animate", grow, fill="freeze")


def _times_of(points: Array, seconds: Array) -> Array:
    """Seconds since the first point, to the millisecond."""
    if len(seconds) != len(points):
        raise InputError(f"{len(seconds)} times for {len(points)} points; give one for each point, in seconds")
    if not np.isfinite(seconds).all():
        raise InputError("a time that is not finite cannot be waited for; give each point its time in seconds")
    back = np.flatnonzero(np.diff(seconds) < 0)
    if len(back):
        before, after = seconds[back[0]], seconds[back[0] + 1]
        raise InputError(f"time runs backwards behind point {back[0]}, from {before:g} to {after:g} s; put it in order")
    times: Array = np.round(seconds.astype(np.float64) - seconds[0], 3)
    return times
