"""What the finished trials of a search left in this checkout, for the page that a sweep has."""

from pathlib import Path

from penlift.errors import InputError
from penlift.runs import is_run, open_runs
from penlift.search.storage import folder_of
from penlift.search.study import Searched
from penlift.state_folder import states_of
from penlift.sweep_file import Sweep
from penlift.trials import trial_of
from penlift.tried import Tried, seconds_of


def results_of(found: Searched, root: Path) -> tuple[Sweep, list[Tried]]:
    """The search as a grid of one seed, and those of its trials that were not cut short."""
    sweep = found.sweep.model_copy(update={"design": "grid", "seeds": found.sweep.seeds[:1]})
    place, finished = folder_of(root, sweep.name), [slot for slot in found.slots() if slot.state == "finished"]
    there = [(slot.levels, folder) for slot in finished if is_run(folder := str(place / f"{slot.number:03}"))]
    if not there:
        raise InputError(
            f"search {sweep.name} has no finished trial in {place}; run it first, or where its folders are"
        )
    with open_runs([folder for _, folder in there], root) as runs:
        trials = [trial_of(sweep, levels, sweep.seeds[0]) for levels, _ in there]
        return sweep, [
            Tried(trial, run._replace(name=trial.name), seconds_of(run.training, states_of(root)))
            for trial, run in zip(trials, runs, strict=True)
        ]
