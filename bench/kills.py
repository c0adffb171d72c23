"""Trainings killed with SIGKILL and started again, against the same never stopped: `python bench/kills.py`.

Each is killed at random moments, every other time while its state is being written, and started again until it ends.
Then the weights, the history, the dreamt lines and the metrics are compared, byte for byte. Prints a row a training.
"""

import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
DATA = {
    "compose": ["src/penlift/fonts", "src/penlift/prose/sentences.txt", "data/corpus"],
    "extract": ["data/corpus", "data/ink"],
    "normalise": ["data/ink", "data/offsets"],
    "window": ["data/offsets", "data/windows"],
}
TRAIN = ["data/offsets", "data/windows", "models", "reports/train"]
EVALUATE = ["models", "data/offsets", "reports/metrics.json", "reports/evaluate"]
MADE = ["models/model.safetensors", "models/model.json", "reports/train/history.csv", "reports/train/samples.npy",
        "reports/metrics.json"]  # fmt: skip
SMALL = {"compose": {"lines": 100, "writers": 10}, "train": {"epochs": 4, "save_every": 0.3}}
LONGEST_WAIT = 4.0  # s from the first step of a start to its kill


class Variant(NamedTuple):
    """A training, and how often it is killed."""

    cell: str
    peepholes: bool
    threads: int
    precision: str
    kills: int


VARIANTS = [
    Variant("lstm", False, 2, "float32", 20),
    Variant("lstm", True, 2, "float32", 3),
    Variant("gru", False, 2, "float32", 3),
    Variant("rnn", False, 2, "float32", 3),
    Variant("lstm", False, 1, "float32", 3),
    Variant("lstm", False, 2, "bfloat16", 3),
]


def copy_tree(folder: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True,
                            check=True)  # fmt: skip
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def set_params(folder: Path, changes: Mapping[str, Mapping[str, object]]) -> None:
    yaml = YAML()
    params = yaml.load(folder / "params.yaml")
    for section, values in changes.items():
        params[section].update(values)
    yaml.dump(params, folder / "params.yaml")


def start(folder: Path, stage: str, paths: list[str]) -> "subprocess.Popen[bytes]":
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DVC_")}
    command = [sys.executable, f"pipeline/{stage}.py", *paths]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=-3, stderr=-3)


def finish(folder: Path, stage: str, paths: list[str]) -> None:
    if start(folder, stage, paths).wait():
        raise SystemExit(f"stage {stage} failed in {folder}")


def clear(folder: Path) -> None:
    for name in (".state", "models", "reports"):
        shutil.rmtree(folder / name, ignore_errors=True)


def result(folder: Path) -> list[str]:
    finish(folder, "evaluate", EVALUATE)
    return [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in MADE]


def killed_once(folder: Path, draw: random.Random, while_writing: bool) -> bool:
    """Start the training and kill it; False where it came to its end before that."""
    trainer = start(folder, "train", TRAIN)
    begun = set(folder.glob(".state/*/pid"))
    stamps = {path: path.stat().st_mtime_ns for path in begun}
    while trainer.poll() is None and not any(
        path.stat().st_mtime_ns != stamps.get(path) for path in folder.glob(".state/*/pid")
    ):
        time.sleep(0.02)
    at = time.monotonic() + draw.uniform(0, LONGEST_WAIT)
    while trainer.poll() is None:
        writing = any(folder.glob(".state/*/.state.safetensors.part"))
        if time.monotonic() >= at and (writing or not while_writing):
            trainer.kill()
            break
        time.sleep(0.0005)
    return trainer.wait() == -9


def killed(folder: Path, kills: int, draw: random.Random) -> int:
    """Kill the training so many times, then let it end; how many kills came before its end."""
    done = 0
    while done < kills and killed_once(folder, draw, while_writing=done % 2 == 1):
        done += 1
    finish(folder, "train", TRAIN)
    return done


def main() -> None:
    draw = random.Random(1)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        copy_tree(folder)
        set_params(folder, SMALL)
        for stage, paths in DATA.items():
            finish(folder, stage, paths)
        print(f"{'training':44} {'kills':>5} {'equal':>6}", flush=True)
        for variant in VARIANTS:
            train = {"threads": variant.threads, "precision": variant.precision}
            set_params(folder, {"model": {"cell": variant.cell, "peepholes": variant.peepholes}, "train": train})
            clear(folder)
            finish(folder, "train", TRAIN)
            whole = result(folder)
            clear(folder)
            kills = killed(folder, variant.kills, draw)
            equal = "yes" if result(folder) == whole else "NO"
            cell = variant.cell + (" with peepholes" if variant.peepholes else "")
            threads = f"{variant.threads} thread{'s' if variant.threads > 1 else ''}"
            print(f"{f'{cell}, {threads}, {variant.precision}':44} {kills:5} {equal:>6}", flush=True)


if __name__ == "__main__":
    main()
