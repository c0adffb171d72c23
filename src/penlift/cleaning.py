"""Which trainings can go: what they came to is elsewhere, or nobody has been at them for long."""

from collections.abc import Iterable

from penlift.delivery import waits
from penlift.state_folder import Training, last_at_work
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


def _reason_to_stay(training: Training, store: Store, abandoned_after: float, now: float) -> str:
    if training.running:
        return f"process {training.running} is at it"
    days = (now - last_at_work(training.folder)) / DAY
    if not training.done and days < abandoned_after:
        return f"unfinished, and {days:.1f} days old; `dvc repro` with its parameters goes on with it"
    if waits(training, store):
        return "MLflow lacks its curves; `penlift track --all` sends them"
    return ""
