"""A sweep's throughput, and what kills do to it.

`python bench/sweep.py` prints how many times as fast two trials at a time on a thread each are as one with two threads,
both by `penlift sweep`, in turn, each in a fresh repository, median of ROUNDS. `python bench/sweep.py kills` kills a
sweep, and all that it started, three times at random moments with SIGKILL, lets it finish, and compares all that its
trials made with what they made in one that was never stopped, byte for byte.
"""

import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from clone import commit_tree
from ruamel.yaml import YAML

from penlift.common.processes import at_work, kill
from penlift.experiments.repository import DVC, experiments_in, output_of

ROUNDS, KILLS, LATEST = 3, 3, 120.0  # LATEST: s from a start to its kill
LITTLE: dict[str, dict[str, Any]] = {
    "compose": {"lines": 600, "writers": 40},
    "train": {"epochs": 2},
    "sample": {"lines": 2},
    "evaluate": {"train_lines": 50, "pairs": 20},
}
PENLIFT = Path(sys.executable).with_name("penlift")
SWEEP = """\
name: bench
about: How long does it take?
design: grid
seeds: [1, 2]
equal: 0.02
set: {model.hidden: 128, train.threads: THREADS}
factors:
  model.cell: [lstm, gru]
search: null
"""


def repository(folder: Path, threads: int) -> Path:
    """A committed clone, with a sweep file and its data made."""
    commit_tree(folder, LITTLE)
    (folder / "sweep.yaml").write_text(SWEEP.replace("THREADS", str(threads)))
    output_of(folder, *DVC, "repro", "window")
    return folder


def begin(folder: Path, at_once: int) -> "subprocess.Popen[bytes]":
    command = [str(PENLIFT), "sweep", "sweep.yaml", "--at-once", str(at_once)]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def seconds(at_once: int, threads: int) -> float:
    with tempfile.TemporaryDirectory() as place:
        folder = repository(Path(place) / "penlift", threads)
        began = time.monotonic()
        if begin(folder, at_once).wait():
            sys.exit("a sweep failed")
        return time.monotonic() - began


def throughput() -> None:
    taken: dict[int, list[float]] = {2: [], 1: []}
    for _ in range(ROUNDS):
        for at_once, times in taken.items():
            times.append(seconds(at_once, 2 // at_once))
    two, one = (statistics.median(times) for times in taken.values())
    print(f"4 trials, two at a time on a thread each: {two:.0f} s; one at a time on two threads: {one:.0f} s")
    print(f"throughput: {one / two:.2f}")


def made(folder: Path) -> dict[str, list[str]]:
    """By trial, the hashes of all that its stages made."""
    found = {}
    for experiment in experiments_in(folder):
        lock = YAML(typ="safe", pure=True).load(output_of(folder, "git", "show", f"{experiment.commit}:dvc.lock"))
        found[experiment.name] = [out["md5"] for stage in lock["stages"].values() for out in stage.get("outs", [])]
    return found


def kills() -> None:
    with tempfile.TemporaryDirectory() as place:
        whole, killed = (repository(Path(place) / name, 1) for name in ("whole", "killed"))
        if begin(whole, 2).wait():
            sys.exit("the sweep that was never stopped failed")
        for _ in range(KILLS):
            process, after = begin(killed, 2), random.uniform(10, LATEST)
            time.sleep(after)
            print(f"after {after:.0f} s {'it had ended' if process.poll() is not None else 'killed'}, "
                  f"{len(experiments_in(killed))} trials finished")  # fmt: skip
            kill(each.process for each in at_work(killed))
            process.wait()
        if begin(killed, 2).wait():
            sys.exit("the sweep that was killed failed in the end")
        one, other = made(whole), made(killed)
        for name in sorted(one.keys() | other.keys()):
            print(f"{name:24} {'equal' if one.get(name) == other.get(name) else 'DIFFERS'}")
        sys.exit(one != other)


if __name__ == "__main__":
    kills() if sys.argv[1:] == ["kills"] else throughput()
