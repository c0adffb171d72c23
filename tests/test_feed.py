"""The process beside a training: whatever becomes of it, the training neither waits long nor ends."""

import signal
import time
from pathlib import Path

import psutil
import pytest
from clone import ROOT

from penlift import feed
from penlift.feed import fed
from penlift.training_record import read_about

TOLD = {"model": {"cell": "gru", "peepholes": False, "layers": 3, "hidden": 8, "mixtures": 5}}


@pytest.fixture(autouse=True)
def live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(feed.SWITCH, raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")


def mirror() -> psutil.Process:
    (child,) = [process for process in psutil.Process().children() if "penlift.live_mirror" in process.cmdline()]
    return child


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_it_ends_with_the_training_and_leaves_what_the_run_is_called(tmp_path: Path) -> None:
    with fed(tmp_path, ROOT, TOLD):
        process = mirror()
        assert not gone(process)

    assert gone(process)
    about = read_about(tmp_path)
    assert about["name"] == "gru-3x8-5mix"
    assert about["params"] == {f"model.{key}": value for key, value in TOLD["model"].items()}
    assert about["tags"]["penlift.cell"] == "gru"


def test_one_that_hangs_is_waited_for_no_longer_than_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LONGEST_WAIT", 0.2)
    with fed(tmp_path, ROOT, TOLD):
        process = mirror()
        process.send_signal(signal.SIGSTOP)
        began = time.monotonic()

    assert time.monotonic() - began < 2
    assert gone(process)


def test_one_that_was_killed_is_missed_by_nobody(tmp_path: Path) -> None:
    with fed(tmp_path, ROOT, TOLD):
        mirror().kill()

    assert (tmp_path / "mirror.log").exists()


def test_without_room_for_it_training_goes_on(tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where the folder should be")

    with fed(tmp_path / "blocked", ROOT, TOLD):
        assert not psutil.Process().children()


def test_it_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(feed.SWITCH, "no")

    with fed(tmp_path, ROOT, TOLD):
        assert [file.name for file in tmp_path.iterdir()] == ["run.json"]
