"""Workers of a queue are followed to their end, and those that would wait for ever are ended."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from penlift.experiments.sweeps.workers import IDLE, TRIALS, Workers

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a process that waits in a folder, with a command that says these words."""
    begun = []

    def process(folder: Path, *words: str) -> "subprocess.Popen[bytes]":
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-c", "print(flush=True); import time; time.sleep(60)", *words]
        begun.append(new := subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE))
        assert new.stdout
        new.stdout.readline()  # it is there
        return new

    yield process
    for each in begun:
        each.kill()
        each.communicate()


def test_workers_are_at_work_until_the_last_has_ended(tmp_path: Path, start: Start) -> None:
    workers = Workers(tmp_path)
    assert not workers.at_work()

    both = [start(tmp_path, "exp queue-worker", str(number)) for number in range(2)]
    for worker in both:
        assert workers.at_work()
        worker.kill()
        worker.wait()

    assert not workers.at_work()


class Clock:
    """Says what it was set to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def look(workers: Workers, clock: Clock, seconds: float) -> bool:
    """Look every ten seconds; whether there were workers each time."""
    answers = []
    for _ in range(int(seconds / 10)):
        clock.now += 10
        answers.append(workers.at_work())
    return all(answers)


def test_a_worker_that_has_no_trial_and_does_not_end_is_ended(tmp_path: Path, start: Start) -> None:
    idle, elsewhere = (start(tmp_path / name, "exp queue-worker") for name in ("here", "elsewhere"))
    workers = Workers(tmp_path / "here", clock := Clock())

    assert look(workers, clock, IDLE)
    assert idle.poll() is None
    look(workers, clock, 20)

    idle.wait(10)
    assert not workers.at_work()
    assert elsewhere.poll() is None


def test_a_worker_with_a_trial_is_left_alone_and_gets_its_time_afterwards(tmp_path: Path, start: Start) -> None:
    start(tmp_path, "queue start")  # that waits for the worker it began
    worker, trial = start(tmp_path, "exp queue-worker"), start(tmp_path, "exp exec-run")
    mirror = start(tmp_path / TRIALS / "one", "penlift.tracking.live")
    workers = Workers(tmp_path, clock := Clock())

    assert look(workers, clock, 3 * IDLE)
    trial.kill()
    trial.wait()
    assert look(workers, clock, IDLE)
    assert worker.poll() is None
    look(workers, clock, 20)

    worker.wait(10)
    assert mirror.poll() is None  # it ends by itself


def test_nothing_is_ended_for_what_nobody_was_there_to_see(tmp_path: Path, start: Start) -> None:
    worker = start(tmp_path, "exp queue-worker")
    workers = Workers(tmp_path, clock := Clock())

    clock.now += 10 * IDLE  # the command was asleep

    assert look(workers, clock, IDLE)
    assert worker.poll() is None
