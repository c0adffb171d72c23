"""The folder in which a trial of a search runs, and the stages of dvc.yaml as plain commands in it."""

import os
import shlex
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from penlift.common.errors import InputError
from penlift.common.params import parsed, set_values
from penlift.common.processes import at_work, end
from penlift.experiments.repository import DVC, apart, output_of
from penlift.experiments.search.storage import folder_of
from penlift.experiments.sweeps.design import Sweep, Trial, sections_of
from penlift.experiments.sweeps.workers import STAGES
from penlift.tracking.outcome import SWEEP

TRAIN, JUDGED, TRACK = "train", ("sample", "evaluate", "report"), "track"
CODE = ("pipeline", "src", "dvc.yaml", ".gitignore")  # copied, so that an edit changes no trial under way
OF_LAUNCHERS = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK", "GROUP_WORLD_SIZE", "ROLE_RANK",
                "ROLE_NAME", "ROLE_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")  # fmt: skip
LOCK = "dvc.lock"  # of the checkout: it says which data there is
PREFIXES = ("TORCHELASTIC_", "DVC_", "GIT_")


class Place(NamedTuple):
    """Where a trial runs."""

    root: Path  # the checkout
    folder: Path
    environment: dict[str, str]
    commands: dict[str, list[str]]  # by stage


def prepare(root: Path, sweep: Sweep, slot: int, trial: Trial) -> Place:
    """Make the folder of a slot anew; whoever is left there from a worker that was killed is stopped first."""
    folder = folder_of(root, sweep.name) / f"{slot:03}"
    stop_orphans(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in (*CODE, LOCK):
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        elif (root / name).is_file():
            shutil.copy(root / name, folder)
    shutil.copy(root / "params.yaml", folder)
    set_values(folder / "params.yaml", sections_of(trial.settings))
    (folder / "data").symlink_to((root / "data").resolve())
    return Place(root, folder, environment_of(root, folder, sweep, trial), commands_of(folder))


def record(folder: Path, root: Path) -> None:
    """Have DVC's cache take what the stages left, and dvc.lock say so, as if `dvc repro` had run them: for a run that
    was restored from MLflow there is nothing to be run then."""
    if not (folder / LOCK).is_file():  # the data was made without DVC
        return
    try:
        apart(folder, root)
        output_of(folder, *DVC, "commit", "--quiet", "--force", TRAIN, *JUDGED)
    except (InputError, OSError):  # the trial is what counts
        (folder / LOCK).unlink()
    finally:
        shutil.rmtree(folder / ".dvc", ignore_errors=True)


def clear(folder: Path) -> None:
    """Leave of a trial its parameters, its results and what it said: `penlift compare` takes it so."""
    for name in (*CODE, "data"):
        if (folder / name).is_dir() and not (folder / name).is_symlink():
            shutil.rmtree(folder / name)
        else:
            (folder / name).unlink(missing_ok=True)


def environment_of(root: Path, folder: Path, sweep: Sweep, trial: Trial) -> dict[str, str]:
    """This process's environment, without what launchers and DVC say in it; state and runs are the checkout's."""
    own = {key: value for key, value in os.environ.items()
           if key not in OF_LAUNCHERS and not key.startswith(PREFIXES)}  # fmt: skip
    home = os.environ.get("DVC_ROOT") or str(root.resolve())
    told = {"DVC_ROOT": home, "DVC_EXP_NAME": trial.name, SWEEP: sweep.name, "PYTHONDONTWRITEBYTECODE": "1"}
    with suppress(InputError, OSError):  # no Git here, so nothing can be said of changes
        at = output_of(root, "git", "rev-parse", "--absolute-git-dir").decode().strip()
        # Git is to compare the copied code with what is committed, and to write nothing
        told |= {"GIT_DIR": at, "GIT_WORK_TREE": str(folder), "GIT_OPTIONAL_LOCKS": "0"}
    return own | told


def commands_of(folder: Path) -> dict[str, list[str]]:
    """The commands of the stages from training on, as dvc.yaml has them."""
    try:
        stages = parsed((folder / "dvc.yaml").read_bytes(), "dvc.yaml")["stages"]
        said = {name: str(stages[name]["cmd"]) for name in (TRAIN, *JUDGED, TRACK)}
    except (OSError, LookupError, TypeError) as error:
        raise InputError(f"dvc.yaml has not all stages from train to track ({error}); restore it with git") from None
    for name, command in said.items():
        if "${" in command or not command.startswith("python pipeline/"):
            raise InputError(f"dvc.yaml: stage {name} is `{command}`; a search runs plain `python pipeline/...` alone")
    return {name: [sys.executable, *shlex.split(command)[1:]] for name, command in said.items()}


def stop_orphans(folder: Path) -> None:
    """End the stages that still run in a trial's folder, so that a trainer can save its state."""
    end(each.process for each in at_work(folder) if each.place == folder and STAGES in each.command)
