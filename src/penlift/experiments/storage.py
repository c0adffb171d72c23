"""Where the trials of a search are kept: a journal in the checkout, or a database that workers anywhere can reach.

Neither holds pickled objects: a journal is lines of JSON, and of Optuna's database all columns are plain. What is said
of a database never shows a password.
"""

import random
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from filelock import FileLock
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._file import BaseJournalFileLock
from optuna.trial import FrozenTrial
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from penlift.common.errors import InputError, one_line
from penlift.common.files import DAMAGE
from penlift.training.folder import states_of

SEARCHES = "searches"  # beside the trainings
BEAT, SILENCE = 20, 180  # s between two signs of a worker, and without one after which it is gone
OUTAGE, AGAIN = 600.0, 2.0  # s that a database may be away before a worker gives up, and between two attempts
MADE_AT_ONCE = 20  # attempts, while others make the same tables
ANSWERS = 10  # s that a database has to take a connection
optuna.logging.set_verbosity(optuna.logging.ERROR)


def folder_of(root: Path, name: str) -> Path:
    """What a search keeps in a checkout."""
    return states_of(root).resolve() / SEARCHES / name


def storage_of(url: str | None, root: Path, name: str, asked_to_stop: Callable[[], object] = str) -> BaseStorage:
    """The storage behind a URL; without one, the journal of search `name` in the checkout.

    A database that goes away later is waited for, until it is asked to stop.
    """
    if url:
        storage = database_of(url)
        sqlalchemy.event.listen(storage.engine, "do_connect", _patiently(asked_to_stop))
        return storage
    file = folder_of(root, name) / "journal.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        return JournalStorage(JournalFileBackend(str(file), JournalLock(file)))
    except (*DAMAGE, AssertionError) as error:  # Optuna's own, where a line says what cannot be
        raise InputError(
            f"{file}: a damaged journal ({one_line(error)}); delete it to search from the beginning"
        ) from None


class JournalLock(BaseJournalFileLock):
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


def database_of(url: str) -> RDBStorage:
    """The storage behind a URL, its tables made where there are none."""
    try:
        parts = make_url(url)
        parts.get_dialect()
    except (ArgumentError, ValueError):
        raise InputError("the storage's URL cannot be read; write it like postgresql://USER@HOST/NAME") from None
    if parts.drivername.startswith("sqlite"):
        raise InputError("a storage in SQLite mixes up what several workers write; leave it out, or name PostgreSQL's")
    where = f"{parts.drivername}://{parts.host or ''}/{parts.database or ''}"  # without user and password
    plain = url.replace("{", "%7B").replace("}", "%7D")  # Optuna takes braces for fields of its own
    # no connection is kept: hundreds of workers would use them up, and one may be dead after an hour of training
    options = {"poolclass": NullPool, "connect_args": {"connect_timeout": ANSWERS}}
    for _ in range(MADE_AT_ONCE):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ExperimentalWarning)  # the heartbeat, there since Optuna 2.9
                return RDBStorage(
                    plain, options, heartbeat_interval=BEAT, grace_period=SILENCE, heartbeat_stale_trial_callback=again
                )
        except (IntegrityError, ProgrammingError) as error:  # another worker has just made the same table
            fault = error
            time.sleep(random.random())
        except (ImportError, RuntimeError, SQLAlchemyError, StorageInternalError) as error:
            raise InputError(
                f"{where} holds no search ({_why(error)}); is it up, the password right, the database its own?"
            ) from None
    raise InputError(f"{where}: the tables of a search could not be made ({_why(fault)}); may this user make tables?")


def again(study: optuna.Study, trial: FrozenTrial) -> None:
    """Let the levels of a trial that came to no end wait for whoever takes them up."""
    if trial.params:
        study.enqueue_trial(trial.params)


def _patiently(asked_to_stop: Callable[[], object]) -> Callable[..., Any]:
    """Connects, again and again for a while if the database is away."""

    def connect(dialect: Any, _record: object, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        until = time.monotonic() + OUTAGE
        while True:
            try:
                return dialect.connect(*arguments, **options)
            except dialect.loaded_dbapi.OperationalError:
                if asked_to_stop() or time.monotonic() > until:
                    raise
            time.sleep(AGAIN)

    return connect


@contextmanager
def answering() -> Iterator[None]:
    """Turns a storage that is gone into an error that a user can mend."""
    try:
        yield
    except StorageInternalError:
        raise InputError("the storage is gone; once it is back, the same command goes on") from None


def _why(error: Exception) -> str:
    """The first line of what a driver said."""
    said = getattr(error, "orig", None) or error.__cause__ or error
    return " ".join(str(said).split("\n")[0].split())[:200]
