"""Trainings side by side, judged by the same held-out lines: runs that a person names, or the trials of a sweep."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from penlift.common.errors import InputError
from penlift.evaluation.comparison.differences import (
    UNKNOWN,
    Contrast,
    Effect,
    Scores,
    SeedPair,
    common_split,
    contrast,
    effect,
    side_by_side,
)
from penlift.experiments.runs import Run, check_caps
from penlift.experiments.sweeps.design import Trial
from penlift.experiments.sweeps.finished import Tried
from penlift.report.forest import effect_cells

CONFIGURATIONS = ["configuration", "seeds", "nll", "deviation", "difference", "low", "high", "verdict", "seconds",
                  "weights"]  # fmt: skip
EFFECTS = ["factor", "level", "first", "difference", "low", "high", "seeds", "pairs", "drawn", "worse", "units",
           "verdict"]  # fmt: skip
WRITERS = ["factor", "level", "first", "writer", "lines", "points", "difference"]


class Configuration(NamedTuple):
    """Runs that differ in nothing but their seeds."""

    words: str
    seeds: int  # finished; without one, the figures are NaN
    nll: float  # nats a point, tablet units, mean over seeds
    deviation: float  # standard deviation of the same over seeds; NaN for one
    effect: Effect | None  # against the first, which has none
    seconds: float  # of training, median over seeds; NaN where unknown
    weights: float  # how many numbers the network learns; NaN where its parameters are of another version


class Level(NamedTuple):
    """A value of a factor, and what it looks like."""

    name: str
    runs: list[Run]  # one a seed, all other factors at their first levels


class Factor(NamedTuple):
    """What varies."""

    name: str
    levels: list[Level]  # two or more
    contrasts: list[Contrast]  # all but the first level beside it

    @property
    def first(self) -> str:
        """What the other levels differ from."""
        return self.levels[0].name


@dataclass(frozen=True)
class Comparison:
    """What was compared, and what came of it."""

    kind: str  # what is compared: "run" or "configuration"
    runs: list[Run]
    split: str  # that all are judged by
    seeds: int  # that each configuration is trained with, in the end
    equal: float  # nats a point that nobody minds
    first: str  # what configurations are compared with
    configurations: list[Configuration]
    factors: list[Factor]


def trials_in(tried: list[Tried], seed: int) -> "Trials":
    """Their scores side by side; refuses trials whose offsets, or held-out lines, are not the same."""
    runs = [each.run for each in tried]
    check_caps(runs)
    split = common_split([run.lines for run in runs])
    return Trials(tried, split, side_by_side({run.name: run.lines for run in runs}, split), seed)


@dataclass(frozen=True)
class Trials:
    """Finished trials with their scores on the same held-out lines."""

    tried: list[Tried]
    split: str
    scores: Scores
    seed: int  # of the bootstrap

    def with_levels(self, levels: dict[str, str]) -> list[Tried]:
        """Those with these levels, whatever else they have."""
        return [each for each in self.tried if levels.items() <= each.trial.levels.items()]

    def beside(self, others: list[Tried], levels: dict[str, str]) -> list[SeedPair]:
        """Each beside that of the same seed with these levels instead of its own, where it is finished."""
        return [
            SeedPair(other.trial.seed, each.run.name, other.run.name)
            for other in others
            for each in self.with_levels(other.trial.levels | levels)
            if each.trial.seed == other.trial.seed
        ]

    def configuration(self, words: str, levels: dict[str, str], first: dict[str, str]) -> Configuration:
        """That of all these levels, beside that of the first; no trial of it need be finished."""
        own = self.with_levels(levels)
        nll = self.scores.a_point([each.run.name for each in own])
        return Configuration(
            words=words,
            seeds=len(own),
            nll=float(nll.mean()) if own else math.nan,
            deviation=float(nll.std(ddof=1)) if len(own) > 1 else math.nan,
            effect=effect(self.scores, self.beside(own, first), self.seed) if levels != first else None,
            seconds=float(pd.Series([each.seconds for each in own], dtype=float).median()),
            weights=_weights(own[0].run) if own else math.nan,
        )

    def factor(self, name: str, levels: list[str], reference: dict[str, str]) -> Factor:
        """Its levels beside its first, over all levels of the other factors; `reference`: the first of all factors."""
        contrasts = [
            contrast(self.scores, level, self.beside(self.with_levels({name: level}), {name: levels[0]}), self.seed)
            for level in levels[1:]
        ]
        alone = [[each.run for each in self.with_levels(reference | {name: level})] for level in levels]
        return Factor(name, [Level(*each) for each in zip(levels, alone, strict=True)], contrasts)


def comparison_of(runs: list[Run], seconds: list[float], seed: int) -> Comparison:
    """The others beside the first: trials of one factor, which run it is, and one seed each, whatever that was.

    `seconds`: of each training; `seed`: of the bootstrap. Any difference counts: nobody has said what may be minded.
    """
    names = [run.name for run in runs]
    if len(set(names)) < len(names):
        raise InputError(f"a run is named twice in {', '.join(names)}; name each once")
    tried = [
        Tried(Trial(run.name, {"run": run.name}, 0, {}), run, took) for run, took in zip(runs, seconds, strict=True)
    ]
    trials, first = trials_in(tried, seed), {"run": names[0]}
    configurations = [trials.configuration(name, {"run": name}, first) for name in names]
    factor = trials.factor("run", names, first)
    return Comparison(
        "run", runs, trials.split, seeds=1, equal=0.0, first=names[0], configurations=configurations, factors=[factor]
    )


class Tables(NamedTuple):
    """All figures of a comparison, for another program."""

    configurations: pd.DataFrame  # a row a configuration
    effects: pd.DataFrame  # a row a level against its first
    writers: pd.DataFrame  # a row a level and writer


def tables_of(found: Comparison) -> Tables:
    """Its three tables; figures that are unknown are NaN."""
    configurations = [
        (*each[:4], *(each.effect or UNKNOWN)[:3], effect_cells(each.effect, found.equal, found.first)[-1], *each[5:])
        for each in found.configurations
    ]
    contrasts = [(factor.name, factor.first, each) for factor in found.factors for each in factor.contrasts]
    effects = [
        (name, level, first, *effect, effect.verdict(found.equal, first))
        for name, first, (level, effect, _) in contrasts
    ]
    writers = [(name, level, first, *row) for name, first, (level, _, table) in contrasts for row in table.itertuples()]
    return Tables(
        pd.DataFrame(configurations, columns=CONFIGURATIONS),
        pd.DataFrame(effects, columns=EFFECTS),
        pd.DataFrame(writers, columns=WRITERS),
    )


def _weights(run: Run) -> float:
    import torch
    from pydantic import ValidationError

    from penlift.model.network import ModelParams, Network

    try:
        params = ModelParams.model_validate(run.params.get("model"))
    except ValidationError:  # a revision from before a parameter
        return math.nan
    with torch.device("meta"):  # shapes without numbers
        network = Network(params, (1.0, 1.0))
    return sum(weight.numel() for weight in network.parameters())
