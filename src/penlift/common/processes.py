"""Processes: work spread over several, one alone in a folder, a stop asked for, and the end of others by place."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, Self, TypeVar

import psutil
from filelock import FileLock, Timeout

from penlift.common.errors import InputError
from penlift.common.files import write_text

Task = TypeVar("Task")
Result = TypeVar("Result")
BATCH = 64  # tasks of a process before all wait for one another, which bounds the memory
CHUNK = 8  # tasks that are sent at once
_work: Callable[[Any], Any]  # what this process does, set once: it may be large
LOCK, PID = "lock", "pid"  # in a folder that one process at a time works in
A_LOOK = 1.0  # s; whoever asks whether somebody is there takes the lock for a moment
FINISH = 60.0  # s for a trainer to save its state


def spread(work: Callable[[Task], Result], tasks: Iterable[Task], processes: int) -> Iterator[Result]:
    """`work` of each task, in order; in this process alone if `processes` is 1."""
    if processes == 1:
        yield from map(work, tasks)
        return
    waiting = iter(tasks)
    with ProcessPoolExecutor(processes, initializer=_set_work, initargs=(work,)) as pool:
        while batch := list(islice(waiting, BATCH * processes)):
            yield from pool.map(_do, batch, chunksize=CHUNK)


def _set_work(work: Callable[[Any], Any]) -> None:
    global _work  # noqa: PLW0603  (one process does one work)
    _work = work


def _do(task: Any) -> Any:
    return _work(task)


@contextmanager
def alone_in(folder: Path, doing: str, wait: Callable[[str], object] | None = None) -> Iterator[None]:
    """Make the folder, and let no other process in while this one is; the lock is gone with its process.

    `doing`: what a process does that is there already, for the InputError that says so; with `wait`, that is told so
    instead, and the other's end waited for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        try:
            lock.acquire(timeout=A_LOOK)
        except FileNotFoundError:  # `penlift clean` was just removing the folder
            folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=A_LOOK)
    except Timeout:
        if wait is None:
            raise InputError(
                f"{folder}: process {pid_in(folder)} {doing}; wait for it, or end it (`kill {pid_in(folder)}`: it "
                "saves its state) and start again"
            ) from None
        wait(f"process {pid_in(folder)} {doing}; waits for it")
        lock.acquire()
    try:
        write_text(folder / PID, f"{os.getpid()}\n")
        yield
    finally:
        lock.release()


def pid_in(folder: Path) -> str:
    """The pid of the last process that was alone there."""
    try:
        return (folder / PID).read_text(encoding="utf-8").strip()
    except OSError:
        return "unknown"


class Signals:
    """While entered, notes the first SIGINT or SIGTERM in `asked`.

    A second Ctrl-C acts as it always does. Another SIGTERM changes nothing: `launch` sends one on, a scheduler and
    whoever ends all processes of a folder send them to all, and what was asked for is being done.
    """

    WATCHED = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.asked = ""  # the name of the signal
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._note) for number in self.WATCHED}
        return self

    def __exit__(self, *failure: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.asked = self.asked or signal.Signals(number).name
        signal.signal(signal.SIGINT, self._before[signal.SIGINT])


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
                yield Working(process, place, " ".join(command_of(process)))


def command_of(process: psutil.Process) -> list[str]:
    """Its command line. One that was started this moment has none yet: it is asked again for up to a second."""
    for _ in range(100):
        command: list[str] = process.cmdline()
        if command:
            return command
        time.sleep(0.01)
    return []


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
