"""A sweep from its first trial to its last, whatever stopped it before: what is finished is not run again."""

import os
import shutil
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

from filelock import FileLock, Timeout

from penlift.common.errors import InputError
from penlift.common.files import write_text
from penlift.common.params import read_params
from penlift.common.processes import Signals
from penlift.common.terminal import Meter
from penlift.experiments.repository import Experiment, experiments_in, snapshot, take_over
from penlift.experiments.sweeps.design import PROCESSES, THREADS, Sweep, Trial, trials_of
from penlift.experiments.sweeps.finished import finished_of
from penlift.experiments.sweeps.queue import TrialQueue
from penlift.experiments.sweeps.workers import Workers, pids, stop
from penlift.training.folder import JOURNAL, PID, pid_in, read_events, states_of


def share_out(sweep: Sweep, at_once: int | None, cores: int, processes: int) -> tuple[Sweep, int]:
    """The sweep with its trials' threads, unless it says them itself, and how many trials there are at a time.

    `processes`: that share a training, with as many threads each, where the sweep says nothing of them.
    """
    threads, processes = _most(sweep, THREADS, 0), _most(sweep, PROCESSES, processes)
    at_once = at_once or max(1, cores // (processes * (threads or 1)))
    return (sweep if threads else _with(sweep, max(1, cores // (processes * at_once)))), at_once


def as_begun(sweep: Sweep, note: Path) -> Sweep:
    """The sweep with the threads that were shared out when it began, as `note` has them, unless it says them itself.

    With others its trials would be others, and those that are finished would be run again.
    """
    if any(THREADS in trial.settings for trial in trials_of(sweep)) or not note.is_file():
        return sweep
    return _with(sweep, int(note.read_text(encoding="utf-8")))


def _most(sweep: Sweep, key: str, unsaid: int) -> int:
    return max(int(str(trial.settings.get(key, unsaid))) for trial in trials_of(sweep))


def _with(sweep: Sweep, threads: int) -> Sweep:
    return sweep.model_copy(update={"set": sweep.set | {THREADS: threads}})


class SweepProgress:
    """A meter of epochs, which trials of one network have in common with those of another."""

    def __init__(self, trials: list[Trial], root: Path, queue: Path, done: Iterable[str]) -> None:
        """`queue`: the repository that has the running trials; `done`: the names of those that were finished before."""
        epochs = read_params(root / "params.yaml")["train"]["epochs"]
        self._epochs = {trial.name: int(str(trial.settings.get("train.epochs", epochs))) for trial in trials}
        self._states, self._queue = states_of(root), queue
        self._finished = set(done)
        self._meter = Meter("sweep", sum(self._epochs.values()), sum(self._epochs[name] for name in self._finished))

    def __enter__(self) -> Self:
        self._meter.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        self._meter.__exit__(*failure)

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self._meter.say(text)

    def finished(self, names: Iterable[str]) -> None:
        """These trials have come to their ends."""
        new = [name for name in names if name in self._epochs and name not in self._finished]
        self._finished.update(new)
        if new:
            self.say(f"{len(self._finished)} of {len(self._epochs)} trials are finished: {', '.join(new)}")
        self.look()

    def only(self, names: Collection[str]) -> None:
        """These trials are finished and no others: what older code has made is none of them."""
        self._finished.intersection_update(names)
        self.finished(names)

    def look(self) -> None:
        """See how far the running ones are."""
        running = self._running()
        more = sum(self._epochs[name] for name in self._finished) + sum(running) - self._meter.done
        note = f"epochs; {len(self._finished)} of {len(self._epochs)} trials finished, {len(running)} in training"
        if more > 0:
            self._meter.advance(note, more)
        else:
            self._meter.note = note

    def _running(self) -> list[int]:
        """Epochs that each training under way has behind it."""
        known = pids(self._queue)
        folders = [file.parent for file in self._states.glob(f"*/{PID}") if pid_in(file.parent) in known]
        return [sum("epoch" in event for event in read_events(folder / JOURNAL)) for folder in folders]


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
