"""The processes of DVC's queue in a repository: its workers, and all that they have started."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from penlift.common.processes import Working, at_work, end, kill

TRIALS = ".dvc/tmp/exps"  # where DVC puts the folders of running trials
WORKER = "exp queue-worker"
TRIAL = "exp exec-run"  # a worker's, for each
DVCS = (WORKER, TRIAL, "queue start", "exp run", "dvc repro")  # commands of DVC's own processes
STAGES = " pipeline/"  # in the commands of stages
ENDS_BY_ITSELF = "penlift.tracking.live"  # once its trainer is gone
IDLE = 120.0  # s; a worker without a trial ends after ten, and takes a few to fetch one or to bring one home
AWAY = 30.0  # s without a look, of which nothing is known


class Workers:
    """The workers of a repository's queue, followed to the end of the last.

    A worker ends by a message to itself. If that is lost in DVC's queue of files, the worker waits for ever: where no
    trial has been at work for IDLE seconds, all are ended here.
    """

    def __init__(self, repository: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: s."""
        self._repository, self._clock = repository, clock
        self._tried = self._looked = clock()  # when a trial was seen at work last, and when anybody looked

    def at_work(self) -> bool:
        """Whether a worker is there; to be asked every few seconds."""
        found, now = list(_processes(self._repository)), self._clock()
        if any(TRIAL in each.command for each in found) or now - self._looked > AWAY:
            self._tried = now
        self._looked = now
        if now - self._tried > IDLE:
            stop(self._repository)
        return any(WORKER in each.command for each in found)


def pids(repository: Path) -> set[str]:
    """Of all these processes, trainers among them."""
    return {str(each.process.pid) for each in _processes(repository)}


def stop(repository: Path) -> None:
    """End them: DVC's at once, the stages' so that a trainer can save its state."""
    kill(each.process for each in _processes(repository) if any(name in each.command for name in DVCS))
    end(each.process for each in _processes(repository) if ENDS_BY_ITSELF not in each.command)


def _processes(repository: Path) -> Iterator[Working]:
    """DVC's that work in the repository, and all that work in its trials' folders."""
    for each in at_work(repository):
        at_the_root = each.place == repository and any(name in each.command for name in (*DVCS, STAGES))
        if at_the_root or each.place.is_relative_to(repository / TRIALS):
            yield each
