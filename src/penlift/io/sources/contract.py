"""What every reader of a source hands on.

A new source is one file beside this one, a row in SOURCES of `io.sources`, and its name in `extraction.ExtractParams`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from penlift.ink.lines import Line


class SetAside(NamedTuple):
    """A file that cannot be used, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Source:
    """Lines as they come, and the official list of each form where the data has lists."""

    folder: Path
    lines: Iterator[Line | SetAside | str]  # with empty splits; a text is a remark, for whoever uses the lines
    lists: dict[str, str]  # form -> trainset, testset_v, testset_t or testset_f; empty where there are no lists
    sought: str  # what was looked for, for the message when nothing is found
