"""Whether a dreamt line is in order, by rules that lines of people pass: each sample's figures, none of them hidden.

Lengths are in standard deviations of the offsets that the network learned from, so that the rules fit any tablet.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from penlift.common.files import made_by_stage
from penlift.common.geometry import Array
from penlift.ink.lines import LIFT
from penlift.ink.offsets import as_drawn
from penlift.ink.scales import Scales
from penlift.sampling.samples import Densities, Sample, finite

AWAY, BACK = 60.0, 30.0  # above or below, and left of, where the line began: 877 lines of people reach 40 and 11
REST, MOVES = 100, 1.0  # points in which the pen moves less: 1 % of people's lines have less than 3.6
DOT = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 1.0]])  # in the place of a line with nothing finite in it
UNLIFTED = 500  # points without a lift: the longest stroke of people's lines has 457


class Health(NamedTuple):
    """The figures of a dreamt line; those of what was drawn, without what was read."""

    points: int
    strokes: int
    width: float  # tablet units
    height: float  # tablet units
    non_finite: bool
    left_page: bool
    froze: bool
    never_lifted: bool
    never_ended: bool | None = None  # had its text not written when it had to be ended; None without a text


FAULTS = Health._fields[4:]
KINDS = Health.__annotations__ | {"never_ended": bool}  # of the columns of a table


def health_of(line: Sample, scales: Scales) -> Health:
    """Measure a line; one that is not finite has neither size nor place."""
    own = line.points[line.primed :]
    lifted = own[1:, LIFT] > 0.5
    finite = bool(np.isfinite(own).all())
    size = np.ptp(own[:, :2], axis=0) if finite else np.zeros(2)
    path = (own[:, :2] - line.points[0, :2]) / scales.sd if finite else np.zeros((1, 2))
    return Health(
        points=len(lifted),
        strokes=int(lifted.sum()),
        width=round(float(size[0]), 1),
        height=round(float(size[1]), 1),
        non_finite=not finite,
        left_page=bool((np.abs(path[:, 1]) > AWAY).any() or (path[:, 0] < -BACK).any()),
        froze=finite and _rests(path),
        never_lifted=_longest(lifted) > UNLIFTED,
        never_ended=not line.ended if line.text else None,
    )


def finite_part(line: Sample) -> Sample:
    """The line up to its first point that is not finite, which is what can be drawn of it; most often all of it."""
    points = finite(line.points)
    if len(points) == len(line.points):
        return line
    densities = Densities(*(part[: len(points) - 1] for part in line.densities))
    return line._replace(points=points, densities=densities, signs=line.signs[: len(points) - 1])


def drawn_part(line: Sample, rate: float | None) -> Array:
    """That part as it is drawn, points that were thinned to `rate` Hz on a curve; a dot where there is none."""
    points = finite_part(line).points
    return as_drawn(points, rate) if len(points) > 1 else DOT


def shares(samples: pd.DataFrame) -> dict[str, float]:
    """Of samples, a row each with the fields of `Health`: how many there are, and the share with each fault."""
    return {"samples": len(samples)} | {
        f"{fault}_share": float(samples[fault].mean()) for fault in FAULTS if fault in samples
    }


def table_of(healths: Iterable[Health]) -> pd.DataFrame:
    """A row a sample, numbered from 1."""
    table = pd.DataFrame(list(healths), columns=list(Health._fields)).dropna(axis=1, how="all")
    return table.set_axis(pd.RangeIndex(1, len(table) + 1, name="sample"))


def read_health(path: Path) -> pd.DataFrame:
    """The table that stage sample left."""
    with made_by_stage(path):
        table = pd.read_csv(path, index_col="sample", dtype=KINDS)
        table = table[[name for name in Health._fields if name in table or name != "never_ended"]]
        if table.empty or not np.isfinite(table.astype(float)).all(axis=None):
            raise ValueError("it has no sample, or one without a size")
        return table


def rules() -> str:
    """What the faults are, in words."""
    return (
        f"Lengths in tablet units. A sample left the page where its pen went more than {AWAY:g} standard deviations of "
        f"the offsets above or below where it began, or {BACK:g} to the left; it froze where {REST} points in a row "
        f"lie within {MOVES:g}; it never lifted where more than {UNLIFTED} points in a row have no lift. Lines of "
        "people do none of this, but for one in a hundred that rests so long. No sample is hidden or drawn again."
    )


def faults_of(health: Health) -> list[str]:
    """The faults of a line, in words."""
    return [fault.replace("_", " ") for fault in FAULTS if getattr(health, fault)]


def _rests(path: Array) -> bool:
    if len(path) <= REST:
        return False
    windows = np.lib.stride_tricks.sliding_window_view(path, REST, axis=0)
    return bool((np.ptp(windows, axis=2).max(axis=1) < MOVES).any())


def _longest(lifted: "np.typing.NDArray[np.bool_]") -> int:
    """The most points in a row that no lift ends."""
    ends = np.concatenate([[-1], np.flatnonzero(lifted), [len(lifted)]])
    return int(np.diff(ends).max()) - 1
