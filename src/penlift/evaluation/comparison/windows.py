"""Lines of any ink cut into windows of equal length, by which two inks are compared."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from penlift.common.geometry import Floats
from penlift.ink.lines import LIFT, Line

LENGTH = 64  # offsets of a window: two or three letters
UNIT = 20.0  # tablet units; offsets far longer count as their logarithm, or the few pen-up jumps would decide alone


class Cuts(NamedTuple):
    """Windows of many lines and who wrote them."""

    offsets: Floats  # (n, LENGTH, 3): dx, dy as asinh of so many UNITs; lift
    writers: npt.NDArray[np.str_]  # (n,)

    def by(self, writers: Iterable[str]) -> "Cuts":
        """The windows of these writers."""
        chosen = np.isin(self.writers, list(writers))
        return Cuts(self.offsets[chosen], self.writers[chosen])

    def some(self, most: int, rng: np.random.Generator) -> "Cuts":
        """No more than so many windows, drawn without return, in their order."""
        chosen = np.sort(rng.permutation(len(self.writers))[:most])
        return Cuts(self.offsets[chosen], self.writers[chosen])


def windows_of(lines: Iterable[Line]) -> Cuts:
    """All windows of these lines, end to end; what is left at the end of a line is too short and left out."""
    cut = [(windows_of_line(line), line.writer or line.form) for line in lines]
    parts, writers = zip(*cut, strict=True)
    return Cuts(np.concatenate(parts), np.repeat(np.array(writers, dtype=np.str_), [len(part) for part in parts]))


def windows_of_line(line: Line) -> Floats:
    """(n, LENGTH, 3), as `Windows.offsets`; none where the line is shorter."""
    steps = np.arcsinh(np.diff(line.rows[:, :2].astype(np.float64), axis=0) / UNIT)
    rows = np.column_stack([steps, line.rows[1:, LIFT]])
    return rows[: len(rows) // LENGTH * LENGTH].reshape(-1, LENGTH, 3)
