"""The records that no store has taken yet, each in a folder of its own; sent in the order in which they came."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from penlift.record import RECORD, Record, read_record, write_record
from penlift.state_folder import WAITING, time_of
from penlift.store import Silent

SENDING = "sending.lock"  # beside the trainings


class Outbox:
    """Below a folder `.state`."""

    def __init__(self, states: Path) -> None:
        self.states, self.folder = states, states / WAITING

    def put(self, record: Record) -> Path:
        """Keep a record of an outcome until it is sent; OSError where the disk does not take it."""
        place = self.folder / record.identity
        if not (place / RECORD).is_file():  # the same outcome is the same record, and may be on its way
            write_record(record, place)
        return place

    def waiting(self) -> list[Path]:
        """The folders of the records that wait, the oldest first."""
        return sorted((file.parent for file in self.folder.glob(f"[!.]*/{RECORD}")), key=time_of)

    def deliver(self, place: Path, send: Callable[[Record], str], patience: float) -> str:
        """Hand a record to `send`, and forget it once that has come back; what it gave back."""
        with self.alone(patience):
            if not (place / RECORD).is_file():
                return "that another process has just sent"
            run = send(read_record(place))
            shutil.rmtree(place)
            return run

    @contextmanager
    def alone(self, patience: float) -> Iterator[None]:
        """While entered, no other process on this machine sends anything: looking a run up and making it are two steps.

        Silent where another still does after `patience` seconds.
        """
        lock = FileLock(self.states / SENDING)
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            raise Silent(f"another process is sending ({lock.lock_file} is taken)") from None
        except OSError:
            pass  # no room for the lock's file, so others have none either
        try:
            yield
        finally:
            lock.release()
