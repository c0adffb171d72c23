"""What a change does to held-out lines, where both ways were trained with one seed or a few.

Lines are judged by what less of is better: their likelihood in nats a point, or the letters of them that are read
wrongly. Either is a sum over lines by another: nats by points, edits by letters.

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
    costs: pd.DataFrame  # a row a line, a column a run: nats in tablet units, or edits
    sizes: Floats  # (n,) of each line: points, or letters
    units: Clusters
    writers: Names  # (n,) of each line; "" where unknown

    def means(self, runs: list[str]) -> Floats:
        """Nats a point, or edits a letter, of some runs."""
        return np.asarray(self.costs[runs].sum() / self.sizes.sum(), dtype=np.float64)


class SeedPair(NamedTuple):
    """Two runs that are compared."""

    seed: int  # of both; where they are the only pair, the second may have another
    first: str
    other: str


class Effect(NamedTuple):
    """How much more the others of some pairs cost than the first, as `Scores.means` has it; below 0 they are better."""

    difference: float  # NaN where there is no pair
    low: float  # NaN where there are too few lines, too
    high: float
    seeds: int
    pairs: int
    drawn: str  # what the interval is over: "writers and seeds", "writers" of one seed; or lines for writers
    worse: int  # of the writers, or lines, those that cost more with the others, as a mean over seeds
    units: int  # of them all

    def verdict(self, equal: float, first: str) -> str:
        """What the others are, in words that claim no more than the interval shows.

        `equal`: what nobody minds. Better and worse are beyond that as measured, and beyond 0 for certain.
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


def side_by_side(tables: Mapping[str, pd.DataFrame], cost: str = "nll_tablet", size: str = "points") -> Scores:
    """The lines of runs, by their names: of the test split, or of valid where one has none.

    Tables have columns line, writer, split, and those that say what a line costs and how large it is. Raises InputError
    where they are not the same lines, have another size, or cost what is no number.
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
        if (moved := other[size].loc[lines.index] != lines[size]).any():
            raise InputError(f"line {moved.idxmax()} has other {size} in {name} than in {first}; name runs on one ink")
    costs = pd.DataFrame({name: other[cost].loc[lines.index].to_numpy() for name, other in held_out.items()})
    if broken := [name for name, each in costs.items() if not np.isfinite(each).all()]:
        raise InputError(f"{broken[0]} gives a line no finite likelihood; leave it out, or train it anew")
    sizes, writers = lines[size].to_numpy(dtype=np.float64), lines["writer"].to_numpy(dtype=object)
    return Scores(split, costs, sizes, clusters_of(lines.reset_index()), writers)


def effect(scores: Scores, pairs: list[SeedPair], seed: int) -> Effect:
    """The mean difference over pairs, each seed's own mean first, and its 95 % interval over writers and seeds.

    The squared standard error is the variance over writers of the mean over seeds, by bootstrap, and that between the
    seeds' differences by their number. Noise that is neither a writer's nor a seed's counts in both, which errs on the
    wide side; where writers and three seeds matter alike, such intervals cover a little less, about 93 %.
    """
    if not pairs:
        return UNKNOWN
    by_seed = _by_seed(scores.costs, pairs)
    sums = pd.DataFrame({"more": by_seed.mean(axis=0), "size": scores.sizes})
    parts, drawn = [_over_units(sums, scores.units, seed)], scores.units.kind
    if len(by_seed) > 1:
        own = by_seed.sum(axis=1) / scores.sizes.sum()
        parts.append(Part(float(own.var(ddof=1)) / len(own), len(own) - 1))
        drawn += " and seeds"
    difference, reach = float(sums["more"].sum() / sums["size"].sum()), half_width(parts)
    each = sums["more"].groupby(scores.units.names).sum()
    worse, units = int((each > 0).sum()), len(each)
    return Effect(difference, difference - reach, difference + reach, len(by_seed), len(pairs), drawn, worse, units)


def effect_by_writer(scores: Scores, pairs: list[SeedPair]) -> pd.DataFrame:
    """A row a known writer, by name, with columns lines, points and difference: that of `effect`, on their lines alone.

    Where all writers are known, these differences weighed by points make up the effect.
    """
    more = _by_seed(scores.costs, pairs).mean(axis=0) if pairs else math.nan
    known = scores.writers != ""
    lines = pd.DataFrame({"lines": 1, "points": scores.sizes.astype(int), "more": more})[known]
    sums: pd.DataFrame = lines.groupby(scores.writers[known]).sum(min_count=1)  # NaN, not 0, where there is no pair
    sums["difference"] = sums.pop("more") / sums["points"]
    return sums


def _by_seed(costs: pd.DataFrame, pairs: list[SeedPair]) -> Floats:
    """(seeds, n): how much more each line costs, a mean over the pairs of each seed."""
    more = {pair: (costs[pair.other] - costs[pair.first]).to_numpy(dtype=np.float64) for pair in sorted(pairs)}
    seeds = sorted({pair.seed for pair in pairs})
    return np.stack([np.mean([each for pair, each in more.items() if pair.seed == seed], axis=0) for seed in seeds])


def _over_units(sums: pd.DataFrame, units: Clusters, seed: int) -> Part:
    again, freedom = resampled(sums, units, seed), max(1, len(set(units.names)) - 1)
    variance = float((again["more"] / again["size"]).var())  # those drawn are all there are; NaN where they are few
    return Part(variance * (freedom + 1) / freedom, freedom)
