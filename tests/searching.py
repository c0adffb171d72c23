"""A made-up search whose trials do as they are told where others train, and checkouts that real ones run in."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import optuna
from checkouts import git
from clone import ROOT, commit_tree
from ruamel.yaml import YAML

from penlift.common.processes import Signals, at_work
from penlift.common.terminal import Meter
from penlift.experiments import search as searches
from penlift.experiments.repository import DVC, snapshot
from penlift.experiments.search import Searched, Worker, opened
from penlift.experiments.storage import folder_of, storage_of
from penlift.experiments.sweeps.design import Sweep, Trial
from penlift.experiments.sweeps.runner import Runner
from penlift.tracking.outbox import outcomes_in

PATIENCE = 120.0  # s for a trainer to come through an epoch
SWEEP: dict[str, Any] = {
    "name": "made-up",
    "about": "What does it change?",
    "design": "grid",
    "seeds": [1],
    "equal": 0.02,
    "set": {"train.epochs": 3},
    "factors": {"model.mixtures": [1, 2], "model.dropout": [0.2, 0], "model.skip": [False, True]},
    "search": {"trials": 4, "warm_up": 1},
}
WORKER = """
import sys
from pathlib import Path
from searching import Told, search_of, work
def trial(_):
    print(end="x", flush=True)
    return Told(looks=60)
work(search_of(int(sys.argv[2]), Path(sys.argv[1])), Path(sys.argv[1]), trial)
"""


class Told:
    """A trial at work, that comes to an epoch a look, and then to its end."""

    def __init__(self, nlls: Iterable[float] = (3.0, 2.0, 1.0), why: str = "", ended: str = "", looks: int = 0) -> None:
        """`why`: it failed; `ended`: what the journal says of that; `looks`: before the first epoch."""
        self.nlls, self._why, self._ended, self._looks = list(nlls), why, ended, -looks
        self.removed, self.clone, self.log = False, Path(), Path("its.log")

    def has_ended(self) -> bool:
        self._looks += 1
        return self._looks > len(self.nlls) + 1

    def events(self) -> list[dict[str, Any]]:
        nlls = self.nlls[: max(0, self._looks)]
        return [{"step": 1}, *({"epoch": at, "valid_nll_nats_per_point": nll} for at, nll in enumerate(nlls, 1))]

    def failure(self) -> str:
        return self._why

    def cut_short_by(self) -> str:
        return self._ended

    def take_over(self) -> None:
        assert not self.removed

    def remove(self) -> None:
        self.removed = True


def sweep_with(trials: int, **changes: Any) -> Sweep:
    return Sweep.model_validate(SWEEP | {"search": {"trials": trials, "warm_up": 1}} | changes)


def root_in(folder: Path) -> Path:
    """A repository with this checkout's parameters."""
    folder.mkdir(exist_ok=True)
    (folder / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "start")
    return folder


def search_of(trials: int, root: Path, storage: Any = None, **changes: Any) -> Searched:
    kept = storage or storage_of(None, root, "made-up")
    return opened(sweep_with(trials, **changes), kept, root, snapshot(root), begin=True)


def work(search: Searched, root: Path, ending: Callable[[Trial], Told], signals: Signals | None = None) -> None:
    """Run a worker whose trials do as `ending` says."""

    searches.LOOK = 0.01
    with Meter("search", search.limits.trials) as meter:
        Worker(search, cast(Runner, Teller(root, ending)), signals or Signals(), meter).work()


class Teller:
    """Stands for a runner."""

    def __init__(self, root: Path, ending: Callable[[Trial], Told]) -> None:
        self.root, self.folder, self.commit, self._ending = root, folder_of(root, "made-up"), "HEAD", ending

    def begin(self, trial: Trial) -> Told:
        told = self._ending(trial)
        told.clone = self.folder / trial.name
        (told.clone / "reports" / "train").mkdir(parents=True, exist_ok=True)
        rows = (f"{epoch},{nll},{nll}" for epoch, nll in enumerate(told.nlls, 1))
        text = "\n".join(["epoch,train_nll_nats_per_point,valid_nll_nats_per_point", *rows])
        (told.clone / "reports" / "train" / "history.csv").write_text(f"{text}\n")
        return told


def levels_of(search: Searched) -> list[tuple[object, ...]]:
    """Of all results."""
    return [tuple(trial.params.values()) for trial in search.results]


def write_sweep(file: Path, **changes: Any) -> Path:
    """The made-up sweep as a file, with changes."""
    YAML().dump(SWEEP | changes, file)
    return file


class Checkout:
    """A repository of its own, with the data of all trials made."""

    def __init__(self, folder: Path, params: dict[str, dict[str, Any]]) -> None:
        self.folder = folder
        commit_tree(folder, params)
        person = {f"GIT_{role}_{key}": "tester" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
        kept = {key: value for key, value in os.environ.items()
                if not key.startswith(("DVC_", "MLFLOW_", "PENLIFT_"))}  # fmt: skip
        path = {"PYTHONPATH": str(folder / "src"), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        self._environment = kept | person | path | {"PENLIFT_LIVE": "no"}
        self.dvc("repro", "-q", "window")

    def git(self, *command: str) -> str:
        return self._said("git", *command)

    def dvc(self, *command: str) -> str:
        return self._said(*DVC, *command)

    def _said(self, *command: str) -> str:
        return subprocess.run(
            command, cwd=self.folder, env=self._environment, capture_output=True, text=True, check=True
        ).stdout

    def start(self, *command: str, **environment: str) -> "subprocess.Popen[str]":
        """Start penlift with a command, all that it says on one pipe."""
        return subprocess.Popen(
            [sys.executable, "-c", "from penlift.cli.main import main; main()", *command], cwd=self.folder,
            env=self._environment | environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def search(self, file: Sweep, url: str | None = None) -> Searched:
        """A search that has begun there."""
        return opened(file, storage_of(url, self.folder, file.name), self.folder, snapshot(self.folder), begin=True)

    def first_result(self, search: Searched) -> None:
        """Wait until a trial that runs has come through an epoch."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if any(
                trial.intermediate_values
                for trial in search.study.get_trials(states=(optuna.trial.TrialState.RUNNING,))
            ):
                return
            time.sleep(0.2)
        raise TimeoutError("no trainer came through an epoch")

    def at_work(self, sweep: str) -> list[str]:
        """The commands of stages that are at work for a search."""
        return [each.command for each in at_work(folder_of(self.folder, sweep)) if " pipeline/" in each.command]

    def runs(self, sweep: str) -> list[dict[str, str]]:
        """The tags and status of each MLflow run of a sweep, what waited sent first."""
        if outcomes_in(self.folder / ".state"):
            self.start("track", "--all").communicate()
        with sqlite3.connect(self.folder / "mlflow.db") as store:
            rows = store.execute("select run_uuid, status from runs").fetchall()
            runs = [dict(store.execute("select key, value from tags where run_uuid = ?", (run,))) | {"status": status}
                    for run, status in rows]  # fmt: skip
        store.close()
        return [run for run in runs if run.get("penlift.sweep") == sweep]
