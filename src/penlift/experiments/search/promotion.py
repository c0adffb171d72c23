"""The winner of a search, made an experiment of DVC's."""

from pathlib import Path

from penlift.common.errors import InputError
from penlift.experiments.search.slots import Slot
from penlift.experiments.sweeps.design import Sweep, trial_of
from penlift.experiments.sweeps.sweep import Sweeping


def promoted(sweep: Sweep, best: Slot, root: Path) -> str:
    """The name of the experiment that runs the trial's settings through the whole pipeline: a sweep of one trial."""
    name = f"{sweep.name}-best"
    trial = trial_of(sweep, best.levels, sweep.seeds[0])._replace(name=name)
    failures = Sweeping(sweep.model_copy(update={"name": name}), [trial], root).run(1)
    if failures:
        raise InputError(f"trial {best.number} failed: {failures[0].reason}; {failures[0].log or ''}")
    return name
