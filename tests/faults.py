"""What can happen to a training and to the store that mirrors it, done to real ones."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from clone import copy_tree, make_data, set_params, start
from mlflow_server import Server
from tracked import once, points_in, runs_in

from penlift.tracking.curves import record_of_training
from penlift.tracking.record import TRAINING
from penlift.training.folder import JOURNAL, read_training

EPOCHS = 5
SMALL = {
    "compose": {"lines": 100, "writers": 10},
    "model": {"hidden": 32, "mixtures": 4},
    "train": {"epochs": EPOCHS, "threads": 1, "save_every": 1},
}


class Result(NamedTuple):
    """What the store held behind a fault, once it was mended."""

    expected: int  # points
    found: int  # of them
    twice: int  # points that were there more than once
    runs: int
    status: str


class Bench:
    """A checkout, a server and a training in it, of a seed of its own each time."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.seed = folder / "checkout", 0
        (folder / "server").mkdir(parents=True)
        self.server, self.uri = Server(folder / "server"), ""
        copy_tree(self.folder)
        set_params(self.folder, SMALL)
        make_data(self.folder)

    def begin(self, uri: str) -> "subprocess.Popen[str]":
        """Start a training that nobody has begun."""
        self.seed, self.uri = self.seed + 1, uri
        set_params(self.folder, {"train": {"seed": self.seed}})
        return self.go_on()

    def go_on(self) -> "subprocess.Popen[str]":
        if self.uri.startswith("sqlite"):
            runs_in(self.uri)  # makes the file
        return start(self.folder, "train", watched=self.uri)

    def states(self) -> set[Path]:
        return {path.parent for path in self.folder.glob(f".state/*/{JOURNAL}")}

    def epochs(self, folder: Path) -> int:
        return sum("epoch" in event for event in read_training(folder, "?").events)

    def track_all(self) -> int:
        path = {"PYTHONPATH": str(self.folder / "src"), "MLFLOW_TRACKING_URI": self.uri}
        command = [sys.executable, "-c", "from penlift.cli.main import main; main()", "track", "--all"]
        return subprocess.run(
            command, cwd=self.folder, env=os.environ | path, capture_output=True, check=False
        ).returncode


Fault = Callable[[Bench, "subprocess.Popen[str]", Callable[[], Path]], None]


def none(bench: Bench, trainer: "subprocess.Popen[str]", folder: Callable[[], Path]) -> None:
    """Nothing happens."""


def down(bench: Bench, trainer: "subprocess.Popen[str]", folder: Callable[[], Path]) -> None:
    """It was down before training began, and is so until it ends."""
    bench.server.kill()
    trainer.wait()
    bench.server.start()


def hung(bench: Bench, trainer: "subprocess.Popen[str]", folder: Callable[[], Path]) -> None:
    """It does not answer from the beginning to the end."""
    bench.server.hang()
    trainer.wait()
    bench.server.wake()


def hangs(bench: Bench, trainer: "subprocess.Popen[str]", folder: Callable[[], Path]) -> None:
    """It answers no more from the second epoch on."""
    until_epoch(bench, trainer, folder, 2)
    hung(bench, trainer, folder)


def killed(bench: Bench, trainer: "subprocess.Popen[str]", folder: Callable[[], Path]) -> None:
    """It is killed behind the second epoch, and comes back when training is over."""
    until_epoch(bench, trainer, folder, 2)
    down(bench, trainer, folder)


def back(bench: Bench, trainer: "subprocess.Popen[str]", folder: Callable[[], Path]) -> None:
    """It is killed behind the second epoch, and comes back at once."""
    until_epoch(bench, trainer, folder, 2)
    bench.server.kill()
    bench.server.start()


def full(bench: Bench, trainer: "subprocess.Popen[str]", folder: Callable[[], Path]) -> None:
    """Its disk is full from the second epoch on."""
    until_epoch(bench, trainer, folder, 2)
    bench.server.fill_disk()
    trainer.wait()
    bench.server.empty_disk()


def trainer_killed(bench: Bench, trainer: "subprocess.Popen[str]", folder: Callable[[], Path]) -> None:
    """The trainer is killed behind the third epoch, and never starts again."""
    until_epoch(bench, trainer, folder, 3)
    trainer.kill()


def trainer_resumed(bench: Bench, trainer: "subprocess.Popen[str]", folder: Callable[[], Path]) -> None:
    """The trainer is killed behind the third epoch, and goes on."""
    trainer_killed(bench, trainer, folder)
    trainer.wait()
    again = bench.go_on()
    _, said = again.communicate()
    if again.returncode:
        raise RuntimeError(f"the training did not go on: {said}")


def locked(bench: Bench, trainer: "subprocess.Popen[str]", folder: Callable[[], Path]) -> None:
    """Somebody else has the sqlite file all along."""
    with sqlite3.connect(bench.uri.removeprefix("sqlite:///"), timeout=60) as other:
        other.execute("BEGIN EXCLUSIVE")
        trainer.wait()
        other.rollback()
    other.close()


FAULTS: dict[str, tuple[Fault, str]] = {  # and how the run ends
    "nothing": (none, "FINISHED"),
    "server down at the start, back later": (down, "FINISHED"),
    "server hung all along": (hung, "FINISHED"),
    "server hangs in mid-run": (hangs, "FINISHED"),
    "server killed in mid-run, back later": (killed, "FINISHED"),
    "server killed in mid-run, back at once": (back, "FINISHED"),
    "disk full under the server": (full, "FINISHED"),
    "trainer killed, goes on": (trainer_resumed, "FINISHED"),
    "trainer killed for good": (trainer_killed, "KILLED"),
    "sqlite file locked": (locked, "FINISHED"),
}


def until_epoch(bench: Bench, trainer: "subprocess.Popen[str]", folder: Callable[[], Path], epoch: int) -> None:
    while bench.epochs(folder()) < epoch:
        if trainer.poll() is not None:
            raise RuntimeError(f"training ended before epoch {epoch}")
        time.sleep(0.05)


def suffer(bench: Bench, name: str) -> Result:
    """Train under a fault, mend it, send what waits, and count."""
    fault, _ = FAULTS[name]
    before = bench.states()
    trainer = bench.begin(f"sqlite:///{bench.folder / 'mlflow.db'}" if fault is locked else bench.server.uri)

    def folder() -> Path:
        while not (new := bench.states() - before):
            if trainer.poll() is not None:
                raise RuntimeError(f"no training: {trainer.communicate()[1]}")
            time.sleep(0.05)
        return new.pop()

    place = folder()
    fault(bench, trainer, folder)
    trainer.communicate()
    if bench.track_all():
        raise RuntimeError("something still waits")
    record = record_of_training(read_training(place))
    runs = [run for run in runs_in(bench.uri) if run.data.tags[TRAINING] == place.name]
    held = points_in(bench.uri, runs[0])
    expected = once(record)
    return Result(
        len(expected), len(held & expected), sum(count > 1 for count in held.values()), len(runs),
        runs[0].info.status,
    )  # fmt: skip


def suffer_all(folder: Path, names: list[str]) -> Iterator[tuple[str, Result]]:
    """One fault after another, to one server."""
    bench = Bench(folder)
    bench.server.start()
    try:
        for name in names:
            yield name, suffer(bench, name)
    finally:
        bench.server.wake()
        bench.server.kill()
