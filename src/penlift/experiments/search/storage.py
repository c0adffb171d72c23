"""Where the trials of a search are kept: a journal in the checkout, or a database that workers anywhere can reach.

Neither holds pickled objects: a journal is lines of JSON, and of Optuna's database all columns are plain.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import optuna
from filelock import FileLock
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._file import BaseJournalFileLock

from penlift.common.errors import InputError
from penlift.experiments.search.database import connected
from penlift.training.folder import states_of

SEARCHES = "searches"  # beside the trainings
OUTAGE, AGAIN = 600.0, 2.0  # s that a database may be away before a worker gives up, and between two attempts
optuna.logging.set_verbosity(optuna.logging.WARNING)
Answer = TypeVar("Answer")


def folder_of(root: Path, name: str) -> Path:
    """What a search keeps in a checkout."""
    return states_of(root).resolve() / SEARCHES / name


def storage_of(url: str | None, root: Path, name: str) -> BaseStorage:
    """The storage behind a URL; without one, the journal of search `name` in the checkout."""
    if url:
        return connected(url)
    file = folder_of(root, name) / "journal.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        return JournalStorage(JournalFileBackend(str(file), WholeLines(file)))
    except ValueError:
        raise InputError(f"{file}: has a line that is no JSON; delete it to search from the beginning") from None


class WholeLines(BaseJournalFileLock):
    """Lets one process at a time write to a journal, always behind a whole line.

    The lock is gone with its process, so that nobody waits for one that was killed. What a full disk or a kill has left
    of a line goes before the next one, which would be spoilt by it.
    """

    def __init__(self, file: Path) -> None:
        self._file, self._lock = file, FileLock(f"{file}.lock")

    def acquire(self) -> bool:
        """Wait until nobody else writes."""
        self._lock.acquire()
        with self._file.open("r+b") as file:
            content = file.read()
            if not content.endswith(b"\n"):
                file.truncate(content.rfind(b"\n") + 1)
        return True

    def release(self) -> None:
        """Let the next one write."""
        self._lock.release()


@contextmanager
def answering() -> Iterator[None]:
    """Turns a storage that is gone into an error that a user can mend."""
    try:
        yield
    except StorageInternalError:
        raise InputError("the storage is gone; once it is back, the same command goes on") from None


def patiently(ask: Callable[[], Answer], asked_to_stop: Callable[[], object], again: float = AGAIN) -> Answer:
    """What a storage answers, asked again and again for a while if its database is away."""
    until = time.monotonic() + OUTAGE
    while True:
        try:
            return ask()
        except StorageInternalError:
            if asked_to_stop() or time.monotonic() > until:
                raise
        time.sleep(again)
