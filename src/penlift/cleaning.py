"""Which trainings can go: what they came to is elsewhere, or nobody has been at them for long."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock, Timeout

from penlift.delivery import waits
from penlift.state_folder import LOCK, Training, last_at_work, read_training
from penlift.store import Store

DAY = 86400.0  # s


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
