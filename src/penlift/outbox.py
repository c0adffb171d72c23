"""The records that no store has taken yet, each in a folder of its own; sent in the order in which they came."""

import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from penlift.record import OUTCOME, RECORD, Record, read_record, write_record
from penlift.state_folder import WAITING


class Outbox:
    """Below a folder `.state`."""

    def __init__(self, states: Path) -> None:
        self.folder = states / WAITING

    def put(self, record: Record) -> Path:
        """Keep a record of an outcome until it is sent; OSError where the disk does not take it."""
        place = self.folder / record.tags[OUTCOME]
        write_record(record, place)
        return place

    def waiting(self) -> list[Path]:
        """The folders of the records that wait, the oldest first."""
        return sorted((file.parent for file in self.folder.glob(f"*/{RECORD}")), key=lambda it: it.stat().st_mtime)

    def deliver(self, place: Path, send: Callable[[Record], str]) -> str:
        """Hand a record to `send`, and forget it once that has come back; what it gave back."""
        with FileLock(f"{place}.lock"):  # one process at a time
            run = send(read_record(place))
            shutil.rmtree(place)
        Path(f"{place}.lock").unlink(missing_ok=True)
        return run
