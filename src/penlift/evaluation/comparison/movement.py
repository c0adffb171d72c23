"""How pens move in two inks: percentiles of each measure, and distances beside what people differ by."""

from collections.abc import Callable, Iterable
from itertools import compress

import numpy as np
import pandas as pd

from penlift.common.geometry import Floats
from penlift.evaluation.comparison.intervals import Names, Sides, halvings
from penlift.evaluation.comparison.kinematics import MEASURES, MOVEMENTS, NOTHING, Measures
from penlift.ink.lines import Line

WAYS = 10  # to halve the lines


def compare_movement(real: list[Line], dreamt: list[Line], units: Names, rng: np.random.Generator) -> pd.DataFrame:
    """A row a measure: medians of both, and their distances beside those of real lines from other real ones.

    The real lines are halved by their writers, or by whatever `units` names, so many ways. The dreamt counterparts of
    one half stand against the other half, and so does, as the floor, that half itself: the same number of lines, of the
    same lengths. Distances are means over the ways: Wasserstein-1 in the measure's unit, Kolmogorov-Smirnov from 0 to
    1. A measure that real lines have no value of is left out; where only dreamt ones have none, as of jumps
    where the pen never lifts, they are as far as can be: 1.
    """
    ways = halvings(units, WAYS, rng)
    rows = {}
    for name, measure in MOVEMENTS.items():
        ours, theirs = ([measure(line) for line in lines] for lines in (dreamt, real))
        if any(map(len, theirs)):
            rows[name] = _row(ours, theirs, ways)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("measure")


def _row(ours: list[Floats], theirs: list[Floats], ways: Sides) -> dict[str, float]:
    from scipy.stats import wasserstein_distance

    def mean(distance: Callable[[Floats, Floats], float], side: list[Floats]) -> float:
        pairs = [(compress(side, half), compress(theirs, ~half)) for half in ways]
        sides = [[np.concatenate([NOTHING, *lines]) for lines in pair] for pair in pairs]
        found = [distance(one, other) for one, other in sides if len(one) and len(other)]
        return float(np.mean(found)) if found else float("nan")

    return {
        "real_median": float(np.median(np.concatenate(theirs))),
        "dreamt_median": float(np.median(values)) if len(values := np.concatenate(ours)) else float("nan"),
        "wasserstein": mean(wasserstein_distance, ours),
        "wasserstein_floor": mean(wasserstein_distance, theirs),
        "ks": mean(kolmogorov_smirnov, ours) if any(map(len, ours)) else 1.0,
        "ks_floor": mean(kolmogorov_smirnov, theirs),
    }


def kolmogorov_smirnov(one: Floats, other: Floats) -> float:
    """The largest difference of two empirical distribution functions.

    The test that goes with it is not wanted here: scipy's divides by zero where there is but one value each.
    """
    everywhere = np.concatenate([one, other])
    reached, too = (np.searchsorted(np.sort(side), everywhere, side="right") / len(side) for side in (one, other))
    return float(np.abs(reached - too).max())


PERCENTILES = (5, 25, 50, 75, 95, 99)
OFF = "median off by %"


def measured(ink: Iterable[Line], measures: Measures = MEASURES) -> dict[str, Floats]:
    """All values of each measure, in its order, over the lines of an ink."""
    values: dict[str, list[Floats]] = {name: [] for name in measures}
    for line in ink:
        for name, measure in measures.items():
            values[name].append(measure(line))
    return {name: np.concatenate(parts) for name, parts in values.items()}


def percentiles(values: dict[str, Floats]) -> pd.DataFrame:
    """A row a measure, a column a percentile; a measure without values, as of ink without texts, has no row."""
    rows = {name: np.percentile(found, PERCENTILES) for name, found in values.items() if len(found)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=[f"p{number}" for number in PERCENTILES])


def compared(first: dict[str, Floats], second: dict[str, Floats]) -> pd.DataFrame:
    """The percentiles of both, a pair of columns each, and by how much per cent the first median is off the second."""
    tables = [percentiles(values).add_suffix(f" {side}") for values, side in ((first, "first"), (second, "second"))]
    both = pd.concat(tables, axis=1, join="inner")
    off = both["p50 first"] - both["p50 second"]
    size = both["p50 second"].abs()
    columns = [column for pair in zip(*tables, strict=True) for column in pair]
    return both[columns].assign(**{OFF: 100 * off / size.where(size > 0)})
