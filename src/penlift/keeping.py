"""The folder that keeps a training safe: its state, its journal, and a lock that lets one trainer in at a time."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from penlift.errors import InputError
from penlift.files import write_bytes, write_text
from penlift.journal import Journal
from penlift.state_file import kept_in, pack, unpack
from penlift.state_folder import JOURNAL, LOCK, PID, STATE, pid_in
from penlift.state_header import Kept
from penlift.training import TrainState

A_LOOK = 1.0  # s; whoever asks whether a training runs takes its lock for a moment


class Keeper:
    """Saves the state of one training, every so often and when it is told to."""

    def __init__(self, folder: Path, fingerprint: str, every: float) -> None:
        """`every`: s between two saves."""
        self.folder, self.every, self.journal = folder, every, Journal(folder / JOURNAL)
        self._fingerprint, self._tried = fingerprint, time.monotonic()

    def restore(self, state: TrainState) -> bool:
        """Bring `state` to where it was last saved, if ever; whether that was behind the last step of all."""
        path = self.folder / STATE
        if not path.is_file():
            return False
        content = path.read_bytes()
        try:
            kept = kept_in(content)
            if kept.fingerprint == self._fingerprint:
                unpack(content, state)
        except InputError as error:
            raise InputError(f"{path}: {error}; delete it to train from the beginning") from None
        if kept.fingerprint != self._fingerprint:
            raise InputError(
                f"{path}: the state of training {kept.fingerprint}, not of {self._fingerprint}; move it back"
            )
        self.journal = Journal(self.folder / JOURNAL, kept.journal)
        return kept.done

    def publish(self) -> None:
        """Put the journal on disk for whoever follows it; where that fails, `save` will say so."""
        with suppress(OSError):
            self.journal.flush()

    def is_due(self) -> bool:
        """Whether it is time to save again, or to try to."""
        return time.monotonic() - self._tried >= self.every

    def save(self, state: TrainState, done: bool = False) -> None:
        """Save, whole or not at all; OSError where the disk does not take it."""
        self._tried = time.monotonic()
        self.journal.flush()
        write_bytes(self.folder / STATE, pack(state, Kept(self._fingerprint, self.journal.size, done)))


@contextmanager
def only_trainer(folder: Path) -> Iterator[None]:
    """Make the folder, and let no other process in while this one is; the lock is gone with its process."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        try:
            lock.acquire(timeout=A_LOOK)
        except FileNotFoundError:  # `penlift clean` was just removing the folder
            folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=A_LOOK)
    except Timeout:
        raise InputError(
            f"{folder}: process {pid_in(folder)} is at this very training; wait for it, or end it (`kill "
            f"{pid_in(folder)}`: it saves its state) and start again"
        ) from None
    try:
        write_text(folder / PID, f"{os.getpid()}\n")
        yield
    finally:
        lock.release()
