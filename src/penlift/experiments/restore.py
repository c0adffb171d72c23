"""A run from MLflow back to its bytes: its parameters, weights, samples and figures, as its pipeline left them."""

import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from penlift.common.errors import InputError
from penlift.common.files import digest_of
from penlift.common.params import flatten, read_params
from penlift.experiments.repository import DVC, cache_of, on_cache, output_of
from penlift.tracking.client import SHORTEST, FoundRun, fetch, find
from penlift.tracking.outcome import LOCKED, fingerprint_of
from penlift.tracking.record import OUTCOME
from penlift.tracking.store import Store, Unsent
from penlift.training.folder import states_of

TREES = ("models", "reports")  # that hold what a run has made
OUTS = ("models", "reports/train", "reports/samples", "reports/evaluate", "reports/index.html")  # as dvc.yaml has them
PLACES = (*OUTS, "reports/metrics.json", *LOCKED)  # DVC's lock last: it says that all is there
REPLACED = "replaced"  # beside the trainings: what stood where a run was restored


def restore_run(name: str, root: Path) -> tuple[FoundRun, list[str], Path | None]:
    """Put what a run has made where its pipeline left it, once it is known to be the very same.

    Gives the run, the files and folders that differed from what was there, and the folder that has what they replaced.
    """
    states = states_of(root)
    states.mkdir(exist_ok=True)
    older = states / REPLACED / time.strftime("%Y-%m-%d-%H%M%S")
    with TemporaryDirectory(prefix="restore-", dir=states) as folder:
        place = Path(folder)
        run = _fetched(name, root, place)
        (place / ".dvc").mkdir()
        shutil.copyfile(root / ".dvc" / "config", place / ".dvc" / "config")
        on_cache(place, cache_of(root))
        outs = [out for out in OUTS if (place / out).exists()]
        output_of(place, *DVC, "add", "--quiet", *outs)  # else DVC would run the stages that made what its cache lacks
        changed = [out for out in PLACES if _contents(place / out) != _contents(root / out)]
        for out in changed:
            _move(root / out, older / out)
            _move(place / out, root / out)
    return run, changed, older if older.exists() else None


def _fetched(name: str, root: Path, place: Path) -> FoundRun:
    """The run that is meant, its files in a folder."""
    store = Store.of(root)
    if store.file and not store.file.exists():
        raise InputError(f"{store.uri}: there is no such store; set MLFLOW_TRACKING_URI to where the run is")
    try:
        run = _the_one(name, find(name, store), store)
        fetch(run.run_id, (*TREES, *LOCKED), place, store)
    except Unsent as error:
        raise InputError(f"{error}; start it, or set MLFLOW_TRACKING_URI to where the run is") from None
    params = dict(flatten(read_params(place / "params.yaml")))
    if fingerprint_of(params, run.tags["penlift.data_hash"], _files(place)) != run.tags[OUTCOME]:
        raise InputError(
            f"run {run.run_id}: its files in {store.uri} are not those that were sent; nothing was restored"
        )
    return run


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


def _files(place: Path) -> dict[str, Path]:
    """The files below a folder by their names there; a file alone is called '.'."""
    files = [place] if place.is_file() else (path for path in place.rglob("*") if path.is_file())
    return {file.relative_to(place).as_posix(): file for file in files}


def _contents(place: Path) -> dict[str, str]:
    return {name: digest_of([file]) for name, file in _files(place).items()}


def _move(source: Path, target: Path) -> None:
    """Move a file or a folder, if there is one."""
    if source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)  # .state may be on another disk
