"""What the finished trials of a search left in this checkout, for the page that a sweep has."""

from pathlib import Path

from penlift.common.errors import InputError
from penlift.common.params import read_params
from penlift.experiments.runs import is_run
from penlift.experiments.search.storage import folder_of
from penlift.experiments.search.study import Searched
from penlift.experiments.sweeps.design import Trial, applied, trial_of
from penlift.experiments.sweeps.finished import Tried, read_tried


def results_of(found: Searched, root: Path) -> list[Tried]:
    """Its trials that came to their end here."""
    sweep, place = found.sweep, folder_of(root, found.sweep.name)
    finished = [slot for slot in found.slots() if slot.state == "finished"]
    trials = {str(place / f"{slot.number:03}"): trial_of(sweep, slot.levels, sweep.seeds[0]) for slot in finished}
    there = {folder: trial for folder, trial in trials.items() if is_run(folder) and _is_of(Path(folder), trial)}
    if not there:
        raise InputError(f"search {sweep.name} has no finished trial in {place}; `penlift search` makes them there")
    return read_tried(there, root)


def _is_of(folder: Path, trial: Trial) -> bool:
    """Whether it is what this trial left, and not one of a search that had the name before."""
    params = read_params(folder / "params.yaml")
    return params == applied(params, trial.settings)
