"""The processes of DVC's queue in a repository: its workers, and all that they have started."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

FINISH = 60.0  # s for a trainer to save its state
TRIALS = ".dvc/tmp/exps"  # where DVC puts the folders of running trials
WORKER = "exp queue-worker"
DVCS = (WORKER, "exp exec-run", "queue start", "exp run", "dvc repro")  # commands of DVC's own processes
STAGES = "pipeline/"  # in the commands of stages
ENDS_BY_ITSELF = "penlift.live_mirror"  # once its trainer is gone


def working(repository: Path) -> bool:
    """Whether a worker is there."""
    return any(WORKER in command for _, command in _processes(repository))


def pids(repository: Path) -> set[str]:
    """Of all these processes, trainers among them."""
    return {str(process.pid) for process, _ in _processes(repository)}


def stop(repository: Path) -> None:
    """End them: DVC's at once, the stages' so that a trainer can save its state."""
    for process, command in list(_processes(repository)):
        if any(name in command for name in DVCS):
            _signal(process, psutil.Process.kill)
    end(process for process, command in _processes(repository) if ENDS_BY_ITSELF not in command)


def end(processes: Iterable[psutil.Process]) -> None:
    """Have stages end, a trainer with its state saved; those that do not in a while are killed."""
    stages = list(processes)
    for process in stages:
        _signal(process, psutil.Process.terminate)
    for process in psutil.wait_procs(stages, timeout=FINISH)[1]:
        _signal(process, psutil.Process.kill)


def _processes(repository: Path) -> Iterator[tuple[psutil.Process, str]]:
    """DVC's that work in the repository, and all that work in its trials' folders, each with its command."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # gone meanwhile, or another person's
            place, command = Path(process.cwd()), " ".join(process.cmdline())
            at_the_root = place == repository and any(name in command for name in (*DVCS, STAGES))
            if at_the_root or place.is_relative_to(repository / TRIALS):
                yield process, command


def _signal(process: psutil.Process, send: Callable[[psutil.Process], None]) -> None:
    with suppress(psutil.NoSuchProcess):
        send(process)
