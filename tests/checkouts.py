"""Checkouts that tests run DVC in."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from penlift.common.params import COME_SINCE, MEANT
from penlift.experiments.repository import Experiment, experiments_in

SPLIT = {"lines": 7, "nll_nats_per_point": {"tablet": 5.0, "over_20": -1.0},
         "baseline_nll_nats_per_point": {"tablet": 8.0}, "nll_nats_per_point_low": {"tablet": 4.9},
         "nll_nats_per_point_high": {"tablet": 5.1}}  # fmt: skip


FILES = {
    "ink/points.npy": "p", "ink/index.csv": "i", "models/model.safetensors": "w", "models/model.json": "{}",
    "train/history.csv": "epoch,gradient_norm\n1,1\n2,0\n",
    "train/training.json": '{"fingerprint": "f00d", "torch": "2"}',
    "samples/sample-1.svg": "<svg/>", "index.html": "page", "metrics.json": json.dumps({"valid": SPLIT, "test": SPLIT}),
    "params.yaml": "model: {}\n", "dvc.lock": "schema: '2.0'\n",
}  # fmt: skip


def from_before(params: str) -> str:
    """A params.yaml as it was before any key that has come since."""
    kept, section = list[str](), ""
    for line in params.splitlines(keepends=True):
        key = line.split(":")[0].strip()
        section = key if line[:1].isalpha() else section
        if section not in COME_SINCE and key not in MEANT.get(section, {}):
            kept.append(line)
    return "".join(kept)


LONGEST = 600.0  # s that a command may take, on a busy machine


SMALL: dict[str, dict[str, Any]] = {
    "compose": {"lines": 60, "writers": 12},
    "window": {"length": 50},
    "model": {"hidden": 12, "mixtures": 3},
    "train": {"epochs": 1, "threads": 1},
    "sample": {"lines": 1, "points": 60},
    "evaluate": {"train_lines": 10, "pairs": 6, "read": 6},
}


@pytest.fixture(scope="module")
def shell() -> Callable[..., str]:
    """Run a command where this Python's `dvc` and `python` come first; its output, or a failed test."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    person = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER")
              for key, value in (("NAME", "tester"), ("EMAIL", "tester@localhost"))}  # fmt: skip
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DVC_", "MLFLOW_"))}

    def run(folder: Path, *command: str, status: int = 0) -> str:
        answer = subprocess.run(
            command, cwd=folder, env=environment | person | {"PATH": path}, capture_output=True, text=True, check=False,
            timeout=LONGEST,
        )  # fmt: skip
        assert answer.returncode == status, f"{command}: {answer.stdout[-3000:]} {answer.stderr[-3000:]}"
        return answer.stdout + answer.stderr

    return run


def tracked_runs(folder: Path) -> list[dict[str, str]]:
    """The tags of each MLflow run in the embedded store, read without MLflow."""
    with sqlite3.connect(folder / "mlflow.db") as store:
        runs = [row[0] for row in store.execute("select run_uuid from runs where status = 'FINISHED'")]
        return [dict(store.execute("select key, value from tags where run_uuid = ?", (run,))) for run in runs]


def hashes(folder: Path, *stages: str) -> list[str]:
    lock = YAML(typ="safe", pure=True).load((folder / "dvc.lock").read_text())["stages"]
    return [out["md5"] for stage in stages for out in lock[stage].get("outs", [])]


PERSON = ["-c", "user.name=tester", "-c", "user.email=tester@localhost"]


def git(folder: Path, *command: str) -> str:
    return subprocess.run(
        ["git", *PERSON, *command], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "one"
    files = {
        "params.yaml": "{model: {hidden: 8}, extract: {path: data/raw/own}}\n",
        "data/raw/own/a.csv": "1\n",
        "dvc.yaml": "stages: {train: {cmd: x, deps: [src/a.py, data/ink, '${extract.path}']}}\n",
        "src/a.py": "1\n",
        "src/other.py": "1\n",
        "data/raw/ink.dvc": "outs: []\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "start")
    return folder


def experiment_in(folder: Path, name: str, text: str = "lock") -> Experiment:
    """An experiment of the commit that the repository is at, as DVC leaves one."""
    base = git(folder, "rev-parse", "HEAD")
    (folder / "dvc.lock").write_text(text)
    git(folder, "add", "dvc.lock")
    commit = git(folder, "commit-tree", "-p", base, "-m", "experiment", git(folder, "write-tree"))
    git(folder, "rm", "-qf", "--cached", "dvc.lock")
    (folder / "dvc.lock").unlink()
    git(folder, "update-ref", f"refs/exps/{base[:2]}/{base[2:]}/{name}", commit)
    return next(each for each in experiments_in(folder) if each.commit == commit)
