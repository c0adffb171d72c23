"""From pen positions to what the network predicts: offsets, capped and scaled; exactly back; and stage normalise."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from penlift.common.files import write_json
from penlift.common.geometry import Array
from penlift.ink.lines import LIFT, TIME, Ink, Line, Rows, save_ink
from penlift.ink.scales import Moments, NormaliseParams, Offsets, Scales

NEAR = 4.0  # tablet units: a network's densities are half a unit wide and more
START = (0.0, 0.0, 1.0)  # the network's first input: no movement, pen up; never a target
Points = npt.NDArray[np.float64]  # (n, 3): x, y, lift in tablet units


def offsets_of(points: Rows, cap: float) -> Offsets:
    """The movements from each point to the next, capped per axis; (n - 1, 2) in tablet units."""
    return np.clip(np.diff(points[:, :2].astype(np.float64), axis=0), -cap, cap)


def thinned(points: Rows, rate: float | None) -> Rows:
    """(n, 4) of x, y, lift, time with about so many points a second at most; both ends of each stroke stay."""
    return points if rate is None else _one_each(points, points[:, TIME] * rate)


def as_dense(points: Rows, scales: Scales) -> Rows:
    """Points as dense as those that a network learned from: by their times where they have any, else by their path.

    (n, 3) of x, y, lift, without times, are as far apart then as those that were thinned to `scales.rate` usually are.
    """
    if scales.rate is None or points.shape[1] > TIME:
        return thinned(points, scales.rate)
    path = np.append(0, np.hypot(*np.diff(points[:, :2].astype(np.float64), axis=0).T).cumsum())
    return _one_each(points, path / np.hypot(*scales.sd))


def _one_each(points: Rows, along: npt.NDArray[Any]) -> Rows:
    """A point for each whole number that `along`, (n,), goes past, and both ends of each stroke."""
    first = np.append(True, points[:-1, LIFT] > 0.5)  # of a stroke
    past = np.append(True, np.diff(np.floor(along)) > 0)
    return np.asarray(points[first | (points[:, LIFT] > 0.5) | past])


def to_offsets(points: Rows, scales: Scales) -> Rows:
    """(n, 4) of x, y, lift, time in tablet units to (n, 3) of dx, dy, lift in normalised ones.

    Row 0 is START: the first point has no offset, and the network never predicts it.
    """
    moves = (offsets_of(points, scales.cap) - scales.shift) / scales.scale
    rows = np.column_stack([moves, points[1:, LIFT]])
    return np.vstack([START, rows]).astype(np.float32)


def to_tablet(offsets: Rows, scales: Scales) -> Offsets:
    """Normalised offsets, (..., 2 or 3), to (..., 2) of dx, dy in tablet units: the inverse of the scaling."""
    return offsets[..., :2].astype(np.float64) * scales.scale + scales.shift


def to_points(offsets: Rows, scales: Scales) -> Points:
    """(n, 3) normalised offsets, without START, to (n + 1, 3) of x, y, lift; row 0 is where the pen is set down."""
    path = np.vstack([np.zeros(2), to_tablet(offsets, scales).cumsum(axis=0)])
    return np.column_stack([path, np.append(0.0, offsets[:, LIFT])])


def joined(first: Rows, second: Rows, letters: int, scales: Scales) -> Rows:
    """Offsets of a line and, a space behind it at the same height, of another; the first has so many letters.

    The space is as wide as the first's letters are; heights are those of its last third and the other's first.
    """
    before, behind = (to_points(line[1:], scales)[:, :2] for line in (first, second))
    end = np.array([before[:, 0].max() + np.ptp(before[:, 0]) / letters, before[-len(before) // 3 :, 1].mean()])
    begin = np.array([behind[:, 0].min(), behind[: -(-len(behind) // 3), 1].mean()])
    move = np.clip(end - begin - before[-1], -scales.cap, scales.cap)
    between = np.array([[*((move - scales.shift) / scales.scale), 0.0]], np.float32)
    start = np.array(first[:, :3])
    start[-1, LIFT] = 1.0
    return np.concatenate([start, between, second[1:, :3]])


def closed(offsets: Rows, scales: Scales) -> Rows:
    """Offsets of a line and, behind its last lift, one more: the pen stays where it is, and up, since all is said.

    No writing has such an offset, so that a network that has learned it can say where a text ends.
    """
    return np.concatenate([offsets[:, :3], closing(scales)[None]])


def closing(scales: Scales) -> Rows:
    """The offset, (3,), that `closed` adds."""
    return np.array([*((np.zeros(2) - scales.shift) / scales.scale), 1.0], np.float32)


def closes(offsets: Rows, scales: Scales) -> npt.NDArray[np.bool_]:
    """Which offsets, (L, 3), that follow a lift, are as the one that `closed` adds: by where they go alone.

    A mixture draws the lift apart from the movement, so that an end as likely as p would be drawn as p² if both were
    asked. Real pens hardly ever set down where they lifted: 3 of 22,737 times in 877 lines of real ink.
    """
    return np.asarray(np.hypot(*to_tablet(offsets, scales).T) < NEAR)


class Extremes(NamedTuple):
    """How many offsets there are, how many stand at the cap, and how many are exactly zero."""

    offsets: int
    capped: int
    zero: int


def at_cap(offsets: Offsets, cap: float) -> npt.NDArray[np.bool_]:
    """Which offsets, in tablet units, were cut by the cap or just reach it; to a thousandth of a unit."""
    return np.asarray((np.abs(offsets) >= cap - 1e-3).any(axis=-1))


def at_rest(offsets: Offsets) -> npt.NDArray[np.bool_]:
    """Which offsets, in tablet units, are exactly zero; to a thousandth of a unit."""
    return np.asarray((np.abs(offsets) <= 1e-3).all(axis=-1))


def count_extremes(lines: Iterable[Offsets], cap: float) -> Extremes:
    """Count over the capped offsets of many lines."""
    counts = [(len(line), at_cap(line, cap).sum(), at_rest(line).sum()) for line in lines]
    return Extremes(*(int(sum(column)) for column in zip(*counts, strict=True)))


def normalise(ink: Ink, params: NormaliseParams, folder: Path) -> tuple[Scales, Extremes]:
    """Write the offsets of all lines into `folder`, beside scales.json and summary.json."""
    moments = Moments()
    for number in ink.of_split("train"):
        moments.add(offsets_of(thinned(ink.rows_of(number), params.rate), params.cap))
    scales = moments.scales(params)
    save_ink(folder, normalised(ink, scales))
    extremes = count_extremes((offsets_of(thinned(line.rows, params.rate), params.cap) for line in ink), params.cap)
    write_json(folder / "scales.json", scales.as_json())
    write_json(folder / "summary.json", extremes._asdict())
    return scales, extremes


def normalised(lines: Iterable[Line], scales: Scales) -> Iterator[Line]:
    """The same lines, thinned, with offsets for rows."""
    return (replace(line, rows=to_offsets(thinned(line.rows, scales.rate), scales)) for line in lines)


def as_drawn(points: Array, rate: float | None) -> Array:
    """Points, (n, 3) of x, y, lift, as they are drawn: on a curve where they were thinned to `rate` Hz."""
    return points if rate is None else smooth(points)


def smooth(points: Array, between: int = 3) -> Array:
    """(n, 3) of x, y, lift with so many more points between any two of a stroke, on Catmull and Rom's (1974) curve."""
    before, after = np.roll(points[:, :2], 1, axis=0), np.roll(points[:, :2], -1, axis=0)
    ends = np.append(points[:-1, LIFT] > 0.5, True)
    first = np.append(True, ends[:-1])
    here = points[:, :2]
    slope = np.where(first[:, None], after - here, np.where(ends[:, None], here - before, (after - before) / 2))
    share = np.arange(1, between + 1)[:, None, None] / (between + 1)
    a, b, s, t = here[:-1], here[1:], slope[:-1], slope[1:]
    curve = a + share * (s + share * (3 * (b - a) - 2 * s - t + share * (2 * (a - b) + s + t)))
    rows = [points[:1]]
    for number, end in enumerate(ends[:-1]):
        if not end:
            rows.append(np.column_stack([curve[:, number], np.zeros(between)]))
        rows.append(points[number + 1 : number + 2])
    return np.concatenate(rows)
