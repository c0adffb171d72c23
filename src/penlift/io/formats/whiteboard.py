"""The XML of one line, as IAM-OnDB writes it: StrokeSet > Stroke > Point@x,@y,@time."""

import numpy as np
from lxml import etree

from penlift.ink.lines import Rows
from penlift.io.formats.contract import FARTHEST, MOST_POINTS, UnfitError
from penlift.io.formats.xml import parse


def read_line(content: bytes) -> tuple[Rows, float]:
    """The rows x, y, lift, time of a line, and the time stamp of its first point in seconds.

    No entity is resolved and no network read. Where a time stamp is missing, all times of the line are NaN.
    """
    try:
        table = _points(parse(content))
    except etree.XMLSyntaxError as error:
        raise UnfitError(f"unparsable: {' '.join(str(error).split())}") from None
    if not len(table):
        raise UnfitError("no points")
    if len(table) == 1:
        raise UnfitError("one point")
    if not np.isfinite(table[:, :2]).all():
        raise UnfitError("a coordinate that is missing or not a finite number")
    if len(table) > MOST_POINTS or np.abs(table[:, :2]).max() > FARTHEST:
        raise UnfitError(f"absurd size: over {MOST_POINTS} points, or farther than {FARTHEST} tablet units")
    if not np.isfinite(table[:, 3]).all():
        table[:, 3] = np.nan
    start = float(table[0, 3])
    table[:, 3] -= start
    return table.astype(np.float32), start


def _points(root: etree._Element) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    rows = []
    for stroke in root.iter("Stroke"):
        points = stroke.findall("Point")
        for point in points:
            rows.append((_number(point, "x"), _number(point, "y"), float(point is points[-1]), _number(point, "time")))
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def _number(point: etree._Element, name: str) -> float:
    try:
        return float(point.get(name, "nan"))
    except ValueError:
        return float("nan")
