"""Where runs are mirrored to: a tracking server, or the embedded sqlite file of a repository."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from penlift.common.errors import InputError
from penlift.training.folder import states_of

SQLITE = "sqlite:///"
ANSWERS = 3.0  # s that a server has to say that it is there


class Unsent(Exception):  # noqa: N818  (a state of the world, not a mistake)
    """The store did not take a run; the message says which store, and why."""


class Silent(Unsent):
    """The store does not answer at all, so nothing else can be sent either."""


class Store(NamedTuple):
    """Where runs go."""

    uri: str
    lock: Path  # whoever sends anything has it: beside a sqlite file, else beside the trainings

    @classmethod
    def of(cls, root: Path) -> "Store":
        """MLFLOW_TRACKING_URI where it is set, else mlflow.db at the root.

        DVC runs queued experiments in folders that it deletes, and names the repository they came from in DVC_ROOT.
        """
        home = Path(os.environ.get("DVC_ROOT") or root).resolve()
        uri = os.environ.get("MLFLOW_TRACKING_URI") or f"{SQLITE}{home / 'mlflow.db'}"
        if uri.startswith(("http://", "https://")):
            return cls(uri, states_of(root) / "sending.lock")
        if not uri.startswith(SQLITE):
            raise InputError(
                f"MLFLOW_TRACKING_URI is {uri!r}: runs go to a server, http://..., or to a file, sqlite:///...; "
                "docs/team.md sets up a server on any other store"
            )
        file = home / uri.removeprefix(SQLITE)
        return cls(f"{SQLITE}{file}", file.with_name(f"{file.name}.lock"))

    @property
    def file(self) -> Path | None:
        """The sqlite file, where it is one."""
        return Path(self.uri.removeprefix(SQLITE)) if self.uri.startswith(SQLITE) else None

    @contextmanager
    def alone(self, patience: float) -> Iterator[None]:
        """While entered, no other process on this machine sends anything: looking a run up and making it are two steps,
        and several at once would break a fresh sqlite file. Silent where another still does after `patience` seconds.
        """
        lock = FileLock(self.lock)
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            raise Silent(f"{self.uri}: another process is sending ({self.lock} is taken)") from None
        except OSError:
            pass  # no room for the lock's file, so others have none either
        try:
            yield
        finally:
            lock.release()

    def check(self, patience: float) -> None:
        """Silent where the store does not answer, a locked sqlite file after `patience` seconds.

        Asked before a client of MLflow's is, which takes seconds to be imported, minutes to give a dead server up, and
        20 s at each call where a file is locked.
        """
        import requests

        try:
            if not self.file:
                requests.get(f"{self.uri.rstrip('/')}/health", timeout=ANSWERS)
            elif self.file.exists():
                with closing(sqlite3.connect(self.file, timeout=patience)) as database:
                    database.execute("BEGIN IMMEDIATE").close()
        except requests.RequestException as error:
            raise Silent(f"{self.uri} does not answer ({type(error).__name__})") from None
        except sqlite3.Error as error:
            raise Silent(f"{self.uri} cannot be written ({error})") from None
