"""What a person sees in a terminal: a bar, or a plain line every ten seconds; and tables."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from penlift.common.errors import printable

Item = TypeVar("Item")
INTERVAL = 10.0  # s between plain lines


class Meter:
    """Counts `total` pieces of work and shows how far it is, on standard error."""

    def __init__(self, label: str, total: int, done: int = 0, counted: str = "points") -> None:
        """`done`: pieces that were done before, in no time of this meter's; `counted`: what their speed is told in."""
        self.label, self.total, self.done, self.points, self.note = label, total, done, 0, ""
        self._counted = counted
        self._before = done
        self.began, self.printed = time.monotonic(), 0.0
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        bar = Progress(*columns, TextColumn("{task.fields[note]}", markup=False), console=Console(stderr=True))
        self._bar = bar if sys.stderr.isatty() else None
        self._task = bar.add_task(label, total=total, completed=done, note="")

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *failure: object) -> None:
        if self._bar:
            self._bar.stop()
        elif not any(failure):
            self._print(f"done in {time.monotonic() - self.began:.0f} s")

    def advance(self, note: str = "", count: int = 1, points: int = 0) -> None:
        """So many more pieces are done, of so many points in all; `note` stands beside them until the next call."""
        self.done, self.points = self.done + count, self.points + points
        elapsed = time.monotonic() - self.began
        rate = f"{self.points / elapsed:,.0f} {self._counted}/s" if self.points else ""
        self.note = ", ".join(part for part in (note, rate) if part)
        if self._bar:
            self._bar.update(self._task, completed=self.done, note=self.note)
        elif elapsed - self.printed >= INTERVAL:
            self._print(f"{elapsed / (self.done - self._before) * (self.total - self.done):.0f} s left")

    def say(self, text: str) -> None:
        """Print a line that stays."""
        if self._bar:
            self._bar.console.print(text, highlight=False, markup=False)
        else:
            print(text, file=sys.stderr, flush=True)

    def _print(self, text: str) -> None:
        self.printed = time.monotonic() - self.began
        parts = [f"{self.label} {self.done}/{self.total}", self.note, text]
        print(", ".join(part for part in parts if part), file=sys.stderr, flush=True)


def shown(items: Iterable[Item], label: str, total: int) -> Iterator[Item]:
    """Pass items through, counted on a meter."""
    with Meter(label, total) as meter:
        for item in items:
            yield item
            meter.advance()


def in_columns(rows: Iterable[Sequence[str]]) -> str:
    """Rows of as many cells each, the cells of a column below each other."""
    cells = [[*map(printable, row)] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)
    return "\n".join(line.rstrip() for line in lines)
