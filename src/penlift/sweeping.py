"""A sweep from its first trial to its last, whatever stopped it before: what is finished is not run again."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from penlift.errors import InputError
from penlift.experiments import Experiment, experiments_in, snapshot, take_over
from penlift.files import write_text
from penlift.finished_trials import finished_of
from penlift.queue_processes import Workers, stop
from penlift.signals import Signals
from penlift.state_folder import states_of
from penlift.sweep_file import THREADS, Sweep
from penlift.sweep_progress import SweepProgress
from penlift.trial_queue import TrialQueue
from penlift.trials import Trial

SWEEPS = "sweeps"  # beside the trainings: a folder a sweep, with its queue and the logs of failed trials
NOTE = "threads"  # in a sweep's folder: those that its trials were given first
LOOK = 5.0  # s between two looks at the queue
ROUNDS = 3  # without a trial that ends, before those whose workers were killed are given up
UNTRIED = "its worker ended without it, each time that it was tried"


class Failure(NamedTuple):
    """A trial that came to nothing."""

    trial: Trial
    reason: str
    log: Path | None


class Sweeping:
    """A sweep of a checkout."""

    def __init__(self, sweep: Sweep, trials: list[Trial], root: Path) -> None:
        """`trials`: those of the sweep that are wanted."""
        self.sweep, self.root, self.trials = sweep, root, trials
        self.commit = snapshot(root)  # that all are run at, whatever is edited meanwhile
        self.finished: dict[str, Experiment] = {}  # by trial, once it has been run
        self.folder = note_of(sweep, root).parent
        self.queue = TrialQueue(root, self.folder / "queue", sweep.name)

    def run(self, at_once: int) -> list[Failure]:
        """Run what is not finished yet, so many trials at a time; what failed."""
        with self._alone(), Signals() as signals, self._progress() as progress:
            try:
                return self._rounds(at_once, progress, signals)
            except InputError:
                self._stop_if_asked(signals)  # Ctrl-C ends the programs that are called here, too
                raise

    def _rounds(self, at_once: int, progress: SweepProgress, signals: Signals) -> list[Failure]:
        failures: dict[str, Failure] = {}
        if not self.queue.is_of(self.commit, self.trials):
            stop(self.queue.folder)  # an earlier command's workers, who try what nobody asks for any more
        self._follow(progress, signals)  # else they go on
        left, in_vain = self._left(failures, progress), 0
        while left and in_vain < ROUNDS:
            self._begin(left, at_once, progress, signals)
            self._follow(progress, signals)
            failures |= self._failures(left)
            before, left = left, self._left(failures, progress)
            in_vain = in_vain + 1 if len(left) == len(before) else 0
        return [*failures.values(), *(Failure(trial, UNTRIED, None) for trial in left)]

    def _progress(self) -> SweepProgress:
        done = finished_of(self.trials, self.root, self.commit)
        return SweepProgress(self.trials, self.root, self.queue.folder, done)

    def _left(self, failures: dict[str, Failure], progress: SweepProgress) -> list[Trial]:
        """The trials that have come to no end."""
        self.finished = finished_of(self.trials, self.root, self.commit)
        progress.only(self.finished)
        return [trial for trial in self.trials if trial.name not in self.finished and trial.name not in failures]

    def _begin(self, left: list[Trial], at_once: int, progress: SweepProgress, signals: Signals) -> None:
        self.queue.make(self.commit, self.trials)
        progress.say(f"the queue: cd {self.queue.folder} && dvc queue status")
        self.queue.make_data(self.sweep.set)
        for number, trial in enumerate(left, 1):
            self._stop_if_asked(signals)
            progress.say(f"queue {number} of {len(left)}: {trial.name}")
            self.queue.put(trial.name, trial.settings)
        self.queue.start(at_once)

    def _follow(self, progress: SweepProgress, signals: Signals) -> None:
        """Take over what finishes, until the last worker has ended."""
        known = {experiment.reference: experiment.commit for experiment in experiments_in(self.root)}
        workers, at_work = Workers(self.queue.folder), True
        while at_work:
            at_work = workers.at_work()  # asked first: what the last worker left is taken over too
            for experiment in self.queue.finished():
                if known.get(experiment.reference) != experiment.commit:
                    take_over(self.root, self.queue.folder, experiment)
                    known[experiment.reference] = experiment.commit
                    progress.finished([experiment.name])
            progress.look()
            self._stop_if_asked(signals)
            if at_work:
                time.sleep(LOOK)

    def _stop_if_asked(self, signals: Signals) -> None:
        if signals.asked:
            stop(self.queue.folder)
            raise InputError(f"stopped by {signals.asked}, with all states saved; the same command goes on")

    def _failures(self, left: list[Trial]) -> dict[str, Failure]:
        failed, found = self.queue.failed(), {}
        for trial in left:
            if log := failed.get(trial.name):
                write_text(file := self.folder / f"{trial.name}.log", log)
                found[trial.name] = Failure(trial, reason_in(log), file)
        return found

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While entered, no other command runs this sweep; its queue goes with the last trial."""
        self.folder.mkdir(parents=True, exist_ok=True)
        pid = self.folder / "pid"
        try:
            with FileLock(self.folder / "lock").acquire(timeout=0):
                write_text(pid, f"{os.getpid()}\n")
                if THREADS in self.sweep.set:
                    write_text(self.folder / NOTE, f"{self.sweep.set[THREADS]}\n")
                yield
                shutil.rmtree(self.queue.folder, ignore_errors=True)
        except Timeout:
            raise InputError(
                f"process {pid.read_text().strip()} runs sweep {self.sweep.name} here; wait for it, or end it"
            ) from None


def note_of(sweep: Sweep, root: Path) -> Path:
    """The file that keeps how many threads a sweep's trials were given."""
    return states_of(root) / SWEEPS / sweep.name / NOTE


def reason_in(log: str) -> str:
    """The line of a failed trial's log that says why."""
    lines = [line for line in log.splitlines() if line.strip()]
    own = [line for line in lines if line.startswith("penlift ")]
    errors = [line for line in lines if "Error" in line or "ERROR" in line]
    return (own or errors or lines or ["its log is empty"])[-1]
