"""The finished trials of a sweep, from DVC's experiments and the states of their trainings."""

import math
from pathlib import Path
from typing import NamedTuple

from penlift.experiments import Experiment
from penlift.journal import read_events
from penlift.runs import Run, open_runs
from penlift.state_folder import JOURNAL, states_of
from penlift.trials import Trial


class Tried(NamedTuple):
    """A trial that has come to its end."""

    trial: Trial
    run: Run
    seconds: float  # of training steps; NaN where unknown


def tried_of(trials: list[Trial], finished: dict[str, Experiment], root: Path) -> list[Tried]:
    """Those of the trials that are among the finished experiments of a checkout, by their names."""
    return read_tried({finished[trial.name].commit: trial for trial in trials if trial.name in finished}, root)


def read_tried(trials: dict[str, Trial], root: Path) -> list[Tried]:
    """Trials by what their runs are called: folders, or commits."""
    with open_runs(list(trials), root) as runs:
        return [
            Tried(trial, run._replace(name=trial.name), seconds_of(run.training, states_of(root)))
            for trial, run in zip(trials.values(), runs, strict=True)
        ]


def seconds_of(training: str, states: Path) -> float:
    """What the steps of a training took; NaN where its journal is gone."""
    steps = [event["seconds"] for event in read_events(states / training / JOURNAL) if "number" in event]
    return sum(steps) if steps else math.nan
