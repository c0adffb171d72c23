"""Where runs are mirrored to: a tracking server, or the embedded sqlite file of a repository."""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from filelock import FileLock, Timeout

from penlift.common.errors import InputError, one_line
from penlift.training.folder import states_of

SQLITE = "sqlite:///"
EXPERIMENT = "penlift"
USER, PASSWORD, TOKEN = (f"MLFLOW_TRACKING_{what}" for what in ("USERNAME", "PASSWORD", "TOKEN"))
IN_TEXT = re.compile(r"(?<=://)[^\s'\"]*@|(?<=\S)\?[^\s'\"]+")  # logins and queries, which may be signed, of URLs
ANSWERS = 3.0  # s that a server has to say that it is there


class Unsent(Exception):  # noqa: N818  (a state of the world, not a mistake)
    """The store did not take a run; the message says which store, and why."""


class Silent(Unsent):
    """The store does not answer at all, so nothing else can be sent either."""


def without_secrets(text: str) -> str:
    """A text without the users, passwords and queries of its URLs, and without the secrets that MLflow is given."""
    for secret in filter(None, map(os.environ.get, (PASSWORD, TOKEN))):
        text = text.replace(secret, "...")
    return IN_TEXT.sub("", text)


class Store(NamedTuple):
    """Where runs go."""

    uri: str  # with no user and no password
    lock: Path  # whoever sends anything has it: beside a sqlite file, else beside the trainings
    experiment: str = EXPERIMENT  # of MLflow's, that all runs are in

    @classmethod
    def of(cls, root: Path) -> "Store":
        """MLFLOW_TRACKING_URI where it is set, else mlflow.db at the root; MLFLOW_EXPERIMENT_NAME, else `penlift`.

        DVC runs queued experiments in folders that it deletes, and names the repository they came from in DVC_ROOT.
        A user and a password in the URI go over to MLflow's own variables for them, so that nobody can show them.
        """
        home = Path(os.environ.get("DVC_ROOT") or root).resolve()
        given = os.environ.get("MLFLOW_TRACKING_URI", "").strip() or sqlite_uri(home / "mlflow.db")
        experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT
        path, mark, options = given.removeprefix(SQLITE).partition("?")
        if given.startswith(SQLITE) and path:
            file = home / unquote(path)
            file = file.parent.resolve() / file.name
            return cls(f"{sqlite_uri(file)}{mark}{options}", file.with_name(f"{file.name}.lock"), experiment)
        if not (server := _server(given)):
            shown = re.sub(r"(\w+://)?.*@", r"\1", given).partition("?")[0]  # no login, whatever stands in it
            raise InputError(
                f"MLFLOW_TRACKING_URI is {shown!r}: runs go to a server, http://HOST:PORT, or to a "
                "file, sqlite:///FILE; docs/team.md sets up a server on any other store"
            )
        return cls(server, states_of(root) / "sending.lock", experiment)

    @property
    def file(self) -> Path | None:
        """The sqlite file, where it is one."""
        if not self.uri.startswith(SQLITE):
            return None
        return Path(unquote(self.uri.removeprefix(SQLITE).partition("?")[0]))

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
                certificate = os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH")
                unchecked = os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1")
                requests.get(
                    f"{self.uri.rstrip('/')}/health", timeout=ANSWERS, verify=certificate or not unchecked,
                    cert=os.environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH"),
                )  # fmt: skip
            elif self.file.exists():
                with closing(sqlite3.connect(self.file, timeout=patience)) as database:
                    database.execute("BEGIN IMMEDIATE").close()
        except sqlite3.Error as error:
            raise Silent(f"{self.uri} cannot be written ({error})") from None
        except requests.RequestException as error:
            raise Silent(f"{self.uri} does not answer ({type(error).__name__})") from None
        except (OSError, ValueError) as error:  # a certificate that is not there, a host that cannot be one
            raise Silent(f"{self.uri} cannot be asked ({one_line(error)})") from None


def sqlite_uri(file: Path) -> str:
    """The URI of a sqlite file."""
    return f"{SQLITE}{str(file).replace('%', '%25').replace('?', '%3F')}"


def _server(uri: str) -> str:
    """The URI of a server without the login that it may have, which is put into MLflow's variables; else nothing."""
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return ""
    odd = parts.query or parts.fragment or "@" in parts.path
    if parts.scheme not in ("http", "https") or not parts.hostname or odd:
        return ""
    if parts.username and parts.password:
        os.environ[USER], os.environ[PASSWORD] = unquote(parts.username), unquote(parts.password)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
