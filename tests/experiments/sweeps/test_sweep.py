"""A sweep, in a repository of its own: real trials, all small; killed, and gone on with."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from checkouts import SMALL, hashes, tracked_runs
from clone import commit_tree, set_params
from ruamel.yaml import YAML

from penlift.common.processes import at_work, kill
from penlift.experiments.repository import experiments_in

pytestmark = pytest.mark.slow
FILE = """\
name: small
about: What is a start worth?
design: one-at-a-time
seeds: [1]
equal: 0.02
set: {train.threads: 1, train.epochs: 20, train.save_every: 0.5}
factors:
  train.start: [null, START]
search: null
"""
WAIT = 120.0  # s for a trainer to begin, on a busy machine


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed clone with small parameters, and a change of them that nobody committed."""
    folder = tmp_path_factory.mktemp("sweep") / "penlift"
    commit_tree(folder, SMALL)
    set_params(folder, {"model": {"hidden": 14}})
    (folder / "sweep.yaml").write_text(FILE.replace("START", str(folder.parent / "start")))
    return folder


@contextmanager
def begin(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A sweep as long as this is entered; then all that works in the folder is killed."""
    command = [str(Path(sys.executable).with_name("penlift")), "sweep", "sweep.yaml"]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        kill(each.process for each in at_work(folder))
        process.communicate()


def wait_for_a_trainer(folder: Path) -> None:
    """Until one has saved its state since this was called."""
    began, deadline = time.time(), time.monotonic() + WAIT
    while time.monotonic() < deadline:
        if any(file.stat().st_mtime > began for file in folder.glob(".state/*/state.safetensors")):
            return
        time.sleep(0.1)
    raise TimeoutError(f"no trainer in {folder} after {WAIT} s")


def test_a_sweep_stopped_killed_and_failed_comes_to_what_dvc_repro_does(
    checkout: Path, shell: Callable[..., str]
) -> None:
    changed = shell(checkout, "git", "status", "--porcelain")
    start = checkout.parent / "start"  # of the second trial, and not there yet

    with begin(checkout) as first:
        while not (checkout / ".state" / "sweeps" / "small" / "pid").is_file():
            assert first.poll() is None, first.communicate()
            time.sleep(0.1)
        refused = shell(checkout, "penlift", "sweep", "sweep.yaml", status=1)
        wait_for_a_trainer(checkout)
        os.killpg(first.pid, signal.SIGINT)  # as a terminal does: all that it calls is told, too
        said = first.communicate(timeout=WAIT)[1]
        assert f"process {first.pid} runs this sweep" in refused
        assert said.splitlines()[-1].startswith("penlift sweep: stopped by SIGINT")
        assert [each for each in at_work(checkout) if "pipeline/" in each.command] == []

    with begin(checkout) as second:
        wait_for_a_trainer(checkout)
        second.kill()  # alone: its trials go on, until the next command stops them
        said = shell(checkout, "penlift", "sweep", "sweep.yaml", status=1)
        assert [each for each in at_work(checkout) if "pipeline/" in each.command] == []
    assert "1 of 2 trials failed" in said
    assert f"penlift train: {start}" in said
    assert shell(checkout, "git", "status", "--porcelain").replace("?? reports/sweeps/small/\n", "") == changed

    (reference,) = experiments_in(checkout)
    other = checkout.parent / "repro"
    shell(checkout, "git", "clone", "-q", str(checkout), str(other))
    (other / "params.yaml").write_text(shell(checkout, "git", "show", f"{reference.commit}:params.yaml"))
    shell(other, "dvc", "repro", "evaluate")
    lock = YAML(typ="safe", pure=True).load(shell(checkout, "git", "show", f"{reference.commit}:dvc.lock"))["stages"]
    stages = ["train", "sample", "evaluate"]
    assert hashes(other, *stages) == [out["md5"] for stage in stages for out in lock[stage].get("outs", [])]

    shutil.copytree(other / "models", start)
    said = shell(checkout, "penlift", "sweep", "sweep.yaml")
    assert "All 2 trials are finished." in said
    assert reference in experiments_in(checkout)  # what is finished is not run again
    assert [run["penlift.sweep"] for run in tracked_runs(checkout)] == ["small", "small"]
    assert (checkout / "reports" / "sweeps" / "small" / "index.html").stat().st_size > 10_000
