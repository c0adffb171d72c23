"""What one run of the whole pipeline came to, and where it came from: all that a tracking server should hold."""

import json
import os
import platform
import subprocess
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from penlift.common.errors import InputError, one_line
from penlift.common.files import DAMAGE, digest_of
from penlift.common.machine import processor_name
from penlift.common.params import flatten
from penlift.ink.scales import hertz, otherwise, point_of, rate_in
from penlift.tracking.curves import began, metric_points, of_history
from penlift.tracking.record import OUTCOME, RATE, TRAINING, Point, Record, name_at
from penlift.training.folder import JOURNAL, read_events, states_of

LOCKED = ("params.yaml", "dvc.lock")  # what a run is made again from; other code changes the lock and not the outcome
NOTE = "mlflow.note.content"  # the tag that MLflow shows on top of a run's page
CODE = ("src", "pipeline", "dvc.yaml")
REVISION, CHANGED, UNKNOWN = "penlift.revision", "penlift.changed", "unknown"
JUDGE = "reports/evaluate/legibility.json"  # which recogniser read the run, if one did
READER = "penlift.recogniser"  # the tag that says by which error rates are
SWEEP = "PENLIFT_SWEEP"  # the environment variable that names the sweep which a run belongs to


def record_of_outcome(
    root: Path, params: dict[str, Any], ink: Path, train: Path, metrics: Path, made: list[Path]
) -> Record:
    """The record of a finished run, from the files that stages made below `root`; `made`: files, and folders of files.

    Two runs with the same parameters, ink and files are one outcome, whenever and wherever they were computed.
    """
    try:
        return _record(root, params, ink, train, metrics, made)
    except (FileNotFoundError, *DAMAGE) as error:
        said = f"{type(error).__name__}: {one_line(error)}"
        raise InputError(f"no finished run to track ({said}); make one with `dvc repro`") from None


def _record(root: Path, params: dict[str, Any], ink: Path, train: Path, metrics: Path, made: list[Path]) -> Record:
    whole = [file for path in made for file in ([path] if path.is_file() else sorted(path.rglob("*.*")))]
    data = hash_of_ink(ink)
    history = pd.read_csv(train / "history.csv")
    figures = json.loads(metrics.read_text(encoding="utf-8"))
    about = json.loads((train / "training.json").read_text(encoding="utf-8"))
    locked = [path for name in LOCKED if (path := root / name).is_file()]
    files = {path.absolute().relative_to(root.absolute()).as_posix(): path for path in [*whole, *locked]}
    flat, now = dict(flatten(params)), round(1000 * time.time())
    rate = rate_in(params)
    start, points = _curves(states_of(root) / about["fingerprint"], history, now, hertz(rate))
    named = ((name_at(hertz(rate), key.replace(".", "/", 1)), value) for key, value in flatten(figures))
    points += [Point(key, float(value), 0, now) for key, value in named]
    own = {TRAINING: about["fingerprint"], OUTCOME: fingerprint_of(flat, data, files), "penlift.data_hash": data,
           NOTE: mlflow_note(figures, rate)}  # fmt: skip
    if judge := files.get(JUDGE):
        own[READER] = str(json.loads(judge.read_text(encoding="utf-8"))["recogniser"])
    return Record(
        name=name_of(params, os.environ),
        tags=tags_of(root, params, os.environ) | tags_of_training(about) | own,
        status="FINISHED",
        began=start,
        params=flat,
        points=points,
        files=files,
    )


def _curves(training: Path, history: pd.DataFrame, now: int, rate: str) -> tuple[int, list[Point]]:
    """When a training began, in ms since 1970, and its curves: by its journal, where that still has all epochs."""
    events = read_events(training / JOURNAL)
    curves = list(metric_points(events, rate))
    if len({point.step for point in curves}) < len(history):
        return now, list(of_history(history, now, rate))
    return began(events) or now, curves


def fingerprint_of(params: Mapping[str, Any], data: str, files: Mapping[str, Path]) -> str:
    """A hash of parameters, of the ink's hash, and of the names and contents of all files that a run has left."""
    made = {name: digest_of([file]) for name, file in files.items() if name not in LOCKED}
    return digest_of([], [dict(params), data, made])


