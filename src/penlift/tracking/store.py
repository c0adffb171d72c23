"""Where runs are mirrored to: a tracking server, or the embedded sqlite file of a repository."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from penlift.common.errors import InputError

SQLITE = "sqlite:///"
ANSWERS = 3.0  # s that a server has to say that it is there


class Unsent(Exception):  # noqa: N818  (a state of the world, not a mistake)
    """The store did not take a run; the message says which store, and why."""


class Silent(Unsent):
    """The store does not answer at all, so nothing else can be sent either."""


class Store(NamedTuple):
    """Where runs go."""

    uri: str
    artifacts: str | None  # explicit location, for the embedded store
    lock: Path | None  # several processes at once would break a fresh sqlite file

    @classmethod
    def of(cls, root: Path) -> "Store":
        """MLFLOW_TRACKING_URI where it is set, else mlflow.db at the root. Artifacts of a sqlite file stand beside it.

        DVC runs queued experiments in folders that it deletes, and names the repository they came from in DVC_ROOT.
        """
        home = Path(os.environ.get("DVC_ROOT") or root).resolve()
        uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home / 'mlflow.db'}"
        if uri.startswith(("http://", "https://")):
            return cls(uri, None, None)
        if not uri.startswith(SQLITE):
            raise InputError(
                f"MLFLOW_TRACKING_URI is {uri!r}: runs go to a server, http://..., or to a file, sqlite:///...; "
                "docs/team.md sets up a server on any other store"
            )
        file = home / uri.removeprefix(SQLITE)
        return cls(f"{SQLITE}{file}", file.with_name("mlruns").as_uri(), file.with_name(f"{file.name}.lock"))

    @property
    def file(self) -> Path | None:
        """The sqlite file, where it is one."""
        return Path(self.uri.removeprefix(SQLITE)) if self.uri.startswith(SQLITE) else None

    @contextmanager
    def opened(self, patience: float) -> Iterator[None]:
        """While entered, the store is known to answer, and a sqlite file is this process's alone.

        Silent where that is not so after `patience` seconds. A server is asked by a plain request first: a client of
        MLflow's takes seconds to be imported, and minutes to give a dead server up.
        """
        if self.uri.startswith("http"):
            _ask(self.uri)
        if not self.lock:
            yield
            return
        lock = FileLock(self.lock)
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            raise Silent(f"{self.uri} is in use by another process ({self.lock} is taken)") from None
        except OSError as error:
            raise Silent(f"{self.lock}: {error.strerror or error}") from None
        try:
            if self.file and self.file.exists():
                _lock_once(self.file, patience)
            yield
        finally:
            lock.release()


def _ask(server: str) -> None:
    import requests

    try:
        requests.get(f"{server.rstrip('/')}/health", timeout=ANSWERS)
    except requests.RequestException as error:
        raise Silent(f"{server} does not answer ({type(error).__name__})") from None


def _lock_once(file: Path, patience: float) -> None:
    """See that a sqlite file can be written: MLflow waits 20 s at each call for one that is locked."""
    try:
        with closing(sqlite3.connect(file, timeout=patience)) as database:
            database.execute("BEGIN IMMEDIATE").close()
    except sqlite3.Error as error:
        raise Silent(f"{SQLITE}{file} cannot be written ({error})") from None
