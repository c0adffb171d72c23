"""The trainings of a checkout as a person wants to see them, and which of them can go."""

import math
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from penlift.common.processes import LOCK
from penlift.common.terminal import in_columns
from penlift.tracking.outbox import waits
from penlift.tracking.store import Store
from penlift.tracking.training import read_about
from penlift.training.folder import Training, last_at_work, read_training

MINUTE, HOUR, DAY = 60, 3600, 86400
HEAD = ("training", "run", "state", "where", "NLL held out", "age", "MiB", "in MLflow")


def removable(
    trainings: Iterable[Training], store: Store, abandoned_after: float, now: float
) -> tuple[list[Training], list[tuple[Training, str]]]:
    """Those that can go, and those that stay, each with its reason.

    `abandoned_after`: days without work after which an unfinished one counts as given up; `now`: s since 1970.
    """
    leaving, staying = [], []
    for training in trainings:
        if why := _reason_to_stay(training, store, abandoned_after, now):
            staying.append((training, why))
        else:
            leaving.append(training)
    return leaving, staying


def remove(folder: Path, store: Store, abandoned_after: float, now: float) -> str:
    """Remove a training that may still go, as no trainer can begin meanwhile; else the reason why it stays."""
    try:
        with FileLock(folder / LOCK).acquire(timeout=0):
            if why := _reason_to_stay(read_training(folder, ""), store, abandoned_after, now):
                return why
            shutil.rmtree(folder)
    except Timeout:
        return "which somebody has just begun"
    return ""


def _reason_to_stay(training: Training, store: Store, abandoned_after: float, now: float) -> str:
    if training.running:
        return f"process {training.running} is at it"
    days = (now - last_at_work(training.folder)) / DAY
    if not training.done and days < abandoned_after:
        return f"unfinished, and {days:.1f} days old"
    if waits(training, store):
        return "MLflow lacks its curves; `penlift track --all` sends them"
    return ""


class Row(NamedTuple):
    """A training."""

    training: str  # the name of its folder
    run: str
    state: str
    where: str  # it stands
    nll: str  # nats a point, offsets / 20, the best so far
    age: str  # since it was last at work
    size: str  # MiB
    mirrored: str


def row_of(training: Training, mirrored: str, now: float) -> Row:
    """What there is to know of a training; `mirrored`: whether MLflow has it, in a word; `now` in s since 1970."""
    history = training.header.get("history", [])
    best = min((nll for row in history if math.isfinite(nll := row["valid_nll_nats_per_point"])), default=None)
    about = read_about(training.folder)
    epochs = f" of {about['params']['train.epochs']}" if "train.epochs" in about["params"] else ""
    return Row(
        training.folder.name,
        about["name"] if about["name"] != training.folder.name else "",
        state_of(training),
        f"epoch {len(history)}{epochs}, step {training.header.get('step', 0)}",
        "" if best is None else f"{best:.3f}",
        age_of(now - last_at_work(training.folder)),
        f"{size_of(training.folder) / 2**20:.0f}",
        mirrored,
    )


def state_of(training: Training) -> str:
    """What a training is doing, or how it ended."""
    if training.running:
        return f"runs, pid {training.running}"
    if training.done:
        return "finished"
    last = training.events[-1] if training.events else {}
    return {"Stopped": "stopped", "Diverged": "diverged", "Lost": "lost a process"}.get(last.get("ended", ""), "killed")


def age_of(seconds: float) -> str:
    """A time span in its largest unit."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds // unit:.0f} {name}"
    return f"{max(seconds, 0):.0f} s"


def size_of(folder: Path) -> int:
    """Bytes of the files of a folder, which may come and go meanwhile."""
    total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                total += entry.stat().st_size if entry.is_file() else 0
    return total


def trainings_table(rows: Iterable[Row]) -> str:
    """Rows below their heads, in columns."""
    return in_columns([HEAD, *rows])
