"""A run from MLflow back to its bytes: its parameters, weights, samples and figures, as its pipeline left them."""

import shutil
import time
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from penlift.common.errors import InputError
from penlift.common.params import flatten, read_params
from penlift.experiments.repository import DVC, apart, output_of
from penlift.tracking.client import SHORTEST, FoundRun, fetch, find
from penlift.tracking.outcome import LOCKED, fingerprint_of
from penlift.tracking.record import OUTCOME
from penlift.tracking.store import Store, Unsent
from penlift.training.folder import states_of

TREES = ("models", "reports")  # whose files are a run's
OUTS = ("models", "reports/train", "reports/samples", "reports/evaluate", "reports/index.html")  # as dvc.yaml has them
REPLACED = "replaced"  # beside the trainings: what stood where a run was restored


def restore_run(name: str, root: Path) -> tuple[FoundRun, list[str], Path | None]:
    """Put the files of a run where its pipeline left them, once they are known to be the very same.

    Gives the run, the files that differed from what was there, and the folder that has what they replaced.
    """
    states = states_of(root)
    states.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="restore-", dir=states) as place:
        run, names = _fetched(name, root, Path(place))
        _into_cache(Path(place), root)
        changed = [file for file in names if not _same(Path(place) / file, root / file)]
        extra = [file for file in _beside(root) if file not in names]
        older = _set_aside([*changed, *extra], root, states / REPLACED / time.strftime("%Y-%m-%d-%H%M%S"))
        for file in sorted(changed, key=lambda file: file == "dvc.lock"):  # last: it says that all is there
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(Path(place) / file, root / file)  # .state may be on another disk
    return run, changed, older


def _fetched(name: str, root: Path, place: Path) -> tuple[FoundRun, list[str]]:
    store = Store.of(root)
    if store.file and not store.file.exists():
        raise InputError(f"{store.uri}: there is no such store; set MLFLOW_TRACKING_URI to where the run is")
    try:
        run = _the_one(name, find(name, store), store)
        names = fetch(run.run_id, _belongs, place, store)
    except Unsent as error:
        raise InputError(f"{error}; start it, or set MLFLOW_TRACKING_URI to where the run is") from None
    if "params.yaml" not in names:
        raise InputError(f"run {run.run_id} has no params.yaml; it was made before runs could be restored")
    params = dict(flatten(read_params(place / "params.yaml")))
    if (
        fingerprint_of(params, run.tags["penlift.data_hash"], {file: place / file for file in names})
        != run.tags[OUTCOME]
    ):
        raise InputError(
            f"run {run.run_id}: its files in {store.uri} are not those that were sent; nothing was restored"
        )
    return run, names


def _into_cache(place: Path, root: Path) -> None:
    """Give DVC's cache the files below `place`, in a repository without Git of its own: without them in its cache, DVC
    would run the stages that made them."""
    apart(place, root)
    outs = [name for name in OUTS if (place / name).exists()]
    output_of(place, *DVC, "add", "--quiet", *outs)


def _the_one(name: str, runs: list[FoundRun], store: Store) -> FoundRun:
    """The run that is meant, which has come to its end."""
    if not runs:
        raise InputError(f"{store.uri} has no run {name!r}, by name or {SHORTEST} characters of an id; see `make ui`")
    whole = [run for run in runs if OUTCOME in run.tags and run.status == "FINISHED"]
    if not whole:
        raise InputError(
            f"run {runs[0].run_id} is {runs[0].status} and has left no weights; `dvc repro` finishes it where it began"
        )
    if len(whole) > 1:
        raise InputError(f"{len(whole)} runs are called {name!r}; name an id: {', '.join(r.run_id for r in whole)}")
    return whole[0]


def _belongs(name: str) -> bool:
    """Whether a file of a run is one of its pipeline's, within its folders."""
    parts = PurePosixPath(name).parts
    return name in LOCKED or (len(parts) > 1 and parts[0] in TREES and ".." not in parts)


def _beside(root: Path) -> list[str]:
    """What stands in the folders of stages now; in `reports` itself users may keep their own."""
    files = (path for out in OUTS for path in (root / out).rglob("*") if path.is_file())
    return [path.relative_to(root).as_posix() for path in files]


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


def _set_aside(names: list[str], root: Path, folder: Path) -> Path | None:
    """Move files to a folder, at the same paths; the folder, if there was any."""
    there = [name for name in names if (root / name).is_file()]
    for name in there:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(root / name, folder / name)
    return folder if there else None
