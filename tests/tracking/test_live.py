"""The process beside a training: whatever becomes of it, the training neither waits long nor ends."""

import signal
import time
from pathlib import Path

import psutil
import pytest
from clone import ROOT

from penlift.common.errors import InputError
from penlift.common.params import read_params
from penlift.common.processes import command_of
from penlift.tracking import live as feed
from penlift.tracking.curves import read_about
from penlift.tracking.live import watched
from penlift.tracking.outcome import hash_of_ink

ABOUT = {"fingerprint": "f00d", "processes": 1, "device": "cpu AVX2", "torch": "2.13.0"}
TOLD = {"model": {"cell": "gru", "peepholes": False, "layers": 3, "hidden": 8, "mixtures": 5}}


@pytest.fixture(autouse=True)
def live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(feed.SWITCH, raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")


def mirror(folder: Path) -> psutil.Process:
    """The process that follows `folder`."""
    (child,) = [process for process in psutil.Process().children() if str(folder) in command_of(process)]
    return child


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_it_ends_with_the_training_and_leaves_what_the_run_is_called(tmp_path: Path) -> None:
    with watched(tmp_path, ROOT, TOLD, ABOUT):
        process = mirror(tmp_path)
        assert not gone(process)

    assert gone(process)
    about = read_about(tmp_path)
    assert about["name"] == "gru-3x8-5mix"
    assert about["params"] == {f"model.{key}": value for key, value in TOLD["model"].items()}
    assert about["tags"]["penlift.cell"] == "gru"
    assert about["tags"]["penlift.device"] == "cpu AVX2"


def test_one_that_hangs_is_waited_for_no_longer_than_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LONGEST_WAIT", 0.2)
    with watched(tmp_path, ROOT, TOLD, ABOUT):
        process = mirror(tmp_path)
        process.send_signal(signal.SIGSTOP)
        began = time.monotonic()

    assert time.monotonic() - began < 2
    assert gone(process)


def test_one_that_was_killed_is_missed_by_nobody(tmp_path: Path) -> None:
    with watched(tmp_path, ROOT, TOLD, ABOUT):
        mirror(tmp_path).kill()

    assert (tmp_path / "mirror.log").exists()


def test_without_room_for_it_training_goes_on(tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where the folder should be")

    with watched(tmp_path / "blocked", ROOT, TOLD, ABOUT):
        assert not psutil.Process().children()


def test_a_value_is_spelt_as_in_the_file_and_the_ink_is_named(tmp_path: Path) -> None:
    (tmp_path / "data" / "ink").mkdir(parents=True)
    for name in ("points.npy", "index.csv"):
        (tmp_path / "data" / "ink" / name).write_text(name)
    file = (ROOT / "params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(file)
    clip = read_params(tmp_path / "params.yaml")["train"]["clip"]
    assert isinstance(clip, int)

    with watched(tmp_path, tmp_path, TOLD | {"train": {"clip": float(clip), "epochs": 99}}, ABOUT):
        pass

    about = read_about(tmp_path)
    assert {key: str(about["params"][key]) for key in ("train.clip", "train.epochs")} == {
        "train.clip": str(clip), "train.epochs": "99",
    }  # fmt: skip
    assert about["tags"]["penlift.data_hash"] == hash_of_ink(tmp_path / "data" / "ink")


def test_what_is_shown_of_thinned_points_says_their_rate(tmp_path: Path) -> None:
    with watched(tmp_path, ROOT, TOLD | {"normalise": {"rate": 30.0}}, ABOUT):
        pass

    about = read_about(tmp_path)
    assert about["tags"]["penlift.rate"] == "30 Hz"
    assert about["params"]["normalise.rate"] == 30


def test_parameters_that_say_nothing_of_the_data_end_no_training(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("train: {seed: 1}\n")

    with watched(tmp_path, tmp_path, TOLD, ABOUT):
        pass

    assert read_about(tmp_path)["params"] == {}


@pytest.mark.parametrize("switch", ["yes", "no"])
def test_where_runs_can_go_nowhere_in_the_end_no_training_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    monkeypatch.setenv(feed.SWITCH, switch)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "file:./mlruns")

    with pytest.raises(InputError, match=r"MLFLOW_TRACKING_URI is 'file:\./mlruns': "):
        watched(tmp_path, ROOT, TOLD, ABOUT).__enter__()

    assert not list(tmp_path.iterdir())


def test_it_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(feed.SWITCH, "no")

    with watched(tmp_path, ROOT, TOLD, ABOUT):
        assert [file.name for file in tmp_path.iterdir()] == ["run.json"]
