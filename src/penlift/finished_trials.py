"""The trials of a sweep that need not be run again."""

from pathlib import Path

from penlift.experiments import Experiment, experiments_in, is_current, params_at
from penlift.trials import Trial, applied


def finished_of(trials: list[Trial], root: Path, commit: str) -> dict[str, Experiment]:
    """By trial, the experiments with the parameters, code and data that a commit has."""
    params = params_at(root, commit)
    wanted = {trial.name: applied(params, trial.settings) for trial in trials}
    known = [experiment for experiment in experiments_in(root) if experiment.name in wanted]
    return {each.name: each for each in known if is_current(root, each, wanted[each.name], commit)}
