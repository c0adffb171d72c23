"""A run by what a person calls it: a folder, or a DVC experiment or Git revision of this repository."""

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pandas as pd

from penlift.errors import InputError
from penlift.ink import Ink, load_ink
from penlift.params import read_params
from penlift.results import read_json

LINES = Path("reports/evaluate/lines.csv")
NEEDED = ("reports/evaluate", "reports/train")  # that DVC keeps


class Run(NamedTuple):
    """What two runs are compared by."""

    name: str
    params: dict[str, dict[str, Any]]
    metrics: dict[str, Any]
    history: pd.DataFrame
    lines: pd.DataFrame  # a row a line, as `findings` left it: line, writer, split, points, nll_tablet, ...
    dreamt: Ink


def is_run(name: str) -> bool:
    """Whether a folder holds a finished run."""
    return (Path(name) / LINES).is_file()


@contextmanager
def open_runs(names: list[str], repository: Path) -> Iterator[list[Run]]:
    """Find runs by their names, in their order."""
    with TemporaryDirectory(prefix="penlift-") as folder:
        places = [Path(name) if is_run(name) else _checked_out(name, repository, Path(folder)) for name in names]
        yield [_read(name, place) for name, place in zip(_short(names), places, strict=True)]


def _short(names: list[str]) -> list[str]:
    """Folders by their own names, unless two would be named alike."""
    short = [Path(name).resolve().name if is_run(name) else name for name in names]
    return short if len(set(short)) == len(names) else names


def _read(name: str, folder: Path) -> Run:
    texts: Any = {"line": str, "writer": str}
    return Run(
        name=name,
        params=read_params(folder / "params.yaml"),
        metrics=read_json(folder / "reports" / "metrics.json"),
        history=pd.read_csv(folder / "reports" / "train" / "history.csv"),
        lines=pd.read_csv(folder / LINES, dtype=texts, keep_default_na=False),
        dreamt=load_ink(folder / "reports" / "evaluate" / "dreamt"),
    )


def _checked_out(name: str, repository: Path, folder: Path) -> Path:
    """The run of an experiment or revision, taken from Git and from DVC's cache; the workspace stays as it is."""
    revision = _revision(name, repository)
    place = folder / revision
    if place.is_dir():
        return place
    archive = _output(repository, "git", "archive", revision)
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(place, filter="data")
    dvc = (sys.executable, "-m", "dvc")
    cache = _output(repository, *dvc, "cache", "dir").decode().strip()
    _output(place, *dvc, "config", "--local", "core.no_scm", "true")
    _output(place, *dvc, "config", "--local", "cache.dir", cache)
    try:
        _output(place, *dvc, "checkout", "--quiet", *NEEDED)
    except InputError:
        raise InputError(f"{name}: its results are not in DVC's cache; `dvc pull` or `dvc repro` brings them") from None
    if not is_run(str(place)):
        raise InputError(f"{name}: holds no evaluated run ({LINES} is missing); make one with `dvc repro`")
    return place


def _revision(name: str, repository: Path) -> str:
    """The commit of an experiment or of anything that Git knows by that name."""
    experiments = _output(repository, "git", "for-each-ref", "--format=%(objectname) %(refname)", "refs/exps")
    for row in experiments.decode().splitlines():
        commit, reference = row.split(" ", 1)
        if reference.rsplit("/", 1)[-1] == name:
            return commit
    try:
        return (
            _output(repository, "git", "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
            .decode()
            .strip()
        )
    except InputError:
        raise InputError(
            f"{name}: no such folder, experiment or revision; `dvc exp list` names the experiments"
        ) from None


def _output(folder: Path, *command: str) -> bytes:
    answer = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    if answer.returncode:
        raise InputError(f"{folder}: `{' '.join(command[:4])}` failed: {answer.stderr.decode().strip()[-300:]}")
    return answer.stdout
