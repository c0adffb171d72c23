"""Processes by where they work, and their end."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

FINISH = 60.0  # s for a trainer to save its state


class Working(NamedTuple):
    """A process."""

    process: psutil.Process
    place: Path  # its working directory
    command: str


def at_work(folder: Path) -> Iterator[Working]:
    """Those whose working directory is a folder or below it; nobody else's that may not be looked at."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # gone meanwhile, or another person's
            place = Path(process.cwd())
            if place.is_relative_to(folder):
                yield Working(process, place, " ".join(process.cmdline()))


def end(processes: Iterable[psutil.Process]) -> None:
    """Have stages end, a trainer with its state saved; those that do not in a while are killed."""
    stages = list(processes)
    for process in stages:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    kill(psutil.wait_procs(stages, timeout=FINISH)[1])


def kill(processes: Iterable[psutil.Process]) -> None:
    """End processes at once, all that are found before the first is ended."""
    for process in list(processes):
        with suppress(psutil.NoSuchProcess):
            process.kill()
