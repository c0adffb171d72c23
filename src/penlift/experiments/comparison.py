"""Trainings side by side, judged by the same held-out lines: the trials of a sweep, or runs that a person names.

They are judged by how likely they find the lines; those of a sweep may be judged by how well what they write of the
lines' texts can be read.
"""

from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from penlift.common.errors import InputError
from penlift.common.params import flatten
from penlift.evaluation.comparison.differences import (
    UNKNOWN,
    Effect,
    Scores,
    SeedPair,
    effect,
    effect_by_writer,
    side_by_side,
)
from penlift.evaluation.results import A_LETTER, A_LINE, EDITS, WRITTEN, judged_split
from penlift.experiments.runs import Run
from penlift.experiments.sweeps.design import REFERENCE, Sweep, Trial, trials_of, words_of
from penlift.experiments.sweeps.finished import Tried
from penlift.ink.scales import hertz, point_of, rate_in

BEST = "the best"  # of a search without its reference
EFFECTS = ["factor", "level", "first", *Effect._fields, "verdict"]
WRITERS = ["factor", "level", "first", "writer", "lines", "points", "difference"]


class Configuration(NamedTuple):
    """Runs that differ in nothing but their seeds."""

    words: str
    seeds: int  # finished; without one, the figures are NaN
    mean: float  # of what it is judged by, over seeds
    deviation: float  # standard deviation of the same over seeds; NaN for one
    seconds: float  # of training, median over seeds; NaN where unknown
    effect: Effect | None  # against the first, which has none


class Level(NamedTuple):
    """A value of a factor, what it looks like, and what it does."""

    name: str
    runs: list[Run]  # one a seed, all other factors at their first levels
    effect: Effect  # beside the first level, over all levels of the other factors; of the first itself, nothing
    writers: pd.DataFrame  # the same by writer, as `effect_by_writer` has it


class Legibility(NamedTuple):
    """How many letters of what runs wrote are read wrongly, by one recogniser; or why that is not set side by side."""

    rows: list[tuple[str, float, float]]  # run, share of people's lines, share at bias 0.5; unseen texts
    words: str  # the recogniser, or the reason; nothing where no run was read


class Measure(NamedTuple):
    """What runs are judged by, less being better, in the words of tables and pages."""

    column: str  # of tables, where it stands
    name: str
    unit: str
    by: str  # of which lines it is


class Factor(NamedTuple):
    """What varies."""

    name: str
    first: str  # the level that the others differ from
    levels: list[Level]  # two or more, the first among them

    @property
    def others(self) -> list[Level]:
        """All but the first."""
        return self.levels[1:]


@dataclass(frozen=True)
class Comparison:
    """What was compared, and what came of it."""

    runs: list[Run]
    measure: Measure
    seeds: int  # that each configuration is trained with, in the end
    equal: float  # a difference, in the measure's unit, that nobody minds
    first: str  # what configurations are compared with
    configurations: list[Configuration]
    factors: list[Factor]  # none of a search

    @property
    def legibility(self) -> Legibility:
        """Of the runs, where all were read by the same recogniser."""
        read = [(run.name, found["people"]["cer"], found["bias_0_5"]["cer"])
                for run in self.runs if (found := run.metrics.get("legibility", {}).get("unseen"))]  # fmt: skip
        if not read:
            return Legibility([], "")
        if reason := unlike_judges(self.runs):
            return Legibility([], reason)
        return Legibility(read, f"by recogniser {self.runs[0].judge}, unseen texts")


@dataclass(frozen=True)
class Answer(Comparison):
    """A sweep, or search, with what is finished of it."""

    sweep: Sweep
    planned: int  # trials of the whole
    searched: bool  # poor trials are missing because they were poor


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
    trials, first = _Trials.by_likelihood(tried, seed), {"run": names[0]}
    configurations = [trials.configuration(name, {"run": name}, first) for name in names]
    factors = [trials.factor("run", names, first)]
    return Comparison(runs, trials.measure, 1, 0.0, names[0], configurations, factors)


