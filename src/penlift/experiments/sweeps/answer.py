"""What a sweep has found so far: its configurations, and what each level of a factor changes."""

import math
from typing import NamedTuple

import pandas as pd

from penlift.common.errors import InputError
from penlift.evaluation.comparison.differences import (
    Effect,
    Scores,
    SeedPair,
    common_split,
    effect,
    effect_by_writer,
    side_by_side,
)
from penlift.experiments.runs import Run, check_caps
from penlift.experiments.sweeps.design import REFERENCE, Sweep, Trial, trial_of, trials_of, words_of
from penlift.experiments.sweeps.finished import Tried

BEST = "the best"  # of a search without its reference


class Configuration(NamedTuple):
    """The trials of the same levels, one a seed."""

    words: str  # the levels in which it differs from the reference
    seeds: int  # finished; without one, the figures are NaN
    nll: float  # nats a point, tablet units, mean over seeds
    deviation: float  # standard deviation of the same over seeds; NaN for one
    effect: Effect | None  # against the first, which has none
    seconds: float  # of training, median over seeds
    weights: float  # how many numbers the network learns


class Contrast(NamedTuple):
    """A level of a factor against its first, over all pairs of trials that differ in nothing else."""

    factor: str
    level: str
    first: str
    effect: Effect
    writers: pd.DataFrame  # the same by writer, as `effects.by_writer` has it


class Answer(NamedTuple):
    """A sweep with what is finished of it."""

    sweep: Sweep
    tried: list[Tried]  # in the order of the sweep
    planned: int  # trials of the whole sweep, or search
    split: str  # that all are judged by
    configurations: list[Configuration]
    contrasts: list[Contrast]  # none of a search
    first: str = REFERENCE  # what configurations are compared with
    searched: bool = False  # poor trials are missing because they were poor

    def of(self, factor: str) -> list[Contrast]:
        """The contrasts of a factor."""
        return [contrast for contrast in self.contrasts if contrast.factor == factor]

    def along(self, factor: str, level: str) -> list[Tried]:
        """The trials with this level and the first level of each other factor, one a seed."""
        return [each for each in self.tried if each.trial.levels == self.sweep.reference | {factor: level}]


def answer_of(sweep: Sweep, tried: list[Tried], seed: int, slots: int | None = None) -> Answer:
    """From the trials that are finished, of a whole sweep or not; `seed` is that of the bootstrap.

    `slots`: of a search, how many trials it has. There no level is compared with another over all trials: a level whose
    poor combinations were cut short would look the better for it.
    """
    if searched := slots is not None:
        sweep = sweep.model_copy(update={"seeds": sweep.seeds[:1]})
    planned = [each.trial for each in tried] if searched else trials_of(sweep)
    finished = _in_order(sweep, tried, planned)
    split = common_split([each.run.lines for each in finished])
    scores = side_by_side({each.trial.name: each.run.lines for each in finished}, split)
    first, called = sweep.reference, REFERENCE
    if searched and all(each.trial.levels != first for each in finished):  # never drawn, or cut short
        best = int(scores.a_point([each.trial.name for each in finished]).argmin())
        first, called = finished[best].trial.levels, BEST
    configurations = [
        _configuration(sweep, levels, [each for each in finished if each.trial.levels == levels], scores, seed, first)
        for levels in (trial.levels for trial in planned if trial.seed == sweep.seeds[0])
    ]
    contrasts = [
        _contrast(sweep, factor, level, finished, scores, seed)
        for factor in sweep.reference
        for level in ([] if searched else list(sweep.levels[factor])[1:])
    ]
    count = len(planned) if slots is None else slots
    return Answer(sweep, finished, count, split, configurations, contrasts, called, searched)


def _in_order(sweep: Sweep, tried: list[Tried], planned: list[Trial]) -> list[Tried]:
    """As the sweep has them; all with one cap, without which their offsets differ."""
    known = {each.trial.name: each for each in tried}
    if strange := sorted(set(known) - {trial.name for trial in planned}):
        raise InputError(f"{strange[0]} is no trial of sweep {sweep.name}; take it out, or read the sweep it is of")
    if not known:
        raise InputError(
            f"no trial of sweep {sweep.name} is finished with the parameters, code and data that the checkout has now; "
            "run it, or undo what has changed since"
        )
    check_caps(each.run for each in tried)
    return [known[trial.name] for trial in planned if trial.name in known]


def _pairs(sweep: Sweep, scores: Scores, others: list[Trial], levels: dict[str, str]) -> list[SeedPair]:
    """Each of these trials beside that of the same seed with these levels instead of its own, where it is finished."""
    pairs = [
        SeedPair(trial.seed, trial_of(sweep, trial.levels | levels, trial.seed).name, trial.name) for trial in others
    ]
    return [pair for pair in pairs if pair.first in scores.nll]


def _contrast(sweep: Sweep, factor: str, level: str, finished: list[Tried], scores: Scores, seed: int) -> Contrast:
    first = sweep.reference[factor]
    trials = [each.trial for each in finished if each.trial.levels[factor] == level]
    pairs = _pairs(sweep, scores, trials, {factor: first})
    return Contrast(factor, level, first, effect(scores, pairs, seed), effect_by_writer(scores, pairs))


def _configuration(
    sweep: Sweep, levels: dict[str, str], tried: list[Tried], scores: Scores, seed: int, first: dict[str, str]
) -> Configuration:
    trials, found = [each.trial for each in tried], None
    if levels != first:
        found = effect(scores, _pairs(sweep, scores, trials, first), seed)
    nll = scores.a_point([trial.name for trial in trials])
    return Configuration(
        words=words_of(sweep, levels),
        seeds=len(tried),
        nll=float(nll.mean()) if tried else math.nan,
        deviation=float(nll.std(ddof=1)) if len(tried) > 1 else math.nan,
        effect=found,
        seconds=float(pd.Series([each.seconds for each in tried], dtype=float).median()),
        weights=_weights(tried[0].run) if tried else math.nan,
    )


def _weights(run: Run) -> int:
    import torch

    from penlift.model.network import ModelParams, Network

    with torch.device("meta"):  # shapes without numbers
        network = Network(ModelParams.model_validate(run.params["model"]), (1.0, 1.0))
    return sum(weight.numel() for weight in network.parameters())
