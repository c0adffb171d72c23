"""A folder of ink is read as it was written, or refused in one line that says what is wrong with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from penlift.common.errors import InputError
from penlift.ink.lines import Ink, load_ink, save_index
from penlift.ink.windows import WindowParams, index_windows, load_windows

Damage = Callable[[Path], object]
Change = Callable[["np.typing.NDArray[np.float32]"], Any]


def points(change: Change) -> Damage:
    def damage(folder: Path) -> None:
        rows = np.load(folder / "points.npy")
        changed = change(rows)
        np.save(folder / "points.npy", rows if changed is None else changed)

    return damage


def at(row: int, column: int, value: float) -> Damage:
    return points(lambda rows: rows.__setitem__((row, column), value))


def cell(column: str, value: Any, line: int = 1) -> Damage:
    def damage(folder: Path) -> None:
        index = load_ink(folder).index.astype({column: object})
        index.loc[line, column] = value
        save_index(folder, index)

    return damage


def text(old: str, new: str) -> Damage:
    return lambda folder: (folder / "index.csv").write_text((folder / "index.csv").read_text().replace(old, new, 1))


def header(old: bytes, new: bytes) -> Damage:
    return lambda folder: (folder / "points.npy").write_bytes((folder / "points.npy").read_bytes().replace(old, new, 1))


BELONG = "index.csv and points.npy do not belong together"
POINT = "points.npy holds a number that is not finite, or a lift other than 0 and 1"
NAMES = "index.csv names a line twice, or a split that is none"
DAMAGED: dict[str, tuple[Damage, str]] = {
    "fewer points than none": (cell("points", -5), BELONG),
    "points of another line": (cell("points", 91), BELONG),
    "a sum that runs over": (cell("points", 2**63 - 1), BELONG),
    "another place": (cell("first", 39), BELONG),
    "an order of its own": (lambda folder: save_index(folder, load_ink(folder).index[::-1]), BELONG),
    "no number": (cell("points", "many"), "invalid literal"),
    "no whole number": (cell("points", 1e400), "invalid value encountered"),
    "other strokes": (cell("strokes", 99), "index.csv has other strokes than points.npy"),
    "a name of two lines": (cell("line", "a01-001u-01", 2), NAMES),
    "a split that is none": (cell("split", "tarin"), NAMES),
    "a time stamp that is none": (cell("start", "noon"), "could not convert string to float: 'noon'"),
    "columns of another name": (text("writer", "hand"), "index.csv has the columns line, form, hand, text,"),
    "a column more": (text("12.5,40", "12.5,40,40"), "Error tokenizing data. C error: Expected 9 fields"),
    "an open quote": (text("a01-002u-01", '"'), "invalid literal for int() with base 10: ''"),
    "a point nowhere": (at(3, 0, np.nan), POINT),
    "a point far away": (at(3, 1, np.inf), POINT),
    "half a lift": (at(3, 2, 0.5), POINT),
    "a time without end": (at(3, 3, -np.inf), POINT),
    "twice the digits": (points(lambda rows: rows.astype(np.float64)), "points.npy holds float64 of shape (296, 4)"),
    "too few columns": (points(lambda rows: rows[:, :2].copy()), "points.npy holds float32 of shape (296, 2)"),
    "one number": (points(lambda _: np.float32(1)), "points.npy holds float32 of shape ()"),
    "half the rows": (points(lambda rows: rows[::2].copy()), BELONG),
    "an absurd size": (header(b"(296, 4)", b"(9**9,4)"), "malformed node or string"),
    "more than there is": (header(b"(296, 4), ", b"(296000, 4),"), "mmap length is greater than file size"),
    "a header without an end": (header(b"'shape': (", b"'shape': [["), "EOF in multi-line statement"),
    "no header": (header(b"NUMPY", b"numpy"), "the magic string is not correct"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_ink_is_refused_in_one_line_that_says_what_is_wrong(small_ink: Ink, tmp_path: Path, name: str) -> None:
    damage, words = DAMAGED[name]
    damage(tmp_path / "ink")

    with pytest.raises(InputError) as raised:
        load_ink(tmp_path / "ink")

    said = str(raised.value)
    assert said.startswith(f"{tmp_path / 'ink'}: not readable (")
    assert words in said
    assert said.endswith("; make it again with `dvc repro`")
    assert said.isprintable()
    assert len(said) < 400 + len(str(tmp_path))


def test_lines_are_read_back_as_they_were_saved_and_so_is_what_their_times_do_not_say(
    small_ink: Ink, tmp_path: Path
) -> None:
    at(3, 3, np.nan)(tmp_path / "ink")

    read = load_ink(tmp_path / "ink")

    pd.testing.assert_frame_equal(read.index, small_ink.index)
    assert np.isnan(read.rows[3, 3])


@pytest.mark.parametrize(
    ("old", "new"), [("0,a01-001u-01,39", "0,a01-001u-01,40"), ("3,a01", "4,a01"), ("0,a01", "-6,a01"),
                     ("line", "name"), ("39", "39,1"), ("39", "1e400")]
)  # fmt: skip
def test_windows_of_other_lines_than_those_of_the_offsets_are_refused(
    small_ink: Ink, tmp_path: Path, old: str, new: str
) -> None:
    index, _ = index_windows(small_ink, WindowParams(length=15, shortest=30, rarest=1, joined=0.0))
    index.to_csv(tmp_path / "index.csv", index=False)
    assert load_windows(tmp_path, small_ink, 15).targets == 39 + 89 + 60
    text(old, new)(tmp_path)

    with pytest.raises(InputError, match=r"index.csv: not readable \(.*\); make it again") as raised:
        load_windows(tmp_path, small_ink, 15)

    assert str(raised.value).isprintable()
