"""A journal of what happened when: a line of JSON an event, only ever added to."""

import json
import math
import os
import time
from pathlib import Path
from typing import Any


class Journal:
    """Events that wait in memory until `flush` puts them on disk, behind what was flushed before."""

    def __init__(self, path: Path, size: int = 0) -> None:
        """Go on behind the first `size` bytes; what stands after them belongs to a run that was cut short."""
        self.path, self.size = path, size
        self._waiting: list[str] = []

    def add(self, **event: Any) -> None:
        """Note an event, now; JSON has no NaN and no infinity, so they are null."""
        known = {key: None if isinstance(value, float) and not math.isfinite(value) else value
                 for key, value in event.items()}  # fmt: skip
        self._waiting.append(json.dumps({"time": round(time.time(), 3)} | known) + "\n")

    def flush(self) -> None:
        """Write the waiting events to disk. Where that fails they go on waiting, and nothing on disk is spoilt."""
        content = "".join(self._waiting).encode()
        with self.path.open("r+b" if self.path.exists() else "w+b") as file:
            file.truncate(self.size)
            file.seek(self.size)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self.size += len(content)
        self._waiting.clear()


def read_events(path: Path) -> list[dict[str, Any]]:
    """The events on disk by now, in their order; none where there is no journal.

    What follows the last whole line is being written, or was cut short.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    events = []
    for line in content[: content.rfind(b"\n") + 1].splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            break
        if not (isinstance(event, dict) and "time" in event):
            break
        events.append(event)
    return events
