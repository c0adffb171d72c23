"""Held-out lines, scored whole: each line is a window of its own length."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from penlift.ink import Ink
from penlift.windows import Batch, stack

BUDGET = 16_384  # targets of a batch, padding included: bounds the memory whatever the corpus


class WholeLines(NamedTuple):
    """A batch of lines, and which ones they are."""

    numbers: list[int]  # of the ink
    batch: Batch


def whole_lines(ink: Ink, numbers: list[int]) -> Iterator[WholeLines]:
    """All of these lines, those of like length together, so that there is little padding."""
    targets = ink.index["points"].to_numpy() - 1
    together: list[int] = []
    for number in sorted(numbers, key=lambda number: (-targets[number], number)):
        if together and (len(together) + 1) * targets[together[0]] > BUDGET:
            yield _side_by_side(ink, together)
            together = []
        together.append(number)
    if together:
        yield _side_by_side(ink, together)


def _side_by_side(ink: Ink, numbers: list[int]) -> WholeLines:
    stretches = [np.asarray(ink.rows_of(number)) for number in numbers]
    return WholeLines(numbers, stack(stretches, len(stretches[0]) - 1))
