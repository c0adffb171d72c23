"""The trials of a sweep that need not be run again."""

from pathlib import Path

from penlift.experiments import Experiment, code_at, experiments_in, is_current, is_kept, params_at
from penlift.programs import cache_of
from penlift.trials import Trial, applied


def finished_of(trials: list[Trial], root: Path, commit: str) -> dict[str, Experiment]:
    """By trial, the experiments with the parameters, code and data that a commit has, whose results are still there."""
    params, code = params_at(root, commit), code_at(root, commit)
    wanted = {trial.name: applied(params, trial.settings) for trial in trials}
    known = [experiment for experiment in experiments_in(root) if experiment.name in wanted]
    current = [each for each in known if is_current(root, each, wanted[each.name], commit, code)]
    cache = cache_of(root) if current else root
    return {each.name: each for each in current if is_kept(root, each, cache)}
