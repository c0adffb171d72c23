"""A run by what a person calls it: a folder, or a DVC experiment or Git revision of this repository."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pandas as pd

from penlift.common.errors import InputError
from penlift.common.params import as_now, read_params
from penlift.evaluation.results import judge_of, read_json, read_table
from penlift.experiments.repository import experiments_in, output_of
from penlift.ink.lines import Ink, load_ink

LINES, READ = Path("reports/evaluate/lines.csv"), Path("reports/evaluate/legibility.csv")
PARTS = ("params.yaml", "reports/metrics.json", "reports/evaluate", "reports/train")


class Run(NamedTuple):
    """What two runs are compared by."""

    name: str
    params: dict[str, dict[str, Any]]
    metrics: dict[str, Any]
    history: pd.DataFrame
    lines: pd.DataFrame  # a row a line, as `findings` left it: line, writer, split, points, nll_tablet, ...
    dreamt: Ink
    training: str = ""  # the fingerprint of its training
    judge: str = ""  # that of the recogniser which read it
    read: pd.DataFrame | None = None  # what that read, as `legibility` left it; None where it read no texts


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
    training = folder / "reports" / "train" / "training.json"
    return Run(
        name=name,
        params=as_now(read_params(folder / "params.yaml")),
        metrics=read_json(folder / "reports" / "metrics.json"),
        history=read_table(folder / "reports" / "train" / "history.csv"),
        lines=read_table(folder / LINES),
        dreamt=load_ink(folder / "reports" / "evaluate" / "dreamt"),
        training=str(read_json(training).get("fingerprint", "")) if training.is_file() else "",
        judge=judge_of(folder / "reports" / "evaluate"),
        read=read_table(read) if (read := folder / READ).is_file() else None,
    )


def _checked_out(name: str, repository: Path, folder: Path) -> Path:
    """The run of an experiment or revision, taken from Git and DVC's cache; the workspace stays as it is."""
    from dvc.api import DVCFileSystem

    if Path(name).exists():
        raise InputError(f"{name}: holds no evaluated run ({LINES} is missing); make one there with `dvc repro`")
    top = Path(output_of(repository, "git", "rev-parse", "--show-toplevel").decode().strip())
    revision = _revision(name, top)
    if (place := folder / revision).is_dir():  # by another of its names
        return place
    files = DVCFileSystem(str(top), rev=revision)
    if missing := [part for part in PARTS if not files.exists(part)]:
        raise InputError(f"{name}: has no {missing[0]}, so it holds no run; commit one that `dvc repro` made")
    try:
        for part in PARTS:
            (place / part).parent.mkdir(parents=True, exist_ok=True)
            files.get(part, str(place / part), recursive=True)
    except FileNotFoundError:
        raise InputError(f"{name}: its results are not in DVC's cache; `dvc pull` or `dvc repro` brings them") from None
    return place


def _revision(name: str, repository: Path) -> str:
    """The commit of an experiment or of anything that Git knows by that name."""
    commits = {experiment.commit for experiment in experiments_in(repository) if experiment.name == name}
    if len(commits) > 1:
        raise InputError(f"{name}: {len(commits)} experiments have this name; name its commit: {', '.join(commits)}")
    if commits:
        return commits.pop()
    try:
        found = output_of(repository, "git", "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
    except InputError:
        raise InputError(
            f"{name}: no such folder, experiment or revision; `dvc exp list` names the experiments"
        ) from None
    return found.decode().strip()
