"""The trainings of a checkout as a person wants to see them, and which of them can go."""

import math
import shutil
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from filelock import FileLock, Timeout
from rich.filesize import decimal

from penlift.common.processes import LOCK
from penlift.common.terminal import in_columns
from penlift.tracking.curves import read_about
from penlift.tracking.outbox import mirrored
from penlift.tracking.record import RATE
from penlift.tracking.store import Store
from penlift.training.folder import Training, held_out_in, last_at_work, read_training

DAY = 86400  # s


def reason_to_stay(training: Training, store: Store, abandoned_after: float, now: float) -> str:
    """Why a training must not be removed, or nothing.

    `abandoned_after`: days without work after which an unfinished one counts as given up; `now`: s since 1970.
    """
    if training.running:
        return f"process {training.running} is at it"
    days = (now - last_at_work(training.folder)) / DAY
    if not training.done and days < abandoned_after:
        return f"unfinished, and {days:.1f} days old"
    if mirrored(training, store) == "waits":
        return "MLflow lacks its curves; `penlift track --all` sends them"
    return ""


def remove(folder: Path, store: Store, abandoned_after: float, now: float) -> str:
    """Remove a training that may still go, as no trainer can begin meanwhile; else the reason why it stays."""
    try:
        with FileLock(folder / LOCK).acquire(timeout=0):
            if why := reason_to_stay(read_training(folder, ""), store, abandoned_after, now):
                return why
            shutil.rmtree(folder)
    except Timeout:
        return "which somebody has just begun"
    return ""


def trainings_table(trainings: Iterable[Training], store: Store, now: float) -> str:
    """What there is to know of trainings, a row for each; `now` in s since 1970."""
    rows = [_row(training, store, now) for training in trainings]
    return in_columns([list(rows[0]), *(list(row.values()) for row in rows)])


def _row(training: Training, store: Store, now: float) -> dict[str, str]:
    """The cells of a training, by the heads of their columns."""
    history = training.header.get("history", [])
    best = min((nll for row in history if math.isfinite(nll := held_out_in(row))), default=None)
    about = read_about(training.folder)
    rate = f" ({about['tags'][RATE]})" if RATE in about["tags"] else ""
    reads = "recognise.epochs" in about["params"]
    asked = about["params"].get("recognise.epochs" if reads else "train.epochs")
    return {
        "training": training.folder.name,
        "run": about["name"] if about["name"] != training.folder.name else "",
        "state": state_of(training),
        "where": f"epoch {len(history)}{f' of {asked}' if asked else ''}, step {training.header.get('step', 0)}",
        # the best so far: nats a point, offsets / 20; of a recogniser the share of letters
        "held out": "" if best is None else f"{100 * best:.1f} % wrong" if reads else f"{best:.3f}{rate}",
        "age": str(timedelta(seconds=max(0, round(now - last_at_work(training.folder))))),  # since it was at work
        "size": decimal(_size_of(training.folder)),
        "in MLflow": mirrored(training, store),
    }


def state_of(training: Training) -> str:
    """What a training is doing, or how it ended."""
    if training.running:
        return f"runs, pid {training.running}"
    if training.done:
        return "finished"
    return str(training.events[-1].get("ended", "killed")).lower() if training.events else "killed"


def _size_of(folder: Path) -> int:
    """Bytes of the files of a training; none where somebody removes it meanwhile."""
    with suppress(OSError):
        return sum(file.stat().st_size for file in folder.glob("[!.]*"))
    return 0
