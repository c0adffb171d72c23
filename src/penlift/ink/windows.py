"""Windows of lines: which stretch is trained on and when, and held-out lines whole, each a window of its own length."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from penlift.common.errors import InputError
from penlift.common.files import made_by_stage
from penlift.common.params import Params
from penlift.ink.lines import Ink, Rows

BUDGET = 16_384  # targets of a batch, padding included: bounds the memory whatever the corpus


class WindowParams(Params):
    """Section `window` of params.yaml."""

    length: int = Field(ge=2, le=10_000, description="targets of a window")
    shortest: int = Field(ge=1, description="targets; shorter lines are left out")


class Batch(NamedTuple):
    """Windows side by side, padded with zeros behind their ends."""

    inputs: Rows  # (B, T, 3): dx, dy, lift, normalised
    targets: Rows  # (B, T, 3): the row after each input
    mask: npt.NDArray[np.bool_]  # (B, T): whether there is a target


class Coverage(NamedTuple):
    """What the windows reach."""

    lines: int  # of the training split that are drawn from
    targets: int  # in them
    left_out: list[str]  # names of the lines that are too short
    most_to_least: float | None  # ratio of draws, inside lines longer than two windows; None where there is none


def index_windows(ink: Ink, params: WindowParams) -> tuple[pd.DataFrame, Coverage]:
    """The training lines that windows are drawn from, and what these windows cover."""
    lines = _training_lines(ink)
    long_enough = lines["targets"] >= params.shortest
    if not long_enough.any():
        raise InputError(f"window.shortest is {params.shortest}, and no training line has as many targets; lower it")
    index, left_out = lines[long_enough].reset_index(drop=True), lines.loc[~long_enough, "line"].tolist()
    ratio = most_to_least(index["targets"].to_numpy(), params.length)
    return index, Coverage(len(index), int(index["targets"].sum()), left_out, ratio)


def _training_lines(ink: Ink) -> pd.DataFrame:
    numbers = ink.of_split("train")
    entries = ink.index.iloc[numbers]
    return pd.DataFrame({"number": numbers, "line": entries["line"], "targets": entries["points"] - 1})


def load_windows(folder: Path, ink: Ink, length: int) -> "Windows":
    """The windows of some ink, of the lines that stage window found long enough."""
    types: Any = {"number": np.int64, "line": str, "targets": np.int64}
    with made_by_stage(folder / "index.csv"):
        index, lines = pd.read_csv(folder / "index.csv", keep_default_na=False, dtype=types), _training_lines(ink)
        known = lines[lines["number"].isin(index["number"])].reset_index(drop=True)
        if index.empty or not index.equals(known):
            raise ValueError("it has lines that are not those of the offsets")
    return Windows(ink, index, length)


def start_range(targets: int, length: int) -> tuple[int, int]:
    """The lowest and highest start drawn for a line with so many targets.

    Starts hang over both ends by a window less one, and are then pushed back into the line, so that the first and last
    targets are drawn about as often as those between. A line shorter than a window has the one start 0.
    """
    room = targets - length
    return (1 - length, room + length - 1) if room > 0 else (0, 0)


def most_to_least(targets: npt.NDArray[Any], length: int) -> float | None:
    """How many times more often the most than the least drawn target of a line is drawn, at worst.

    Counted over every start of every line longer than two windows, each start being as likely as the next.
    """
    worst = None
    for count in np.unique(targets[targets > 2 * length]):
        first, last = start_range(int(count), length)
        starts = np.clip(np.arange(first, last + 1), 0, count - length)
        changes = np.bincount(starts, minlength=count + 1) - np.bincount(starts + length, minlength=count + 1)
        draws = changes.cumsum()[:count]
        worst = max(worst or 0.0, float(draws.max() / draws.min()))
    return worst


class Windows:
    """All windows of the training split. Which one stands where depends on seed, step, row and length alone."""

    def __init__(self, ink: Ink, index: pd.DataFrame, length: int) -> None:
        """`length`: targets of the longest windows."""
        self.ink = ink
        self.length = length
        self.targets = int(index["targets"].sum())
        self._number, self._line_targets = index["number"].to_numpy(), index["targets"].to_numpy()
        self._reach = np.cumsum(self._line_targets)

    def place(self, seed: int, step: int, row: int, length: int) -> tuple[int, int]:
        """The line, as its number in the ink, and the start of the window in this row of this step.

        Lines are drawn in proportion to their targets.
        """
        draw = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, row, step]))
        chosen = int(np.searchsorted(self._reach, draw.integers(self.targets), side="right"))
        targets = int(self._line_targets[chosen])
        start = int(draw.integers(*start_range(targets, length), endpoint=True))
        return int(self._number[chosen]), min(max(start, 0), max(targets - length, 0))

    def batch(self, seed: int, step: int, rows: int, length: int) -> Batch:
        """The `rows` windows of a step, of so many targets."""
        places = (self.place(seed, step, row, length) for row in range(rows))
        return stack([self.ink.rows_of(line)[start : start + length + 1] for line, start in places], length)


def stack(stretches: list[Rows], length: int) -> Batch:
    """Stretches of rows, each at most `length` + 1 long, as one batch."""
    inputs = np.zeros((len(stretches), length, 3), dtype=np.float32)
    targets = np.zeros_like(inputs)
    mask = np.zeros(inputs.shape[:2], dtype=np.bool_)
    for row, stretch in enumerate(stretches):
        count = len(stretch) - 1
        inputs[row, :count], targets[row, :count], mask[row, :count] = stretch[:-1, :3], stretch[1:, :3], True
    return Batch(inputs, targets, mask)


class WholeLines(NamedTuple):
    """A batch of lines, and which ones they are."""

    numbers: list[int]  # of the ink
    batch: Batch


def whole_lines(ink: Ink, numbers: list[int]) -> Iterator[WholeLines]:
    """All of these lines, those of like length together, so that there is little padding."""
    targets = ink.index["points"].to_numpy() - 1
    waiting = sorted(numbers, key=lambda number: (-targets[number], number))
    while waiting:
        longest = int(targets[waiting[0]])
        count = max(1, BUDGET // longest)
        together, waiting = waiting[:count], waiting[count:]
        yield WholeLines(together, stack([ink.rows_of(number) for number in together], longest))
