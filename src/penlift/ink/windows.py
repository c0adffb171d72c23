"""Windows of lines: which stretch is trained on and when, and held-out lines whole, each a window of its own length."""

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from penlift.common.errors import InputError
from penlift.common.files import made_by_stage
from penlift.common.params import Params
from penlift.ink.alphabet import NOTHING, Alphabet, Codes, side_by_side
from penlift.ink.lines import Ink, Rows, hands_in
from penlift.ink.offsets import closed, joined
from penlift.ink.scales import Scales

BUCKET = 16  # batches whose lines are sorted by length together
BUDGET = 16_384  # targets of a batch, padding included: bounds the memory whatever the corpus


class WindowParams(Params):
    """Section `window` of params.yaml."""

    length: int = Field(ge=2, le=10_000, description="targets of a window")
    shortest: int = Field(ge=1, description="targets; shorter lines are left out")
    rarest: int = Field(ge=1, description="times that a sign stands in texts; rarer ones share a number")
    joined: float = Field(ge=0, le=1, description="share of lines, 0 to 1, that another is joined to, for texts")


class Batch(NamedTuple):
    """Windows side by side, padded with zeros behind their ends."""

    inputs: Rows  # (B, T, 3): dx, dy, lift, normalised
    targets: Rows  # (B, T, 3): the row after each input
    mask: npt.NDArray[np.bool_]  # (B, T): whether there is a target
    text: Codes  # (B, U): the numbers of each line's signs; U is 0 for a network that reads none

    @property
    def size(self) -> int:
        """How many targets there are."""
        return int(self.mask.sum())


class Coverage(NamedTuple):
    """What the windows reach."""

    lines: int  # of the training split that are drawn from
    targets: int  # in them
    left_out: list[str]  # names of the lines that are too short
    most_to_least: float | None  # ratio of draws, inside lines longer than two windows; None where there is none


def index_windows(ink: Ink, params: WindowParams, unfit: Collection[str] = ()) -> tuple[pd.DataFrame, Coverage]:
    """The training lines that windows are drawn from, none of them `unfit`, and what these windows cover."""
    lines = _training_lines(ink)
    lines = lines[~lines["line"].isin(unfit)]
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
    return Windows(ink, load_index(folder, ink), length)


def load_index(folder: Path, ink: Ink) -> pd.DataFrame:
    """The lines that stage window found fit to learn from."""
    types: Any = {"number": np.int64, "line": str, "targets": np.int64}
    with made_by_stage(folder / "index.csv"):
        index, lines = pd.read_csv(folder / "index.csv", keep_default_na=False, dtype=types), _training_lines(ink)
        known = lines[lines["number"].isin(index["number"])].reset_index(drop=True)
        if index.empty or not index.equals(known):
            raise ValueError("it has lines that are not those of the offsets")
    return index


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

    lines = None  # no epoch shows each line once

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


