"""Confidence intervals by the bootstrap: whole writers, or whole lines, drawn anew with return.

Efron and Tibshirani, An Introduction to the Bootstrap (1993), percentile intervals. Points of a line, and lines of a
writer, resemble each other: drawing points would make intervals far too narrow. Where a variance has several parts,
each estimated from few, Student's interval by Welch (1947) and Satterthwaite (1946).
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Names = npt.NDArray[np.object_]
Sides = npt.NDArray[np.bool_]
RESAMPLES = 1000
ENOUGH_WRITERS = 10  # below, lines are drawn instead, and the intervals say less of new writers
COVERED = 95  # per cent
INTERVAL = [(100 - COVERED) / 200, (100 + COVERED) / 200]  # quantiles of resampled figures: its ends
FEWEST = 5  # units that say anything of how much others would differ


class Clusters(NamedTuple):
    """What is drawn anew."""

    kind: str  # "writers" or "lines"
    names: Names  # of each line's unit


def clusters_of(lines: pd.DataFrame) -> Clusters:
    """Writers where there are ten or more and all are known, else lines; `lines` has columns line and writer."""
    writers = lines["writer"]
    kind = "writers" if (writers != "").all() and writers.nunique() >= ENOUGH_WRITERS else "lines"
    return Clusters(kind, lines["writer" if kind == "writers" else "line"].to_numpy(dtype=object))


def resampled(sums: pd.DataFrame, units: Clusters, seed: int) -> pd.DataFrame:
    """Sums over all lines, a row for each time that units were drawn anew; `sums` has a row a line.

    No row where there are too few units.
    """
    per_unit = sums.groupby(units.names, sort=True).sum()
    count = len(per_unit)
    if count < FEWEST:
        return per_unit.iloc[:0].astype(np.float64)
    times = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), RESAMPLES)
    return pd.DataFrame(times @ per_unit.to_numpy(dtype=np.float64), columns=per_unit.columns)


def halvings(names: Names, ways: int, rng: np.random.Generator) -> Sides:
    """(ways, n): which of n lines are in the first half, no unit in both; `names` as `Clusters` has them."""
    each = np.unique(names)
    return np.stack([np.isin(names, rng.permutation(each)[: len(each) // 2]) for _ in range(ways)])


class Part(NamedTuple):
    """A part of the squared standard error, as it was estimated."""

    variance: float  # NaN where there was too little to estimate it from
    freedom: int  # degrees of it, 1 or more


def half_width(parts: list[Part]) -> float:
    """Half of a 95 % interval; Welch (1947) and Satterthwaite (1946)."""
    from scipy.stats import t as student

    whole = sum(part.variance for part in parts)
    if whole == 0:
        return 0.0
    freedom = 1 / sum((part.variance / whole) ** 2 / part.freedom for part in parts)
    return float(student.ppf(0.5 + COVERED / 200, freedom) * math.sqrt(whole))
