"""Runs side by side on the same held-out lines: differences line by line.

Their intervals are far narrower than those of the runs alone, because a hard line is hard for all.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from penlift.errors import InputError
from penlift.intervals import interval, resampled, units_of


class Difference(NamedTuple):
    """How much more a run scores than another; below 0 it predicts better. Nats a point, tablet units."""

    value: float
    low: float
    high: float
    lines: int
    better: float  # share of the lines that it predicts better
    drawn: str  # what the interval is a bootstrap over: writers or lines

    @property
    def verdict(self) -> str:
        """In words."""
        if math.isnan(self.low):
            return "too few lines to tell"
        if self.low <= 0 <= self.high:
            return "no difference that so many lines can show"
        return "better" if self.value < 0 else "worse"


def difference(first: pd.DataFrame, second: pd.DataFrame, split: str, seed: int) -> Difference:
    """Of the second run's lines from the first's, both as `runs.Run` has them, in one split.

    Raises InputError where they are not the same lines, or have other points.
    """
    one, other = same_lines(first, second, split, "the runs")
    more = (other["nll_tablet"] - one["nll_tablet"]).to_numpy()
    sums = pd.DataFrame({"more": more, "points": one["points"].to_numpy(dtype=np.float64)})
    units = units_of(one.reset_index())
    again = resampled(sums, units, seed)
    low, high = interval((again["more"] / again["points"]).to_numpy())
    return Difference(more.sum() / sums["points"].sum(), low, high, len(one), float((more < 0).mean()), units.kind)


def same_lines(first: pd.DataFrame, second: pd.DataFrame, split: str, who: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lines of one split, by their names, both tables in the order of the first.

    Raises InputError where they are not the same lines, or have other points; `who` names the runs there.
    """
    one, other = (table[table["split"] == split].set_index("line") for table in (first, second))
    if one.empty or set(one.index) != set(other.index):
        raise InputError(
            f"{who} hold out different {split} lines ({len(one)} and {len(other)}); compare runs on the same ink"
        )
    other = other.loc[one.index]
    if (one["points"] != other["points"]).any():
        line = one.index[(one["points"] != other["points"]).to_numpy()][0]
        raise InputError(f"line {line} has other points in one run than in the other; compare runs on the same ink")
    return one, other


def common_split(tables: list[pd.DataFrame]) -> str:
    """The split that all runs are judged by: test, or valid where one has none."""
    return "test" if all((table["split"] == "test").any() for table in tables) else "valid"
