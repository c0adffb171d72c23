"""What the finished trials of a search left in this checkout, for the page that a sweep has."""

from pathlib import Path

from penlift.errors import InputError
from penlift.runs import is_run
from penlift.search.storage import folder_of
from penlift.search.study import Searched
from penlift.sweep_file import Sweep
from penlift.trials import trial_of
from penlift.tried import Tried, read_tried


def results_of(found: Searched, root: Path) -> tuple[Sweep, list[Tried]]:
    """The search as a grid of one seed, and those of its trials that were not cut short."""
    sweep = found.sweep.model_copy(update={"design": "grid", "seeds": found.sweep.seeds[:1]})
    place, finished = folder_of(root, sweep.name), [slot for slot in found.slots() if slot.state == "finished"]
    trials = {str(place / f"{slot.number:03}"): trial_of(sweep, slot.levels, sweep.seeds[0]) for slot in finished}
    there = {folder: trial for folder, trial in trials.items() if is_run(folder)}
    if not there:
        raise InputError(f"search {sweep.name} has no finished trial in {place}; `penlift search` makes them there")
    return sweep, read_tried(there, root)