class TextLines:
    """All lines of the training split, whole, each beside its text: windows for a network that reads.

    An epoch shows each line once, lines of about the same length side by side; a share of them goes on with another of
    the same writer, as one line, so that a hand can be gone on with. Which these are depends on seed, step and rows
    alone.
    """

    def __init__(self, ink: Ink, index: pd.DataFrame, alphabet: Alphabet, scales: Scales, joined: float) -> None:
        """`joined`: the share of lines that another is joined to."""
        self.ink, self.alphabet, self.scales, self.joined = ink, alphabet, scales, joined
        self.lines, self.length = len(index), int(index["targets"].max())
        self._number, self._line_targets = index["number"].to_numpy(), index["targets"].to_numpy()
        self.targets = int(index["targets"].sum() * (1 + joined)) + self.lines  # of an epoch, but for chance
        entries = ink.index.iloc[self._number]
        self._texts = entries["text"].tolist()
        names = hands_in(entries).to_numpy()
        by_hand = pd.Series(names).groupby(names).indices
        self._hands = [by_hand[name] for name in names]  # the rows of each line's writer, or form
        self._of_epoch = lru_cache(maxsize=1)(self._batches)

    def batch(self, seed: int, step: int, rows: int, _length: int) -> Batch:
        """The lines of a step, `rows` or, at an epoch's end, fewer."""
        epoch, place = divmod(step, -(-self.lines // rows))
        lines = [self._line(int(row), int(other)) for row, other in self._of_epoch(seed, epoch, rows)[place]]
        texts = side_by_side([self.alphabet.codes(text) for _, text in lines])
        return stack([points for points, _ in lines], max(len(points) for points, _ in lines) - 1, texts)

    def _batches(self, seed: int, epoch: int, rows: int) -> list[npt.NDArray[np.int64]]:
        """Of an epoch: (rows, 2) of lines and what is joined to each; in a random order, a few batches sorted."""
        draw = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, 0, epoch]))
        order = draw.permutation(self.lines)
        more = draw.random(self.lines) < self.joined
        others = np.array([draw.choice(self._hands[row]) if more[row] else NOTHING for row in range(self.lines)])
        lengths = self._line_targets + np.where(more, self._line_targets[others] + 1, 0)
        return [np.column_stack([batch, others[batch]]) for batch in _bucketed(order, lengths, rows, draw)]

    def _line(self, row: int, other: int) -> tuple[Rows, str]:
        """A line, and another behind it, if there is one, as they lie in the ink, then the end; and their text."""
        points, text = self.ink.rows_of(self._number[row]), self._texts[row]
        if other != NOTHING:
            points = joined(points, self.ink.rows_of(self._number[other]), len(text), self.scales)
            text = f"{text} {self._texts[other]}"
        return closed(points, self.scales), text


def of_like_length(lengths: npt.NDArray[np.int64], rows: int, draw: np.random.Generator) -> list[npt.NDArray[np.int64]]:
    """All lines of such lengths, by number, in batches of `rows`, in a random order."""
    return _bucketed(draw.permutation(len(lengths)), lengths, rows, draw)


def _bucketed(
    order: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], rows: int, draw: np.random.Generator
) -> list[npt.NDArray[np.int64]]:
    """Lines in this order, a few batches of them sorted by length; then the batches in a random order."""
    bucket = rows * BUCKET
    buckets = (order[first : first + bucket] for first in range(0, len(order), bucket))
    by_length = np.concatenate([each[np.argsort(lengths[each], kind="stable")] for each in buckets])
    batches = [by_length[first : first + rows] for first in range(0, len(by_length), rows)]
    return [batches[place] for place in draw.permutation(len(batches))]


def stack(stretches: list[Rows], length: int, text: Codes | None = None) -> Batch:
    """Stretches of rows, each at most `length` + 1 long, as one batch."""
    inputs = np.zeros((len(stretches), length, 3), dtype=np.float32)
    targets = np.zeros_like(inputs)
    mask = np.zeros(inputs.shape[:2], dtype=np.bool_)
    for row, stretch in enumerate(stretches):
        count = len(stretch) - 1
        inputs[row, :count], targets[row, :count], mask[row, :count] = stretch[:-1, :3], stretch[1:, :3], True
    return Batch(inputs, targets, mask, np.zeros((len(stretches), 0), np.int64) if text is None else text)


class WholeLines(NamedTuple):
    """A batch of lines, and which ones they are."""

    numbers: list[int]  # of the ink
    batch: Batch


def whole_lines(
    ink: Ink, numbers: list[int], alphabet: Alphabet | None = None, said: Mapping[int, str] | None = None
) -> Iterator[WholeLines]:
    """All of these lines, those of like length together, so that there is little padding; with texts, if wanted.

    `said` has the text of each, in the place of its own.
    """
    texts_of: Any = said or ink.index["text"]
    targets = ink.index["points"].to_numpy() - 1
    waiting = sorted(numbers, key=lambda number: (-targets[number], number))
    while waiting:
        longest = int(targets[waiting[0]])
        count = max(1, BUDGET // longest)
        together, waiting = waiting[:count], waiting[count:]
        texts = side_by_side([alphabet.codes(texts_of[number]) for number in together]) if alphabet else None
        yield WholeLines(together, stack([ink.rows_of(number) for number in together], longest, texts))
