"""A run from MLflow back to its bytes: its parameters, weights, samples and figures, as its pipeline left them.

Somebody else may write to the store, so nothing is believed of a run: not which files it has, nor what stands in those
that DVC goes by. MLflow makes no links.
"""

import re
import shutil
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from voluptuous import Invalid

from penlift.common.errors import InputError, cut_short, one_line
from penlift.common.files import digest_of
from penlift.common.params import as_now, checked, flatten, parsed, sections_in
from penlift.experiments.repository import DVC, cache_of, on_cache, output_of
from penlift.experiments.sections import SECTIONS
from penlift.tracking.client import SHORTEST, FoundRun, fetch, find
from penlift.tracking.outcome import LOCKED, fingerprint_of
from penlift.tracking.record import OUTCOME
from penlift.tracking.store import Store, Unsent
from penlift.training.folder import states_of

TREES = ("models", "reports")  # that hold what a run has made
OUTS = (  # as dvc.yaml has them
    "models", "reports/train", "reports/recogniser", "reports/samples", "reports/evaluate", "reports/index.html",
)  # fmt: skip
PLACES = (*OUTS, "reports/metrics.json", *LOCKED)  # DVC's lock last: it says that all is there
FOLDERS = {*TREES, *(out for out in OUTS if "." not in out), "reports/evaluate/dreamt"}
FILES = re.compile(  # that stages leave there, by their names
    r"params\.yaml|dvc\.lock|models/model\.(json|safetensors)|reports/(metrics\.json|index\.html"
    r"|train/(history\.csv|samples\.npy|training\.json)|samples/(sample-[a-z0-9-]+\.svg|samples\.npz|health\.csv)"
    r"|recogniser/(index\.json|recogniser\.(json|safetensors)|history\.csv|training\.json)"
    r"|evaluate/(legibility\.json|dreamt/(points\.npy|index\.csv)|[a-z0-9-]+\.csv|window-[0-9]+\.npy))"
)
REPLACED = "replaced"  # beside the trainings: what stood where a run was restored


def restore_run(name: str, root: Path) -> tuple[FoundRun, list[str], Path | None]:
    """Put all that a run has made where its pipeline left it, or nothing, once it is known to be the very same.

    Gives the run, the files and folders that differed from what was there, and the folder that has what they replaced.
    """
    older = states_of(root) / REPLACED / time.strftime("%Y-%m-%d-%H%M%S")
    near = root / ".dvc" / "tmp"  # on the disk of the checkout: what is there in whole takes its place in no time
    near.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="restore-", dir=near) as folder:
        place = Path(folder)
        run = _fetched(name, root, place)
        (place / ".dvc").mkdir()
        shutil.copyfile(root / ".dvc" / "config", place / ".dvc" / "config")
        on_cache(place, cache_of(root))
        outs = [out for out in OUTS if (place / out).exists()]
        output_of(place, *DVC, "add", "--quiet", *outs)  # else DVC would run the stages that made what its cache lacks
        changed = [out for out in PLACES if _contents(place / out) != _contents(root / out)]
        try:
            _exchange(changed, place, root, older)
        except OSError as error:
            if all(path.is_dir() and not path.is_symlink() for path in older.rglob("*")):
                shutil.rmtree(older, ignore_errors=True)
            left = f"; what could not be put back is in {older}" if older.exists() else ""
            raise InputError(f"{root}: nothing was restored ({error}){left}; mend that, and do it again") from None
    return run, changed, older if older.exists() else None


def _exchange(names: list[str], place: Path, root: Path, older: Path) -> None:
    """Put what `place` has into `root`, and what stood there into `older`: all of it, or none."""
    with ExitStack() as undo:
        for name in names:
            for source, target in ((root / name, older / name), (place / name, root / name)):
                if source.exists():
                    _move(source, target)
                    undo.callback(_move, target, source)
        undo.pop_all()


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, target)  # .state may be on another disk


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
    try:
        _demand_sound(run, root, place)
    except InputError as error:
        where = f"{store.uri} and the folder mlruns beside it" if store.file else store.uri
        raise InputError(f"run {run.run_id} in {where}: {error}; nothing was restored") from None
    return run


def _demand_sound(run: FoundRun, root: Path, place: Path) -> None:
    """Raise InputError unless the files of a run are those that were sent, and such as this checkout would make."""
    for path in place.rglob("*"):
        name, known = path.relative_to(place).as_posix(), FOLDERS.__contains__ if path.is_dir() else FILES.fullmatch
        if not known(name):
            raise InputError(f"it has {name!r}, which no stage makes")
    if not (file := place / "params.yaml").is_file():
        raise InputError("it has no params.yaml")
    params = sections_in(file.read_bytes(), "params.yaml")
    if unknown := params.keys() - SECTIONS.keys():
        raise InputError(f"section {min(unknown)!r} of params.yaml is unknown to this checkout")
    whole = as_now(params)
    for name, record in SECTIONS.items():
        checked(name, whole.get(name, {}), record, "params.yaml")
    if (lock := place / "dvc.lock").is_file():
        _demand_known_lock(lock.read_bytes(), root)
    made = fingerprint_of(dict(flatten(params)), run.tags.get("penlift.data_hash", ""), _files(place))
    if made != run.tags[OUTCOME]:
        raise InputError("its files are not those that were sent")


def _demand_known_lock(content: bytes, root: Path) -> None:
    """Raise InputError unless DVC would read a dvc.lock, and it has stages of this checkout alone, by their scripts."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA  # this late: it takes a while

    try:
        stages = COMPILED_LOCKFILE_SCHEMA(parsed(content, "dvc.lock")).get("stages", {})
    except Invalid as error:
        raise InputError(f"dvc.lock: {one_line(error)}") from None
    here = parsed((root / "dvc.yaml").read_bytes(), root / "dvc.yaml")["stages"]
    for name, stage in stages.items():
        if name not in here or str(stage["cmd"]).split()[:2] != ["python", f"pipeline/{name}.py"]:
            raise InputError(f"dvc.lock: stage {name!r} runs {cut_short(stage['cmd'])}, which is unknown here")


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
