"""The XML of one line, as IAM-OnDB writes it: StrokeSet > Stroke > Point@x,@y,@time."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from lxml import etree

from penlift.common.errors import one_line
from penlift.ink.lines import LIFT, TIME, Rows
from penlift.io.formats.contract import FARTHEST, MOST_POINTS, UnfitError
from penlift.io.formats.xml import parse

LONGEST = 1e6  # s: no line takes eleven days
ABSURD = f"absurd size: over {MOST_POINTS} points, or farther than {FARTHEST} tablet units"


class Captured(NamedTuple):
    """A line as it was captured."""

    rows: Rows  # (n, 4): x, y, lift, time
    start: float  # s, time stamp of the first point; NaN, as all times, where one is missing or none can be in seconds
    thousandths: bool  # the file has milliseconds


def read_line(content: bytes) -> Captured:
    """The line of a file. No entity is resolved and no network read."""
    try:
        table = np.array(parse(content, _Strokes()), dtype=np.float64).reshape(-1, 4)
    except etree.XMLSyntaxError as error:
        raise UnfitError(f"unparsable: {one_line(error)}") from None
    if not len(table):
        raise UnfitError("no points")
    if len(table) == 1:
        raise UnfitError("one point")
    if not np.isfinite(table[:, :2]).all():
        raise UnfitError("a coordinate that is missing or not a finite number")
    if np.abs(table[:, :2]).max() > FARTHEST:
        raise UnfitError(ABSURD)
    thousandths = _to_seconds(table)
    start = float(table[0, TIME])
    table[:, TIME] -= start
    return Captured(table.astype(np.float32), start, thousandths)


@np.errstate(all="ignore")  # what is not finite, or near that, is unknown
def _to_seconds(table: npt.NDArray[np.float64]) -> bool:
    """Turn times that were in milliseconds to seconds, those that can be in neither to NaN.

    Pens are sampled many times a second, so that within strokes no median step of one is in seconds.
    """
    steps = np.diff(table[:, TIME])[table[:-1, LIFT] == 0]
    step = float(np.median(steps)) if len(steps) else 0.0
    if thousandths := 1 <= step < 1000:
        table[:, TIME] /= 1000
    if not (step < 1000 and np.ptp(table[:, TIME]) < LONGEST):
        table[:, TIME] = np.nan
    return thousandths


class _Strokes:
    """Takes a document's elements one by one, and keeps nothing but points."""

    def __init__(self) -> None:
        self.rows: list[list[float]] = []
        self.open: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Point" and self.open[-1:] == ["Stroke"]:
            if len(self.rows) == MOST_POINTS:
                raise UnfitError(ABSURD)
            x, y, time = (_number(attributes.get(key, "nan")) for key in ("x", "y", "time"))
            self.rows.append([x, y, 0.0, time])
        self.open.append(name)

    def end(self, name: str) -> None:
        self.open.pop()
        if name == "Stroke" and self.rows:
            self.rows[-1][LIFT] = 1.0

    def close(self) -> list[list[float]]:
        return self.rows


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
