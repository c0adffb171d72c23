"""Student's interval round a figure whose variance has several parts, each estimated from few."""

import math
from typing import NamedTuple

from penlift.intervals import COVERED


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
