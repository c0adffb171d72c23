"""The same work on several processes, its results in order, and never more of them waiting than a batch."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from typing import Any, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

BATCH = 64  # tasks of a process before all wait for one another, which bounds the memory
CHUNK = 8  # tasks that are sent at once

_work: Callable[[Any], Any]  # what this process does, set once: it may be large


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
