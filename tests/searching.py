"""A made-up search, and a worker that only waits where others train."""

import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import optuna
from clone import commit_tree
from optuna.trial import FrozenTrial, TrialState
from ruamel.yaml import YAML

from penlift.common.errors import InputError
from penlift.experiments.repository import DVC
from penlift.experiments.search.beginning import opened
from penlift.experiments.search.database import connected
from penlift.experiments.search.owner import Owner, Watch, owner_of
from penlift.experiments.search.slots import Slot
from penlift.experiments.search.study import Searched
from penlift.experiments.sweeps.design import Sweep, read_sweep
from penlift.tracking.outbox import Outbox

PATIENCE = 120.0  # s for a trainer to come through an epoch
SWEEP: dict[str, Any] = {
    "name": "made-up",
    "about": "What does it change?",
    "design": "grid",
    "seeds": [1],
    "equal": 0.02,
    "set": {},
    "factors": {"model.mixtures": [1, 2], "model.dropout": [0.2, 0], "model.skip": [False, True]},
    "search": {"trials": 4, "warm_up": 1},
}
WORKER = """
import sys, time
from pathlib import Path
from penlift.experiments.search.beginning import opened
from penlift.experiments.search.owner import Watch, this_worker
from penlift.experiments.search.storage import storage_of
from penlift.experiments.sweeps.design import Sweep
from searching import SWEEP
sweep = Sweep.model_validate(SWEEP | {"search": {"trials": int(sys.argv[2]), "warm_up": 1}})
search, me = opened(sweep, storage_of(None, Path(sys.argv[1]), sweep.name), {"levels": 1}), this_worker()
while not all(slot.counts for slot in search.slots()):
    search.free_lost(Watch(me))
    if trial := search.take(me, lambda slot: slot.state == "waiting"):
        print(end="x", flush=True)
        time.sleep(0.1)
        search.study.tell(trial.number, 1.0)
    time.sleep(0.02)
"""


def sweep_with(trials: int, warm_up: int = 1) -> Sweep:
    return Sweep.model_validate(SWEEP | {"search": {"trials": trials, "warm_up": warm_up}})


def search_of(trials: int, storage: Any = None) -> Searched:
    return opened(sweep_with(trials), storage or optuna.storages.InMemoryStorage(), {"levels": 1})


def worker(name: str, host: str = "here") -> Owner:
    return Owner(host, 1, 0.0, name)


def waits(slot: Slot) -> bool:
    return slot.state == "waiting"


def results_of(search: Searched) -> Counter[int]:
    """How many results each slot has, by all trials of its study."""
    ended = (TrialState.COMPLETE, TrialState.PRUNED)
    return Counter(trial.user_attrs["slot"] for trial in search.study.get_trials(states=ended))


class Gone(Watch):
    """Knows which workers are gone."""

    def __init__(self, tokens: Iterable[str] = ()) -> None:
        self.tokens = set(tokens)

    def is_gone(self, trial: FrozenTrial) -> bool:
        return owner_of(trial).token in self.tokens


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
            [sys.executable, "-c", "from penlift.cli import main; main()", *command], cwd=self.folder,
            env=self._environment | environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def first_trainer(self, file: Path, url: str) -> Owner:
        """A worker, once its trainer has come through an epoch."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            time.sleep(0.5)
            with suppress(InputError):
                search = opened(read_sweep(file), connected(url), None)
                for trial in search.study.get_trials(states=(TrialState.RUNNING,)):
                    if trial.intermediate_values:
                        return owner_of(trial)
        raise TimeoutError("no trainer came through an epoch")

    def runs(self, sweep: str) -> list[dict[str, str]]:
        """The tags and status of each MLflow run of a sweep, what waited sent first."""
        if Outbox(self.folder / ".state").waiting():
            self.start("track", "--all").communicate()
        with sqlite3.connect(self.folder / "mlflow.db") as store:
            rows = store.execute("select run_uuid, status from runs").fetchall()
            runs = [dict(store.execute("select key, value from tags where run_uuid = ?", (run,))) | {"status": status}
                    for run, status in rows]  # fmt: skip
        store.close()
        return [run for run in runs if run.get("penlift.sweep") == sweep]
