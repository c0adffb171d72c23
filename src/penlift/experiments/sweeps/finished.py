"""The finished trials of a sweep: which need not be run again, and what they left."""

import math
from pathlib import Path
from typing import NamedTuple

from penlift.experiments.repository import Experiment, cache_of, code_at, experiments_in, is_current, is_kept, params_at
from penlift.experiments.runs import Run, open_runs
from penlift.experiments.sweeps.design import Trial, applied
from penlift.training.folder import JOURNAL, read_events, states_of


class Tried(NamedTuple):
    """A trial that has come to its end."""

    trial: Trial
    run: Run
    seconds: float  # of training steps; NaN where unknown


def tried_of(trials: list[Trial], finished: dict[str, Experiment], root: Path) -> list[Tried]:
    """Those of the trials that are among the finished experiments of a checkout, by their names."""
    known = [trial for trial in trials if trial.name in finished]
    with open_runs([finished[trial.name].commit for trial in known], root) as runs:
        return [
            Tried(trial, run._replace(name=trial.name), seconds_of(run, root))
            for trial, run in zip(known, runs, strict=True)
        ]


def seconds_of(run: Run, root: Path) -> float:
    """What the steps of a run's training took; NaN where its journal is gone from the checkout."""
    events = read_events(states_of(root) / run.training / JOURNAL)
    steps = [event["seconds"] for event in events if "number" in event]
    return sum(steps) if steps else math.nan


def finished_of(trials: list[Trial], root: Path, commit: str) -> dict[str, Experiment]:
    """By trial, the experiments with the parameters, code and data that a commit has, whose results are still there."""
    params, code = params_at(root, commit), code_at(root, commit)
    wanted = {trial.name: applied(params, trial.settings) for trial in trials}
    known = [experiment for experiment in experiments_in(root) if experiment.name in wanted]
    current = [each for each in known if is_current(root, each, wanted[each.name], commit, code)]
    cache = cache_of(root) if current else root
    return {each.name: each for each in current if is_kept(root, each, cache)}
