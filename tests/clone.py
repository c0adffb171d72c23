"""A copy of this checkout, with parameters of its own, to run stages in."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
STAGES = {  # those up to training, with the paths that dvc.yaml gives them
    "compose": ["src/penlift/corpus/fonts", "src/penlift/corpus/prose/sentences.txt", "data/corpus"],
    "extract": ["data/ink"],
    "normalise": ["data/ink", "data/offsets"],
    "window": ["data/offsets", "data/windows"],
    "train": ["data/offsets", "data/windows", "models", "reports/train"],
    "recognise": ["data/ink", "reports/recogniser"],
    "sample": ["models", "reports/samples"],
    "evaluate": [
        "models", "data/ink", "data/offsets", "reports/recogniser", "reports/samples", "reports/metrics.json",
        "reports/evaluate",
    ],
}  # fmt: skip
DATA_STAGES = list(STAGES)[:4]


def copy_tree(folder: Path) -> None:
    """All files that git tracks or would, but for dvc.lock."""
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    files = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in files:
        if (ROOT / name).is_file() and name != "dvc.lock":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def commit_tree(folder: Path, *changes: Mapping[str, Mapping[str, Any]]) -> None:
    """The tree with other parameters, as the first commit of a repository of its own."""
    copy_tree(folder)
    set_params(folder, *changes)
    person = ("-c", "user.name=tester", "-c", "user.email=tester@localhost")
    for command in (("init", "-q"), ("add", "-A"), (*person, "commit", "-qm", "start")):
        subprocess.run(["git", *command], cwd=folder, check=True)


def set_params(folder: Path, *changes: Mapping[str, Mapping[str, Any]]) -> None:
    """Change values of params.yaml, section by section."""
    yaml = YAML()
    params = yaml.load(folder / "params.yaml")
    for change in changes:
        for section, values in change.items():
            params[section].update(values)
    yaml.dump(params, folder / "params.yaml")


def make_data(folder: Path, ink: Path | None = None) -> None:
    """Run the stages before training: on the built-in corpus, or on the archives in `ink`."""
    if ink is None:
        finish(folder, *DATA_STAGES)
        return
    set_params(folder, {"extract": {"path": str(ink)}})
    finish(folder, "extract", "normalise", "window")


def start(folder: Path, stage: str, *paths: str, watched: str = "") -> "subprocess.Popen[str]":
    """Start a stage's script, without DVC; with the paths that dvc.yaml gives it, if none are given here.

    `watched`: the MLflow store that a training is shown in, if any.
    """
    others = {key: value for key, value in os.environ.items() if not key.startswith(("DVC_", "PENLIFT_LIVE"))}
    live = {"MLFLOW_TRACKING_URI": watched} if watched else {"PENLIFT_LIVE": "no"}
    command = [sys.executable, f"pipeline/{stage}.py", *(paths or STAGES[stage])]
    return subprocess.Popen(
        command, cwd=folder, env=others | live, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def finish(folder: Path, *stages: str) -> None:
    """Run stages to their ends."""
    for stage in stages:
        _, said = (process := start(folder, stage)).communicate()
        if process.returncode:
            raise RuntimeError(f"stage {stage} failed in {folder}: {said[-2000:]}")