def answer_of(sweep: Sweep, tried: list[Tried], seed: int, slots: int | None = None) -> Answer:
    """From the trials that are finished, of a whole sweep or not; `seed` is that of the bootstrap.

    `slots`: of a search, how many trials it has. There no level is compared with another over all trials: a level whose
    poor combinations were cut short would look the better for it.
    """
    if searched := slots is not None:
        sweep = sweep.model_copy(update={"seeds": sweep.seeds[:1]})
    planned = [each.trial for each in tried] if searched else trials_of(sweep)
    known = {each.trial.name: each for each in tried}
    finished = [known[trial.name] for trial in planned if trial.name in known]
    if not finished:
        raise InputError(
            f"no trial of sweep {sweep.name} is finished with the parameters, code and data that the checkout has now; "
            "run it, or undo what has changed since"
        )
    trials = (_Trials.by_likelihood if sweep.judged_by == "likelihood" else _Trials.by_legibility)(finished, seed)
    first, called = sweep.reference, REFERENCE
    if searched and not trials.having(first):  # never drawn, or cut short
        best = int(trials.scores.means([each.run.name for each in finished]).argmin())
        first, called = finished[best].trial.levels, BEST
    factors = {} if searched else sweep.levels
    return Answer(
        runs=[each.run for each in finished],
        measure=trials.measure,
        seeds=len(sweep.seeds),
        equal=sweep.equal,
        first=called,
        configurations=[
            trials.configuration(words_of(sweep, trial.levels), trial.levels, first)
            for trial in planned
            if trial.seed == sweep.seeds[0]
        ],
        factors=[trials.factor(name, list(levels), sweep.reference) for name, levels in factors.items()],
        sweep=sweep,
        planned=len(planned) if slots is None else slots,
        searched=searched,
    )


class _Trials(NamedTuple):
    """Finished trials with their scores on the same held-out lines."""

    tried: list[Tried]
    scores: Scores
    measure: Measure
    seed: int  # of the bootstrap

    @classmethod
    def by_likelihood(cls, tried: list[Tried], seed: int) -> "_Trials":
        """Refuses trials whose offsets, thinned or cut otherwise, or held-out lines, are not the same."""
        _demand_one_rate([each.run for each in tried])
        caps = {each.run.name: each.run.params["normalise"]["cap"] for each in tried}
        if len(set(caps.values())) > 1:
            raise InputError(f"normalise.cap differs, so the offsets do: {caps}; compare runs with one cap")
        scores = side_by_side({each.run.name: each.run.lines for each in tried})
        unit = f"nats a {point_of(rate_in(tried[0].run.params))}, tablet units"
        by = f"{len(scores.sizes):,} held-out lines of the {scores.split} split"
        return cls(tried, scores, Measure("nll", "NLL", unit, by), seed)

    @classmethod
    def by_legibility(cls, tried: list[Tried], seed: int) -> "_Trials":
        """Refuses trials that were not read, by one recogniser, writing the same texts, all of which are unseen."""
        if reason := unlike_judges([each.run for each in tried]):
            raise InputError(reason)
        tables = {each.run.name: texts_as_written(each.run) for each in tried}
        scores = side_by_side(tables, "edits", "letters")
        by = (f"{len(scores.sizes):,} texts of the {scores.split} split that stand in no training line, as recogniser "
              f"{tried[0].run.judge} reads what is written of them at {WRITTEN}")  # fmt: skip
        return cls(tried, scores, Measure("cer", "Letters read wrongly", "share of the letters", by), seed)

    def having(self, levels: dict[str, str]) -> list[Tried]:
        """Those with these levels, whatever else they have."""
        return [each for each in self.tried if levels.items() <= each.trial.levels.items()]

    def beside(self, others: list[Tried], levels: dict[str, str]) -> list[SeedPair]:
        """Each beside that of the same seed with these levels instead of its own, where it is finished."""
        return [
            SeedPair(other.trial.seed, each.run.name, other.run.name)
            for other in others
            for each in self.having(other.trial.levels | levels)
            if each.trial.seed == other.trial.seed
        ]

    def configuration(self, words: str, levels: dict[str, str], first: dict[str, str]) -> Configuration:
        """That of all these levels, beside that of the first; no trial of it need be finished."""
        own = self.having(levels)
        means = pd.Series(self.scores.means([each.run.name for each in own]))
        return Configuration(
            words=words,
            seeds=len(own),
            mean=float(means.mean()),
            deviation=float(means.std()),
            seconds=float(pd.Series([each.seconds for each in own], dtype=float).median()),
            effect=effect(self.scores, self.beside(own, first), self.seed) if levels != first else None,
        )

    def factor(self, name: str, levels: list[str], reference: dict[str, str]) -> Factor:
        """Its levels beside its first; `reference`: the first levels of all factors."""

        def level(called: str) -> Level:
            alone = [each.run for each in self.having(reference | {name: called})]
            others = self.having({name: called}) if called != levels[0] else []
            pairs = self.beside(others, {name: levels[0]})
            return Level(called, alone, effect(self.scores, pairs, self.seed), effect_by_writer(self.scores, pairs))

        return Factor(name, levels[0], [level(called) for called in levels])


