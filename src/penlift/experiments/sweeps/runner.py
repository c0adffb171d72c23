"""Trials as `dvc exp run`, each in a clone of its own that goes with its end.

DVC moves HEAD and stashes the workspace for a moment of each experiment, and of two that begin at once in one
repository one may find the other's stash. In a clone that is made anew neither matters: the checkout and its changes
stay as they are, even if all is killed, and its owner can go on working in it. Cache, states and MLflow store are the
checkout's.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from penlift.common.errors import InputError
from penlift.common.files import write_text
from penlift.common.processes import Signals, at_work, end, kill
from penlift.experiments.repository import (
    DVC,
    Experiment,
    cache_of,
    check_repository,
    committer,
    experiments_in,
    on_cache,
    output_of,
    snapshot,
    take_over,
)
from penlift.experiments.sweeps.design import Trial, Value
from penlift.tracking.curves import read_about
from penlift.tracking.outcome import SWEEP
from penlift.tracking.store import Store
from penlift.training.folder import ABOUT, JOURNAL, read_events, states_of, time_of

CLONES = "trials"  # in the folder of a sweep or search: a clone a trial
EXPERIMENT, STAGE = " dvc exp run ", " pipeline/"  # in the commands of DVC and of stages


class Runner:
    """Runs trials of a checkout as it stood when this was made, whatever is edited or committed meanwhile."""

    def __init__(self, root: Path, folder: Path, sweep: str) -> None:
        """`folder`: for clones and logs; `sweep`: what MLflow is told that the runs belong to."""
        self.root, self.folder, self.commit = root.resolve(), folder.resolve(), snapshot(root)
        check_repository(root)
        self._base = output_of(root, "git", "rev-parse", "HEAD").decode().strip()
        self._changes = output_of(root, "git", "diff-tree", "-p", "--binary", self._base, self.commit)
        self._cache = cache_of(root)
        store = Store.of(root)  # which may have put a login into the environment
        self._environment = os.environ | committer(root) | {
            SWEEP: sweep,
            "MLFLOW_TRACKING_URI": store.uri,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",  # stages call `python`
        }  # fmt: skip

    def tidy(self) -> None:
        """End what an earlier command has left at work, and take over what came to its end there."""
        stop(self.folder / CLONES)
        for git in (self.folder / CLONES).glob("*/.git"):
            for experiment in experiments_in(git.parent):
                take_over(self.root, git.parent, experiment)
        shutil.rmtree(self.folder / CLONES, ignore_errors=True)

    def begin(self, trial: Trial) -> "Running":
        """Start a trial."""
        clone, log = self.folder / CLONES / trial.name, self.folder / f"{trial.name}.log"
        stop(clone)
        shutil.rmtree(clone, ignore_errors=True)
        self._make(clone)
        with log.open("wb") as file:
            process = subprocess.Popen(
                [*DVC, *command_of(trial.name, trial.settings)[1:]], cwd=clone, env=self._environment,
                stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                start_new_session=True,  # Ctrl-C is this command's, which stops trials in good order
            )  # fmt: skip
        return Running(trial.name, self.root, clone, log, process)

    def _make(self, clone: Path) -> None:
        clone.parent.mkdir(parents=True, exist_ok=True)
        output_of(self.root, "git", "clone", "--quiet", "--no-tags", "--no-checkout", str(self.root), str(clone))
        output_of(clone, "git", "checkout", "--quiet", "--detach", self._base)
        if self._changes:
            output_of(clone, "git", "apply", "--index", "--whitespace=nowarn", given=self._changes)
        (clone / ".state").symlink_to(states_of(self.root).resolve())
        write_text(clone / ".git" / "info" / "exclude", "/.state\n")
        on_cache(clone, self._cache, in_git=True)


class Running:
    """A trial at work in its clone."""

    def __init__(self, name: str, root: Path, clone: Path, log: Path, process: "subprocess.Popen[bytes]") -> None:
        self.name, self.clone, self.log, self._root, self._process = name, clone, log, root, process
        self._began = time.time()
        self._training: Path | None = None
        self._read, self._events = 0.0, list[dict[str, Any]]()  # when the journal was written that was read last

    def events(self) -> list[dict[str, Any]]:
        """What its training has noted so far, whose folder in `.state` has the name of the trial."""
        if self._training is None:
            found = (file.parent for file in states_of(self._root).glob(f"*/{ABOUT}") if time_of(file) >= self._began)
            self._training = next((each for each in found if read_about(each)["name"] == self.name), None)
        if self._training and (written := time_of(self._training / JOURNAL)) != self._read:  # to read it takes time
            self._read, self._events = written, read_events(self._training / JOURNAL)
        return self._events

    def cut_short_by(self) -> str:
        """The journal's word for what cut its training short, if anything did, and it was not an earlier attempt."""
        own = [event for event in self.events() if event["time"] >= self._began]
        return str(own[-1].get("ended", "")) if own else ""

    def has_ended(self) -> bool:
        """Whether it has come to its end, good or bad."""
        return self._process.poll() is not None

    def failure(self) -> str:
        """Why it came to a bad end, or nothing."""
        code = self._process.wait()
        return f"it was ended by signal {-code}" if code < 0 else reason_in(self.log) if code else ""

    def take_over(self) -> Experiment:
        """What it came to, brought into the checkout."""
        (experiment,) = experiments_in(self.clone)
        take_over(self._root, self.clone, experiment)
        return experiment

    def remove(self) -> None:
        """Stop it, if it is still at work, with its state saved, and remove its clone; the log stays."""
        stop(self.clone)
        self._process.wait()
        shutil.rmtree(self.clone, ignore_errors=True)


def stop_if_asked(signals: Signals) -> None:
    """Raise InputError where a signal has asked for it."""
    if signals.asked:
        raise InputError(f"stopped by {signals.asked}, with all states saved; the same command goes on")


def stop(folder: Path) -> None:
    """End the trials at work below a folder: DVC at once, stages so that a trainer can save its state."""
    kill(each.process for each in at_work(folder) if EXPERIMENT in each.command)
    end(each.process for each in at_work(folder) if STAGE in each.command)


def command_of(name: str, settings: Mapping[str, Value], *more: str) -> list[str]:
    """The command that runs a trial; `more`: options."""
    changes = (part for key, value in settings.items() for part in ("-S", f"{key}={_said(value)}"))
    return ["dvc", "exp", "run", *more, "--name", name, *changes]


def _said(value: Value) -> str:
    """A value in the grammar of `dvc exp run -S`."""
    if not isinstance(value, str):
        return json.dumps(value)
    # Hydra takes a backslash for one that guards the next character only before a quote
    return "'" + re.sub(r"(\\*)('|$)", lambda at: 2 * at[1] + at[2].replace("'", "\\'"), value) + "'"


def reason_in(log: Path) -> str:
    """The line of a log that says why."""
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    own = [line for line in lines if line.startswith("penlift ")]
    errors = [line for line in lines if "Error" in line or "ERROR" in line]
    return (own or errors or lines or ["its log is empty"])[-1]
