"""Trainings killed with SIGKILL and started again, against the same never stopped: `python bench/kills.py [text]`.

With `text`, only those of networks that read.
Each is killed at random moments, every other time while its state is being written, and started again until it ends.
Then the weights, the history, the dreamt lines and the metrics are compared, byte for byte. Prints a row a training.
"""

import hashlib
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import psutil
import torch
from clone import copy_tree, finish, make_data, set_params, start

from penlift.common.processes import kill as kill_all
from penlift.training.device import computes

MADE = {
    "train": [
        "models/model.safetensors",
        "models/model.json",
        "reports/train/history.csv",
        "reports/train/samples.npy",
    ],
    "sample": [],
    "evaluate": ["reports/metrics.json"],
}
SMALL: dict[str, dict[str, Any]] = {"compose": {"lines": 100, "writers": 10}, "train": {"epochs": 8, "save_every": 0.3}}
LONGEST_WAIT = 4.0  # s from the beginning of a start's training to its kill


class Variant(NamedTuple):
    """A training, and how often it is killed."""

    cell: str
    peepholes: bool
    threads: int
    precision: str
    kills: int
    text: bool = False

    def __str__(self) -> str:
        more = " with peepholes" * self.peepholes + " that reads" * self.text
        return f"{self.cell}{more}, {self.threads} thread{'s'[: self.threads - 1]}, {self.precision}"


VARIANTS = [
    Variant("lstm", False, 2, "float32", 20),
    Variant("lstm", True, 2, "float32", 3),
    Variant("gru", False, 2, "float32", 3),
    Variant("rnn", False, 2, "float32", 3),
    Variant("lstm", False, 1, "float32", 3),
    Variant("lstm", False, 2, "bfloat16", 3),
    Variant("lstm", False, 2, "float32", 5, text=True),
    Variant("lstm", True, 2, "float32", 5, text=True),
]


def clear(folder: Path) -> None:
    for name in (".state", "models", "reports"):
        shutil.rmtree(folder / name, ignore_errors=True)


def result(folder: Path, *stages: str) -> list[str]:
    """Hashes of what stages make."""
    finish(folder, *stages)
    return [hashlib.sha256((folder / name).read_bytes()).hexdigest() for stage in stages for name in MADE[stage]]


def pids(folder: Path) -> set[str]:
    return {path.read_text() for path in folder.glob(".state/*/pid")}


def killed_once(folder: Path, draw: random.Random, while_writing: bool) -> bool:
    """Start the training and kill it; False where it came to its end before that."""
    before, trainer = pids(folder), start(folder, "train")
    while trainer.poll() is None and pids(folder) == before:
        time.sleep(0.02)
    at = time.monotonic() + draw.uniform(0, LONGEST_WAIT)
    while trainer.poll() is None:
        writing = any(folder.glob(".state/*/.state.safetensors.part"))
        if time.monotonic() >= at and (writing or not while_writing):
            it = psutil.Process(trainer.pid)
            kill_all([it, *it.children(recursive=True)])  # its processes would go on without it
            break
        time.sleep(0.0005)
    trainer.communicate()
    return trainer.returncode == -9


def kill(folder: Path, kills: int, draw: random.Random) -> int:
    """Kill the training so many times; how many came before its end."""
    done = 0
    while done < kills and killed_once(folder, draw, while_writing=done % 2 == 1):
        done += 1
    return done


def compare(folder: Path, kills: int, draw: random.Random, *stages: str) -> tuple[int, bool]:
    """Train once without and once with kills; how many there were, and whether these stages came to the same bytes."""
    clear(folder)
    whole = result(folder, *stages)
    clear(folder)
    done = kill(folder, kills, draw)
    return done, result(folder, *stages) == whole


def main(variants: list[Variant]) -> None:
    draw = random.Random(1)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        copy_tree(folder)
        set_params(folder, SMALL)
        make_data(folder)
        print(f"{'training':50} {'kills':>5} {'equal':>6}", flush=True)
        for variant in variants:
            if not computes(variant.precision, torch.device("cpu")):
                print(f"{variant!s:50} this CPU has no {variant.precision}")
                continue
            model = {"cell": variant.cell, "peepholes": variant.peepholes, "text": variant.text}
            set_params(folder, {"model": model, "train": {"threads": variant.threads, "precision": variant.precision}})
            finish(folder, "window")  # which makes an alphabet for those that read
            kills, equal = compare(folder, variant.kills, draw, *MADE)
            print(f"{variant!s:50} {kills:5} {'yes' if equal else 'NO':>6}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["text"]):
        sys.exit("usage: python bench/kills.py [text]")
    main([variant for variant in VARIANTS if variant.text or not sys.argv[1:]])
