"""Workers of a queue are followed to their end, and those that would wait for ever are ended."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from penlift.queue_processes import TRIALS, Workers

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


def test_a_worker_that_has_no_trial_and_does_not_end_is_ended(tmp_path: Path, start: Start) -> None:
    idle, elsewhere = (start(tmp_path / name, "exp queue-worker") for name in ("here", "elsewhere"))
    workers = Workers(tmp_path / "here", idle=0.2)

    assert workers.at_work()
    time.sleep(0.3)
    assert workers.at_work()  # and is told to end

    idle.wait(10)
    assert not workers.at_work()
    assert elsewhere.poll() is None


def test_a_worker_with_a_trial_is_left_alone_and_gets_its_time_afterwards(tmp_path: Path, start: Start) -> None:
    start(tmp_path, "queue start")  # that waits for the worker it began
    worker, trial = start(tmp_path, "exp queue-worker"), start(tmp_path, "exp exec-run")
    mirror = start(tmp_path / TRIALS / "one", "penlift.live_mirror")
    workers = Workers(tmp_path, idle=0.5)

    for _ in range(4):
        time.sleep(0.3)
        assert workers.at_work()
    trial.kill()
    trial.wait()
    assert workers.at_work()
    assert worker.poll() is None

    time.sleep(0.6)
    assert workers.at_work()
    worker.wait(10)
    assert mirror.poll() is None  # it ends by itself
