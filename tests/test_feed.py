"""The process beside a training: whatever becomes of it, the training neither waits long nor ends."""

import signal
import time
from pathlib import Path

import psutil
import pytest
from clone import ROOT

from penlift import feed
from penlift.feed import fed


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
    with fed(tmp_path, ROOT):
        process = mirror()
        while not (tmp_path / "run.json").exists():
            assert not gone(process), (tmp_path / "mirror.log").read_text()
            time.sleep(0.05)

    assert gone(process)


def test_one_that_hangs_is_waited_for_no_longer_than_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LONGEST_WAIT", 0.2)
    with fed(tmp_path, ROOT):
        process = mirror()
        process.send_signal(signal.SIGSTOP)
        began = time.monotonic()

    assert time.monotonic() - began < 2
    assert gone(process)


def test_one_that_was_killed_is_missed_by_nobody(tmp_path: Path) -> None:
    with fed(tmp_path, ROOT):
        mirror().kill()

    assert (tmp_path / "mirror.log").exists()


def test_without_room_for_it_training_goes_on(tmp_path: Path) -> None:
    with fed(tmp_path / "no such folder", ROOT):
        assert not psutil.Process().children()


def test_it_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(feed.SWITCH, "no")

    with fed(tmp_path, ROOT):
        assert not any(tmp_path.iterdir())
