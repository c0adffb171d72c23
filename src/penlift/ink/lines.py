"""Lines of ink: a record each, on disk the rows of all end to end, memory-mapped, beside an index table."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from penlift.common.errors import InputError
from penlift.common.files import made_by_stage
from penlift.common.geometry import Array

Rows = npt.NDArray[np.float32]
INDEX = ["line", "form", "writer", "text", "split", "start", "first", "points", "strokes"]
SPLITS = ("train", "valid", "test")
LIFT = 2  # the column of a row that says whether the pen leaves the paper after this point
TIME = 3  # the last column, of pen positions only: s since the first
Item = TypeVar("Item")
TRUE_SCALE = "data-tablet-units"  # of the root: tablet units a picture unit, so that a line is read back as it was


@dataclass(frozen=True)
class Line:
    """One written line. Unknown text or writer is the empty string, as is a split that is not yet chosen."""

    name: str  # unique among all lines
    form: str  # the sheet of paper that it stands on
    writer: str
    text: str
    split: str  # train, valid, test, or none: used by nobody
    start: float  # s, time stamp of the first point; NaN where it is unknown
    rows: Rows  # (n, 4): x, y in tablet units, y downwards; lift, 1 at the last point of a stroke; s since start


def hands_in(index: pd.DataFrame) -> "pd.Series[str]":
    """Whose hand each line of an index is in: its writer's name or, where that is unknown, its form's."""
    return index["writer"].where(index["writer"] != "", index["form"])


class Ink:
    """All lines of a folder, read as they are asked for."""

    def __init__(self, rows: Rows, index: pd.DataFrame) -> None:
        self.rows = rows
        self.index = index
        self._first = index["first"].to_numpy()
        self._points = index["points"].to_numpy()

    def __len__(self) -> int:
        return len(self.index)

    def __iter__(self) -> Iterator[Line]:
        return (self.line(number) for number in range(len(self)))

    def line(self, number: int) -> Line:
        """The line in row `number` of the index."""
        name, form, writer, text, split, start = self.index.iloc[number][INDEX[:6]]
        return Line(name, form, writer, text, split, float(start), self.rows_of(number))

    def rows_of(self, number: int) -> Rows:
        """The rows of line `number`, a view on the file."""
        first = int(self._first[number])
        return self.rows[first : first + int(self._points[number])]

    def of_split(self, split: str, *, with_text: bool = False) -> list[int]:
        """The numbers of the lines of a split, in order; of those alone that have a text, if wanted."""
        those = (self.index["split"] == split) & ((self.index["text"] != "") | (not with_text))
        return [int(number) for number in np.flatnonzero(those)]


def load_ink(folder: Path) -> Ink:
    """Open a folder of lines; its rows stay on disk."""
    if missing := [name for name in ("points.npy", "index.csv") if not (folder / name).is_file()]:
        raise InputError(f"{folder}: no ink ({missing[0]} is missing); make it with `dvc repro`")
    with made_by_stage(folder):
        rows = np.lib.format.open_memmap(folder / "points.npy", mode="r")
        types: Any = dict.fromkeys(INDEX[:5], str) | dict.fromkeys(INDEX[6:], np.int64)
        index = pd.read_csv(folder / "index.csv", keep_default_na=False, dtype=types, converters={"start": float})
        _check(rows, index)
    return Ink(rows, index)


def _check(rows: Rows, index: pd.DataFrame) -> None:
    """Raises ValueError where rows and index are not what `save_ink` and `save_index` write."""
    if rows.dtype != np.float32 or rows.shape[1:] not in ((LIFT + 1,), (TIME + 1,)):
        raise ValueError(f"points.npy holds {rows.dtype} of shape {rows.shape}")
    if list(index.columns) != INDEX or not isinstance(index.index, pd.RangeIndex):
        raise ValueError(f"index.csv has the columns {', '.join(map(str, index.columns))}, not {', '.join(INDEX)}")
    first, points, ends = index["first"], index["points"], index["points"].cumsum()
    if not points.between(2, len(rows)).all() or ends.max() != len(rows) or (first != ends - points).any():
        raise ValueError("index.csv and points.npy do not belong together")
    lifts = rows[:, LIFT]
    if np.isinf(rows).any() or np.isnan(rows[:, : LIFT + 1]).any() or not ((lifts == 0) | (lifts == 1)).all():
        raise ValueError("points.npy holds a number that is not finite, or a lift other than 0 and 1")
    if (np.add.reduceat(lifts, first, dtype=np.int64) != index["strokes"]).any():
        raise ValueError("index.csv has other strokes than points.npy")
    if not index["line"].is_unique or not index["split"].isin([*SPLITS, "none"]).all():
        raise ValueError("index.csv names a line twice, or a split that is none")


def load_points(folder: Path) -> Ink:
    """Open a folder of pen positions; what is made from them has the same shape, and one column less."""
    ink = load_ink(folder)
    if ink.rows.shape[1:] != (TIME + 1,):
        raise InputError(f"{folder}: offsets, not ink; give the ink that they were made from, as data/ink is")
    return ink


def save_ink(folder: Path, lines: Iterable[Line]) -> pd.DataFrame:
    """Write lines, in any order, into an existing folder; there they are sorted by name, as in the index returned.

    Holds one line at a time: rows are spooled as they come, then read back in order.
    """
    spool, entries, columns = folder / ".spool", [], 0
    with spool.open("wb") as file:
        written = 0
        for line in lines:
            rows = np.ascontiguousarray(line.rows, dtype=np.float32)
            rows.tofile(file)
            strokes = int(rows[:, LIFT].sum())
            entries.append(
                (line.name, line.form, line.writer, line.text, line.split, line.start, written, len(rows), strokes)
            )
            written, columns = written + len(rows), rows.shape[1]
    if not entries:
        raise InputError(f"{folder.parent}: no line to write")
    spooled = np.memmap(spool, dtype=np.float32, mode="r", shape=(written, columns))
    index = pd.DataFrame(entries, columns=INDEX).sort_values("line", ignore_index=True)
    twins = index.loc[index["line"].duplicated(), "line"]
    if len(twins):
        raise InputError(f"two lines are named {twins.iloc[0]!r}; names must be unique, so rename or remove one")
    _save_in_order(folder / "points.npy", spooled, index)
    index["first"] = index["points"].cumsum() - index["points"]
    save_index(folder, index)
    del spooled
    spool.unlink()
    return index


def save_index(folder: Path, index: pd.DataFrame) -> None:
    """Write the index of a folder of lines, which is read back as it was."""
    index.to_csv(folder / "index.csv", index=False, lineterminator="\n", na_rep="nan")


def _save_in_order(path: Path, spooled: Rows, index: pd.DataFrame) -> None:
    header = {"descr": "<f4", "fortran_order": False, "shape": spooled.shape}
    with path.open("wb") as file:  # not a memory map: writing to one on a full disk kills the process
        np.lib.format.write_array_header_1_0(file, header)
        for first, points in zip(index["first"], index["points"], strict=True):
            file.write(spooled[first : first + points].tobytes())


def evenly(items: Sequence[Item], most: int) -> list[Item]:
    """No more than so many of these, in order."""
    if len(items) <= most:
        return list(items)
    return [items[place] for place in np.linspace(0, len(items) - 1, most).round().astype(int)]


class Stroke(NamedTuple):
    """Points between two lifts."""

    first: int  # of the line's points
    path: Array  # (n, 2)


def strokes_of(points: Array) -> Iterator[Stroke]:
    """Cut a line, (n, 3) of x, y, lift, behind each lifted point; the rest behind the last lift is a stroke too."""
    ends = np.flatnonzero(points[:, LIFT] > 0.5) + 1
    bounds = np.unique(np.concatenate([[0], ends, [len(points)]]))
    for first, last in itertools.pairwise(bounds):
        yield Stroke(int(first), points[first:last, :2])
