"""The winner of a search, made an experiment of DVC's."""

import os
import subprocess
import sys
from pathlib import Path

from penlift.errors import InputError
from penlift.experiments import experiments_in
from penlift.programs import DVC, committer
from penlift.provenance import SWEEP
from penlift.search.slots import Slot
from penlift.sweep_file import Sweep
from penlift.trial_queue import queued
from penlift.trials import trial_of


def promoted(sweep: Sweep, best: Slot, root: Path) -> str:
    """The name of the experiment that runs the trial's settings through the whole pipeline, in a folder of DVC's."""
    name = f"{sweep.name}-best"
    if any(experiment.name == name for experiment in experiments_in(root)):
        raise InputError(f"there is an experiment {name} already; `dvc exp remove {name}` makes room, or rename it")
    settings = trial_of(sweep, best.levels, sweep.seeds[0]).settings
    command = ["--temp" if part == "--queue" else part for part in queued(name, settings)[1:]]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # where the stages find `python`
    environment = os.environ | committer(root) | {SWEEP: sweep.name, "PATH": path}
    if subprocess.run([*DVC, *command], cwd=root, env=environment, check=False).returncode:
        raise InputError(f"`dvc exp run` of trial {best.number} failed; what is above says why")
    return name
