"""What a change does to the likelihood of held-out lines, where both ways were trained with one seed or a few.

Three seeds are too few for a bootstrap: their variance is added to that over writers, and the interval is Student's t.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from penlift.common.errors import InputError
from penlift.common.geometry import Floats
from penlift.evaluation.comparison.intervals import Clusters, Names, Part, clusters_of, half_width, resampled


class Scores(NamedTuple):
    """Runs side by side on the same n held-out lines."""

    split: str  # that the lines are of
    nll: pd.DataFrame  # a row a line, a column a run: nats, tablet units
    points: Floats  # (n,) of each line
    units: Clusters
    writers: Names  # (n,) of each line; "" where unknown

    def a_point(self, runs: list[str]) -> Floats:
        """Nats a point of some runs."""
        return np.asarray(self.nll[runs].sum() / self.points.sum(), dtype=np.float64)


class SeedPair(NamedTuple):
    """Two runs that are compared."""

    seed: int  # of both; where they are the only pair, the second may have another
    first: str
    other: str


class Effect(NamedTuple):
    """How much more the others of some pairs score than the first; below 0 they predict better. Nats a point."""

    difference: float  # NaN where there is no pair
    low: float  # NaN where there are too few lines, too
    high: float
    seeds: int
    pairs: int
    drawn: str  # what the interval is over: "writers and seeds", "writers" of one seed; or lines for writers
    worse: int  # of the writers, or lines, those that score more with the others, as a mean over seeds
    units: int  # of them all

    def verdict(self, equal: float, first: str) -> str:
        """What the others are, in words that claim no more than the interval shows.

        `equal`: nats a point that nobody minds. Better and worse are beyond that as measured, and beyond 0 for certain.
        """
        if not self.pairs:
            return "not compared yet"
        if math.isnan(self.low):
            return "on too few lines to tell"
        alone = " with one seed each" if self.seeds == 1 else ""
        if -equal <= self.low and self.high <= equal:
            within = f" within {equal:g}" if equal else ""
            return f"equal to {first}{within}{alone}"
        if abs(self.difference) < equal:
            return f"within {equal:g} of {first}, not for certain"
        if self.low <= 0 <= self.high:
            return "undecided"
        return f"better than {first}{alone}" if self.difference < 0 else f"worse than {first}{alone}"


UNKNOWN = Effect(math.nan, math.nan, math.nan, 0, 0, "", 0, 0)  # of no pair


def side_by_side(tables: Mapping[str, pd.DataFrame]) -> Scores:
    """The lines of runs, by their names, as `runs.Run` has them: of the test split, or of valid where one has none.

    Raises InputError where they are not the same lines, have other points, or a likelihood that is no number.
    """
    split = "test" if all((table["split"] == "test").any() for table in tables.values()) else "valid"
    held_out = {name: table[table["split"] == split].set_index("line") for name, table in tables.items()}
    first = next(iter(held_out))
    lines = held_out[first].sort_index()
    for name, other in held_out.items():
        if lines.empty or set(lines.index) != set(other.index):
            raise InputError(
                f"{first} and {name} hold out different {split} lines ({len(lines)} and {len(other)}); "
                "compare runs on the same ink"
            )
        if (moved := other["points"].loc[lines.index] != lines["points"]).any():
            raise InputError(f"line {moved.idxmax()} has other points in {name} than in {first}; name runs on one ink")
    nll = pd.DataFrame({name: other["nll_tablet"].loc[lines.index].to_numpy() for name, other in held_out.items()})
    if broken := [name for name, nats in nll.items() if not np.isfinite(nats).all()]:
        raise InputError(f"{broken[0]} gives a line no finite likelihood; leave it out, or train it anew")
    points, writers = lines["points"].to_numpy(dtype=np.float64), lines["writer"].to_numpy(dtype=object)
    return Scores(split, nll, points, clusters_of(lines.reset_index()), writers)


def effect(scores: Scores, pairs: list[SeedPair], seed: int) -> Effect:
    """The mean difference over pairs, each seed's own mean first, and its 95 % interval over writers and seeds.

    The squared standard error is the variance over writers of the mean over seeds, by bootstrap, and that between the
    seeds' differences by their number. Noise that is neither a writer's nor a seed's counts in both, which errs on the
    wide side; where writers and three seeds matter alike, such intervals cover a little less, about 93 %.
    """
    if not pairs:
        return UNKNOWN
    by_seed = _by_seed(scores.nll, pairs)
    sums = pd.DataFrame({"more": by_seed.mean(axis=0), "points": scores.points})
    parts, drawn = [_over_units(sums, scores.units, seed)], scores.units.kind
    if len(by_seed) > 1:
        own = by_seed.sum(axis=1) / scores.points.sum()
        parts.append(Part(float(own.var(ddof=1)) / len(own), len(own) - 1))
        drawn += " and seeds"
    difference, reach = float(sums["more"].sum() / sums["points"].sum()), half_width(parts)
    each = sums["more"].groupby(scores.units.names).sum()
    worse, units = int((each > 0).sum()), len(each)
    return Effect(difference, difference - reach, difference + reach, len(by_seed), len(pairs), drawn, worse, units)


def effect_by_writer(scores: Scores, pairs: list[SeedPair]) -> pd.DataFrame:
    """A row a known writer, by name, with columns lines, points and difference: that of `effect`, on their lines alone.

    Where all writers are known, these differences weighed by points make up the effect.
    """
    more = _by_seed(scores.nll, pairs).mean(axis=0) if pairs else math.nan
    known = scores.writers != ""
    lines = pd.DataFrame({"lines": 1, "points": scores.points.astype(int), "more": more})[known]
    sums: pd.DataFrame = lines.groupby(scores.writers[known]).sum(min_count=1)  # NaN, not 0, where there is no pair
    sums["difference"] = sums.pop("more") / sums["points"]
    return sums


def _by_seed(nll: pd.DataFrame, pairs: list[SeedPair]) -> Floats:
    """(seeds, n): how much more each line scores, a mean over the pairs of each seed."""
    more = {pair: (nll[pair.other] - nll[pair.first]).to_numpy(dtype=np.float64) for pair in sorted(pairs)}
    seeds = sorted({pair.seed for pair in pairs})
    return np.stack([np.mean([each for pair, each in more.items() if pair.seed == seed], axis=0) for seed in seeds])


def _over_units(sums: pd.DataFrame, units: Clusters, seed: int) -> Part:
    again, freedom = resampled(sums, units, seed), max(1, len(set(units.names)) - 1)
    variance = float((again["more"] / again["points"]).var())  # those drawn are all there are; NaN where they are few
    return Part(variance * (freedom + 1) / freedom, freedom)
