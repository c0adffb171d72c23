"""Several processes train as one does, stop together, and leave a state when one of them is lost."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch
from clone import copy_tree, make_data, set_params, start
from conftest import ROOT
from safetensors.torch import load_file

from penlift.common.errors import InputError
from penlift.common.processes import at_work, end
from penlift.ink.lines import Ink
from penlift.ink.offsets import normalise
from penlift.ink.scales import NormaliseParams
from penlift.training.distributed import ALONE, gathered

sys.path.insert(0, str(ROOT / "bench"))
from kills import clear, compare, result
from small_trainings import SMALL


def test_a_number_of_processes_that_nothing_has_started_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")

    with (
        pytest.raises(InputError, match="WORLD_SIZE is 2 without MASTER_ADDR; unset it"),
        gathered(torch.device("cpu")),
    ):
        pass


def test_one_process_gives_back_what_it_was_given() -> None:
    rows = torch.randn(5, 3)
    summed = rows.clone()

    ALONE.sum_([summed])

    assert torch.equal(ALONE.share(rows), rows)
    assert torch.equal(summed, rows)
    assert ALONE.largest(2.5, rows.device) == 2.5
    assert ALONE.any(True, rows.device)
    assert not ALONE.any(False, rows.device)


@pytest.mark.slow
def test_two_processes_take_the_steps_that_one_takes(small_ink: Ink, tmp_path: Path) -> None:
    (tmp_path / "offsets").mkdir()
    normalise(small_ink, NormaliseParams(cap=500.0, scale=20.0, rate=None), tmp_path / "offsets")

    found = []
    for processes in (1, 2):
        made = tmp_path / f"{processes}.safetensors"
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
        script = [str(ROOT / "tests" / "fifty_steps.py"), str(tmp_path / "offsets"), str(made), str(processes)]
        subprocess.run([sys.executable, *script], env=os.environ | {"PYTHONPATH": path}, check=True)
        found.append(load_file(made))

    one, two = found
    assert abs(one.pop("held_out") - two.pop("held_out")) < 0.01
    assert (one.pop("losses") - two.pop("losses")).abs().max() < 0.01
    lengths = [torch.cat([gradient.flatten() for gradient in gradients.values()]) for gradients in (one, two)]
    assert (lengths[0] - lengths[1]).norm() < 1e-6 * lengths[0].norm()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("clone")
    copy_tree(place)
    set_params(place, SMALL)
    make_data(place)
    return place


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_a_training_killed_at_random_moments_ends_in_the_same_bytes(folder: Path, processes: int) -> None:
    set_params(folder, {"train": {"processes": processes}})

    kills, equal = compare(folder, 3, random.Random(processes), "train")

    assert kills > 0
    assert equal


@pytest.mark.slow
def test_no_other_machine_reaches_a_training_of_two_processes(folder: Path) -> None:
    set_params(folder, {"train": {"processes": 2, "seed": 3}})
    trainer = start(folder, "train")
    wait_for_first(folder, trainer)

    everyone = [psutil.Process(trainer.pid), *psutil.Process(trainer.pid).children(recursive=True)]
    listening = [each.laddr.ip for process in everyone for each in process.net_connections() if each.status == "LISTEN"]

    end(everyone)
    trainer.communicate()
    assert listening
    assert set(listening) <= {"127.0.0.1", "::1"}


@pytest.mark.slow
@pytest.mark.parametrize("wanted", [signal.SIGKILL, signal.SIGTERM])
def test_where_one_process_is_lost_or_told_to_stop_all_end_with_a_state_that_goes_on(
    folder: Path, wanted: signal.Signals
) -> None:
    set_params(folder, {"train": {"processes": 2, "seed": 5 + wanted}})
    trainer = start(folder, "train")
    first = wait_for_first(folder, trainer)

    os.kill(second_of(trainer.pid, first), wanted)
    _, said = trainer.communicate()

    assert trainer.returncode == 1
    message = [line for line in said.splitlines() if line.startswith("penlift train: ")]
    assert len(message) == 1
    assert ("one of the 2 processes is gone" if wanted == signal.SIGKILL else " after step ") in message[0]
    assert "the state is saved: `dvc repro` goes on with" in message[0]
    resumed = result(folder, "train")
    clear(folder)
    assert result(folder, "train") == resumed


@pytest.mark.slow
def test_where_each_process_is_told_to_stop_and_then_told_again_the_state_is_saved(folder: Path) -> None:
    set_params(folder, {"train": {"processes": 2, "seed": 21}})
    trainer = start(folder, "train")
    wait_for_first(folder, trainer)

    end(each.process for each in at_work(folder) if "pipeline/train.py" in each.command)

    _, said = trainer.communicate()
    assert re.search(r"penlift train: SIGTERM after step \d+ of \d+; the state is saved", said), said
    resumed = result(folder, "train")
    clear(folder)
    assert result(folder, "train") == resumed


@pytest.mark.slow
def test_the_first_process_is_killed_or_refused_and_that_is_said(folder: Path) -> None:
    set_params(folder, {"train": {"processes": 2, "seed": 8, "epochs": 500}})
    trainer = start(folder, "train")
    first = wait_for_first(folder, trainer)

    second = start(folder, "train")
    _, said = second.communicate()
    assert second.returncode == 1
    assert f"process {first} is at this very training" in said
    assert "is gone" not in said

    os.kill(first, signal.SIGKILL)
    _, said = trainer.communicate()
    assert trainer.returncode == 1
    message = (
        "penlift train: the first of the 2 processes was ended by SIGKILL; `dvc repro` goes on with the state that"
    )
    assert [line for line in said.splitlines() if line.startswith(message)]


def wait_for_first(folder: Path, trainer: "subprocess.Popen[str]") -> int:
    """Until a state is saved; the process that saved it."""
    before = set(folder.glob(".state/*/state.safetensors"))
    while not (states := set(folder.glob(".state/*/state.safetensors")) - before):
        assert trainer.poll() is None, trainer.communicate()
        time.sleep(0.02)
    return int(states.pop().with_name("pid").read_text())


def second_of(launcher: int, first: int) -> int:
    """The process that was started and is not the first."""
    return next(int(each.pid) for each in psutil.Process(launcher).children() if each.pid != first)
