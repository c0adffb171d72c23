"""What one run of the whole pipeline came to, read back from its files: all that a tracking server should hold."""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from penlift.errors import InputError
from penlift.journal import read_events
from penlift.provenance import tags_of_training
from penlift.record import OUTCOME, TRAINING, Image, Point, Record, flatten
from penlift.state_folder import JOURNAL
from penlift.training_record import began, epochs_in, of_history, points_of

LOCKED = ("params.yaml", "dvc.lock")  # what a run is made again from; other code changes the lock and not the outcome
NOTE = "mlflow.note.content"  # the tag that MLflow shows on top of a run's page


@dataclass(frozen=True)
class Outcome:
    """Parameters, figures and files of a run. Two runs with the same of all are one outcome."""

    params: dict[str, Any]  # "model.cell": "lstm"
    metrics: dict[str, Any]  # metrics.json
    history: pd.DataFrame  # a row an epoch
    about: dict[str, Any]  # training.json: fingerprint of the training, and what it ran on
    data: str  # hash of the ink
    files: dict[str, Path]  # "models/model.json" -> where it is

    @property
    def training(self) -> str:
        """The fingerprint of the training; several outcomes may have it in common."""
        return str(self.about["fingerprint"])

    @property
    def fingerprint(self) -> str:
        """The same for the same outcome, whenever and wherever it was computed."""
        return fingerprint_of(self.params, self.data, self.files)


def fingerprint_of(params: Mapping[str, Any], data: str, files: Mapping[str, Path]) -> str:
    """A hash of parameters, of the ink's hash, and of the names and contents of all files that a run has left."""
    made = {name: hash_of([file]) for name, file in files.items() if name not in LOCKED}
    return hashlib.sha256(json.dumps([dict(params), data, made], sort_keys=True).encode()).hexdigest()


def read_outcome(
    root: Path, params: dict[str, Any], ink: Path, train: Path, metrics: Path, made: list[Path]
) -> Outcome:
    """Gather the outcome from the files that the stages made, all below `root`; `made`: files, and folders of files."""
    try:
        whole = [file for path in made for file in ([path] if path.is_file() else sorted(path.rglob("*.*")))]
        locked = [path for name in LOCKED if (path := root / name).is_file()]
        return Outcome(
            params=dict(flatten(params)),
            metrics=json.loads(metrics.read_text(encoding="utf-8")),
            history=pd.read_csv(train / "history.csv"),
            about=json.loads((train / "training.json").read_text(encoding="utf-8")),
            data=hash_of_ink(ink),
            files={path.absolute().relative_to(root.absolute()).as_posix(): path for path in [*whole, *locked]},
        )
    except (FileNotFoundError, ValueError) as error:
        raise InputError(f"no finished run to track ({error}); make one with `dvc repro`") from None


def record_of_outcome(outcome: Outcome, states: Path, name: str, tags: dict[str, str], images: list[Image]) -> Record:
    """The record of an outcome. Its curves have the times that the training's journal gives, where there still is one
    in `states`."""
    now = round(1000 * time.time())
    events = read_events(states / outcome.training / JOURNAL)
    curves = list(points_of(events))
    if len(epochs_in(curves)) < len(outcome.history):
        events, curves = [], list(of_history(outcome.history, now))
    figures = [Point(key.replace(".", "/", 1), float(value), 0, now) for key, value in flatten(outcome.metrics)]
    own = {TRAINING: outcome.training, OUTCOME: outcome.fingerprint, "penlift.data_hash": outcome.data,
           NOTE: note_of(outcome)}  # fmt: skip
    return Record(
        name=name,
        tags=tags | tags_of_training(outcome.about) | own,
        status="FINISHED",
        began=began(events) or now,
        params=outcome.params,
        points=[*curves, *figures],
        images=images,
        files=outcome.files,
    )


def note_of(outcome: Outcome) -> str:
    """In a few lines of Markdown, what a person wants to know first."""
    rows = []
    for split in ("valid", "test"):
        if figures := outcome.metrics.get(split):
            nll, blind = figures["nll_nats_per_point"], figures["baseline_nll_nats_per_point"]["tablet"]
            low, high = (figures.get(f"nll_nats_per_point_{end}", {}).get("tablet") for end in ("low", "high"))
            interval = f" [{low:.3f}, {high:.3f}]" if low is not None and high is not None else ""
            rows.append(f"| {split} | {figures['lines']} | {nll['tablet']:.3f}{interval} | {nll['over_20']:.3f} | "
                        f"{blind:.3f} |")  # fmt: skip
    head = "| split | lines | NLL, nats a point, tablet units | offsets / 20 | no network |\n|---|---|---|---|---|\n"
    seen = (
        "The page of the run: artifact `reports/index.html`. Its samples over the epochs: the slider `by_epoch/dreamt`."
    )
    back = "`penlift restore` and this run's id or name bring its parameters and weights back."
    return f"{head}{chr(10).join(rows)}\n\n{seen} {back}\n"


def hash_of_ink(folder: Path) -> str:
    """A hash of what a folder of ink holds."""
    return hash_of([folder / "points.npy", folder / "index.csv"])


def hash_of(paths: Iterable[Path]) -> str:
    """A hash of the contents of files, in their order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
