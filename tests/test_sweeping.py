"""A sweep on DVC's queue, in a repository of its own: real trials, all small; killed, and gone on with."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from clone import copy_tree, set_params
from ruamel.yaml import YAML
from test_end_to_end import SMALL, hashes, shell, tracked_runs

from penlift.experiments import experiments_in

__all__ = ["shell"]  # a fixture
pytestmark = pytest.mark.slow
FILE = """\
name: small
about: Does what is killed come to the same?
design: one-at-a-time
seeds: [1]
equal: 0.02
set: {train.threads: 1, train.epochs: 12, train.save_every: 1}
factors:
  model.cell: [lstm, gru]
search: null
"""
WAIT = 120.0  # s for a trainer to begin, on a busy machine


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, shell: Callable[..., str]) -> Path:
    """A committed clone with small parameters, and a change of them that nobody committed."""
    folder = tmp_path_factory.mktemp("sweep") / "penlift"
    copy_tree(folder)
    set_params(folder, SMALL)
    shell(folder, "git", "init", "-q")
    shell(folder, "git", "add", "-A")
    shell(folder, "git", "commit", "-qm", "start")
    set_params(folder, {"model": {"hidden": 14}})
    (folder / "sweep.yaml").write_text(FILE)
    return folder


def below(folder: Path) -> list[psutil.Process]:
    """All processes that work in a folder or below it."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process)
        except psutil.Error:
            continue
    return found


def begin(folder: Path) -> "subprocess.Popen[str]":
    command = [str(Path(sys.executable).with_name("penlift")), "sweep", "sweep.yaml"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def wait_for_a_trainer(folder: Path) -> None:
    """Until one has saved its state since this was called."""
    began, deadline = time.time(), time.monotonic() + WAIT
    while time.monotonic() < deadline:
        if any(file.stat().st_mtime > began for file in folder.glob(".state/*/state.safetensors")):
            return
        time.sleep(0.1)
    raise TimeoutError(f"no trainer in {folder} after {WAIT} s")


def kill_in_training(folder: Path, after: float) -> None:
    """Start the sweep, and kill it and all that it started some seconds after a state was saved."""
    with begin(folder):
        wait_for_a_trainer(folder)
        time.sleep(after)
        for process in below(folder):
            process.kill()


def test_a_sweep_killed_again_and_again_comes_to_what_dvc_repro_does(checkout: Path, shell: Callable[..., str]) -> None:
    for after in (0.2, 1.0):
        kill_in_training(checkout, after)
    changed = shell(checkout, "git", "status", "--porcelain")

    said = shell(checkout, "penlift", "sweep", "sweep.yaml")

    assert "All 2 trials are finished." in said
    assert "cell gru" in said
    assert shell(checkout, "git", "status", "--porcelain").replace("?? reports/sweeps/\n", "") == changed
    assert [run["penlift.sweep"] for run in tracked_runs(checkout)] == ["small", "small"]
    page = checkout / "reports" / "sweeps" / "small" / "index.html"
    assert page.stat().st_size > 10_000
    experiment = next(each for each in experiments_in(checkout) if each.name == "small-reference-s1")
    other = checkout.parent / "repro"
    shell(checkout, "git", "clone", "-q", str(checkout), str(other))
    (other / "params.yaml").write_text(shell(checkout, "git", "show", f"{experiment.commit}:params.yaml"))
    shell(other, "dvc", "repro", "report")
    lock = YAML(typ="safe", pure=True).load(shell(checkout, "git", "show", f"{experiment.commit}:dvc.lock"))["stages"]
    stages = ["train", "sample", "evaluate", "report"]
    assert hashes(other, *stages) == [out["md5"] for stage in stages for out in lock[stage].get("outs", [])]


def test_what_is_finished_is_not_run_again_and_what_failed_is(checkout: Path, shell: Callable[..., str]) -> None:
    before, start = experiments_in(checkout), checkout.parent / "start"
    (checkout / "sweep.yaml").write_text(FILE.replace("model.cell: [lstm, gru]", f"train.start: [null, {start}]"))

    said = shell(checkout, "penlift", "sweep", "sweep.yaml", status=1)

    assert "1 of 2 trials failed" in said
    assert f"penlift train: {start}" in said
    assert experiments_in(checkout) == before  # the reference is that of the first test

    shutil.copytree(checkout.parent / "repro" / "models", start)
    shell(checkout, "penlift", "sweep", "sweep.yaml")

    assert len(experiments_in(checkout)) == len(before) + 1


def test_one_command_at_a_time_runs_a_sweep_and_ctrl_c_stops_all(checkout: Path, shell: Callable[..., str]) -> None:
    (checkout / "sweep.yaml").write_text(FILE.replace("epochs: 12", "epochs: 400"))
    with begin(checkout) as first:
        wait_for_a_trainer(checkout)

        refused = shell(checkout, "penlift", "sweep", "sweep.yaml", status=1)
        first.send_signal(signal.SIGINT)
        said = first.communicate(timeout=WAIT)[1]

    assert f"process {first.pid} runs sweep small here" in refused
    assert said.splitlines()[-1].startswith("penlift sweep: stopped by SIGINT")
    assert first.returncode == 1
    assert [process for process in below(checkout) if "train.py" in " ".join(process.cmdline())] == []
