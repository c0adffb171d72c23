"""The trainings of a checkout as a person wants to see them: a row each."""

import math
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from penlift.columns import in_columns
from penlift.state_folder import Training, last_at_work
from penlift.training_record import read_about

MINUTE, HOUR, DAY = 60, 3600, 86400
HEAD = ("training", "run", "state", "where", "NLL held out", "age", "MiB", "in MLflow")


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


def table(rows: Iterable[Row]) -> str:
    """Rows below their heads, in columns."""
    return in_columns([HEAD, *rows])
