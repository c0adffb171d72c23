"""What every reader of a source hands on.

A new source is one file beside this one, a row in SOURCES of `io.sources`, and its name in `extraction.ExtractParams`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from penlift.ink.lines import Line
from penlift.io.formats.contract import in_brief


class SetAside(NamedTuple):
    """A file that cannot be used, and why."""

    file: str
    reason: str


class Remark(NamedTuple):
    """Something that whoever uses the lines should know, such as texts that do not fit them."""

    words: str


@dataclass(frozen=True)
class Source:
    """Lines as they come, with empty splits, and the official list of each form where the data has lists."""

    folder: Path
    lines: Iterator[Line | SetAside | Remark]
    lists: dict[str, str]  # form -> trainset, testset_v, testset_t or testset_f; empty where there are no lists
    sought: str  # what was looked for, for the message when nothing is found


def in_short(names: Sequence[str]) -> str:
    """The first few of many names, and how many more there are."""
    return ", ".join(map(in_brief, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
