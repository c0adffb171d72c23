"""Stage train as a process: what makes a training another one, and a disk that is full when it comes to its end."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from clone import copy_tree, finish, make_data, set_params, start
from conftest import ROOT
from small_trainings import SMALL

sys.path.insert(0, str(ROOT / "bench"))
from kills import clear, result

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("clone")
    copy_tree(place)
    set_params(place, SMALL, {"train": {"epochs": 1, "save_every": 0.5}})
    make_data(place)
    finish(place, "train")
    return place


def code(folder: Path) -> None:
    with (folder / "src" / "penlift" / "model" / "mixture.py").open("a") as file:
        file.write("# another mixture\n")


def data(folder: Path) -> None:
    points = folder / "data" / "offsets" / "points.npy"
    content = bytearray(points.read_bytes())
    content[-12] ^= 1  # of the last offset, the last bit
    points.write_bytes(content)


def seed(folder: Path) -> None:
    set_params(folder, {"train": {"seed": 2}})


def saving(folder: Path) -> None:
    set_params(folder, {"train": {"save_every": 60}})


@pytest.mark.parametrize(("change", "another"), [(code, True), (data, True), (seed, True), (saving, False)])
def test_a_state_of_other_code_data_or_parameters_is_never_taken(
    folder: Path, change: Callable[[Path], None], another: bool
) -> None:
    before = set(folder.glob(".state/*/state.safetensors"))
    written = {state: state.stat().st_mtime_ns for state in before}

    change(folder)
    finish(folder, "train")

    assert len(set(folder.glob(".state/*/state.safetensors")) - before) == another
    assert all(state.stat().st_mtime_ns == when for state, when in written.items())


def test_a_training_that_ends_on_a_full_disk_waits_for_room(folder: Path) -> None:
    set_params(folder, {"train": {"seed": 3, "save_every": 0.5}})
    before = set(folder.glob(".state/*"))
    whole = result(folder, "train")
    (place,) = set(folder.glob(".state/*")) - before
    clear(folder)

    (state := place / "state.safetensors").mkdir(parents=True)  # in the way, as is what stands where models are made
    (models := folder / ".models.part").touch()
    trainer = start(folder, "train")
    while not (place / "epoch-001.npy").exists():
        assert trainer.poll() is None, trainer.communicate()
        time.sleep(0.02)
    time.sleep(1.5)
    assert trainer.poll() is None
    state.rmdir()
    models.unlink()
    _, said = trainer.communicate()

    assert trainer.returncode == 0
    assert "no state could be saved" in said
    assert "; tries again in 0.5 s" in said
    assert result(folder, "train") == whole