def mlflow_note(metrics: Mapping[str, Any], rate: float | None) -> str:
    """In a few lines of Markdown, what a person wants to know first; `rate`: Hz of thinned points, or None."""
    rows, beside = [], []
    for split in ("valid", "test"):
        if figures := metrics.get(split):
            nll, blind = figures["nll_nats_per_point"], figures["baseline_nll_nats_per_point"]["tablet"]
            low, high = (figures.get(f"nll_nats_per_point_{end}", {}).get("tablet") for end in ("low", "high"))
            interval = f" [{low:.3f}, {high:.3f}]" if low is not None and high is not None else ""
            rows.append(f"| {split} | {figures['lines']} | {nll['tablet']:.3f}{interval} | {nll['over_20']:.3f} | "
                        f"{blind:.3f} |")  # fmt: skip
            if rate is not None:
                beside.append(f"On the {split} split {otherwise(figures)}, tablet units.")
    unit = f"nats a {point_of(rate)}, tablet units"
    head = f"| split | lines | NLL, {unit} | offsets / 20 | no network |\n|---|---|---|---|---|\n"
    if read := metrics.get("legibility", {}).get("unseen"):
        ours, people = (f"{100 * read[side]['cer']:.1f} %" for side in ("bias_0_5", "people"))
        beside.append(
            f"Letters read wrongly, unseen texts: {ours} of what is written at bias 0.5, {people} of people's."
        )
    seen = (
        "The page of the run: artifact `reports/index.html`. Its samples over the epochs: the slider `by_epoch/dreamt`."
    )
    back = "`penlift restore` and this run's id or name bring its parameters and weights back."
    return f"{head}{chr(10).join(rows)}\n\n{' '.join([*beside, seen, back])}\n"


def hash_of_ink(folder: Path) -> str:
    """A hash of what a folder of ink holds."""
    return digest_of([folder / "points.npy", folder / "index.csv"])


def cell_of(params: Mapping[str, Any]) -> str:
    """The cell as one word, peepholes included."""
    model = params["model"]
    return f"{model['cell']}+peepholes" if model["peepholes"] else str(model["cell"])


def name_of(params: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """The DVC experiment's name, or what the run is by its parameters."""
    model = params["model"]
    own = f"{cell_of(params)}-{model['layers']}x{model['hidden']}-{model['mixtures']}mix"
    return environment.get("DVC_EXP_NAME") or own


def reader_of(params: Mapping[str, Any]) -> str:
    """What the training of a recogniser is by its parameters."""
    return f"recogniser-2x{params['recognise']['hidden']}"


def tags_of(root: Path, params: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """What a run can be searched by: cell, data, rate, revision, versions, processor, sweep, DVC experiment."""
    tags = {
        "penlift.cell": cell_of(params),
        "penlift.data": str(params["extract"]["path"]),
        RATE: hertz(rate_in(params)),
        **_code(root),
        "penlift.version": _version(),
        "penlift.python": platform.python_version(),
        "penlift.cpu": processor_name(),
        "penlift.sweep": environment.get(SWEEP, ""),
        "dvc.experiment": environment.get("DVC_EXP_NAME", ""),
        "dvc.baseline": environment.get("DVC_EXP_BASELINE_REV", ""),
    }
    return {key: value for key, value in tags.items() if value}


def tags_of_training(about: Mapping[str, Any]) -> dict[str, str]:
    """What a training ran on, of training.json."""
    return {f"penlift.{key}": str(value) for key, value in about.items() if key != "fingerprint"}


def _version() -> str:
    try:
        return version("penlift")
    except PackageNotFoundError:  # a checkout that is not installed
        return ""


def _code(root: Path) -> dict[str, str]:
    """The revision of the code, and whether it was edited since; unknown where Git does not say, or tracks none."""
    if not _git(root, "ls-files", "--", *CODE):  # nothing for a copy that lies in somebody's larger repository
        return {REVISION: UNKNOWN, CHANGED: UNKNOWN}
    edited = _git(root, "status", "--porcelain", "--untracked-files=normal", "--", *CODE)
    changed = UNKNOWN if edited is None else "yes" if edited else "no"
    return {REVISION: _git(root, "rev-parse", "HEAD") or UNKNOWN, CHANGED: changed}


def _git(root: Path, *arguments: str) -> str | None:
    """What Git says; None where it fails, or is not there."""
    try:
        answer = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.decode(errors="replace").strip()
