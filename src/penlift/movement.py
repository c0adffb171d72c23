"""How sampled lines move, against how held-out ones do: a distance for each measure, beside what people differ by."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from penlift.curves import Floats
from penlift.ink import Line
from penlift.intervals import halvings
from penlift.kinematics import MOVEMENTS

WAYS = 10  # to halve the lines

Distance = Callable[[Floats, Floats], float]


def compare_movement(
    real: list[Line], dreamt: list[Line], units: npt.NDArray[np.object_], rng: np.random.Generator
) -> pd.DataFrame:
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


def _row(ours: list[Floats], theirs: list[Floats], ways: npt.NDArray[np.bool_]) -> dict[str, float]:
    from scipy.stats import wasserstein_distance

    def mean(distance: Distance, side: list[Floats]) -> float:
        sides = [(_values(side, half), _values(theirs, ~half)) for half in ways]
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
    """The largest difference of two empirical distribution functions; the test that goes with it is not wanted here."""
    everywhere = np.concatenate([one, other])
    reached, too = (np.searchsorted(np.sort(side), everywhere, side="right") / len(side) for side in (one, other))
    return float(np.abs(reached - too).max())


def _values(lines: list[Floats], chosen: npt.NDArray[np.bool_]) -> Floats:
    kept = [values for values, taken in zip(lines, chosen, strict=True) if taken]
    return np.concatenate(kept) if kept else np.zeros(0)