def unlike_judges(runs: list[Run]) -> str:
    """Why the error rates of runs do not compare; nothing where they do."""
    if len({run.judge for run in runs}) == 1:
        return ""
    named = ", ".join(f"{run.judge or 'none'} of {run.name}" for run in runs)
    return (
        f"error rates of different recognisers do not compare ({named}); share one: the same data/ink and section "
        "recognise"
    )


def texts_as_written(run: Run) -> pd.DataFrame:
    """What a run wrote of texts that stand in no training line: a row each, as `side_by_side` has them."""
    if run.read is None:
        raise InputError(f"nobody read what {run.name} writes; set model.text and recognise.enabled to true")
    written = run.read[(run.read["of"] == WRITTEN) & ~run.read["seen"].astype(bool)]
    edits = written[list(EDITS)].sum(axis=1)
    return written.assign(edits=edits, split=judged_split(run.metrics), writer="")


def _demand_one_rate(runs: list[Run]) -> None:
    """Raises InputError where points were thinned otherwise; it names what both runs have instead."""
    first, rate = runs[0], rate_in(runs[0].params)
    for other in runs[1:]:
        if (own := rate_in(other.params)) == rate:
            continue
        thinned = (f"{hertz(each) or 'null'} in {run.name}" for run, each in ((first, rate), (other, own)))
        figures = dict(flatten(first.metrics)).keys() & dict(flatten(other.metrics)).keys()
        wanted = (f"{judged_split(first.metrics)}.{figure}.tablet" for figure in (A_LINE, A_LETTER))
        instead = " and ".join(figure for figure in wanted if figure in figures)
        raise InputError(
            f"normalise.rate is {' and '.join(thinned)}, and nats a point of one rate compare with none of another; "
            f"set one rate{f', or read {instead} in metrics.json of both' if instead else ''}"
        )


class Tables(NamedTuple):
    """All figures of a comparison, for another program."""

    configurations: pd.DataFrame  # a row a configuration
    effects: pd.DataFrame  # a row a level against its first
    writers: pd.DataFrame  # a row a level and writer


def tables_of(found: Comparison) -> Tables:
    """Its three tables; figures that are unknown are NaN."""
    configurations = [
        (*figures, *(beside or UNKNOWN)[:3], beside.verdict(found.equal, found.first) if beside else "")
        for *figures, beside in found.configurations
    ]
    levels = [(factor.name, level.name, factor.first, level) for factor in found.factors for level in factor.others]
    effects = [(*names, *level.effect, level.effect.verdict(found.equal, names[2])) for *names, level in levels]
    writers = [(*names, *row) for *names, level in levels for row in level.writers.itertuples()]
    columns = ["configuration", "seeds", found.measure.column, "deviation", "seconds", *Effect._fields[:3], "verdict"]
    return Tables(
        pd.DataFrame(configurations, columns=columns),
        pd.DataFrame(effects, columns=EFFECTS),
        pd.DataFrame(writers, columns=WRITERS),
    )
