"""Stages are told to end, and those that do not listen are ended."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from penlift.common.processes import at_work, command_of, end

STAGE = """
import signal, sys
from pathlib import Path
def save(*_):
    Path("saved").touch()
    sys.exit()
signal.signal(signal.SIGTERM, save if sys.argv[1] == "listens" else signal.SIG_IGN)
print(flush=True)
while True:
    signal.pause()
"""


@pytest.mark.parametrize("kind", ["listens", "is deaf"])
def test_a_stage_that_listens_ends_by_itself_and_another_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("penlift.common.processes.FINISH", 10.0 if kind == "listens" else 0.3)
    with subprocess.Popen([sys.executable, "-c", STAGE, kind], cwd=tmp_path, stdout=subprocess.PIPE) as stage:
        assert stage.stdout
        stage.stdout.readline()  # it listens, or does not
        assert [each.process.pid for each in at_work(tmp_path)] == [stage.pid]

        end([psutil.Process(stage.pid)])

        stage.wait(10)
    assert (tmp_path / "saved").exists() == (kind == "listens")


def test_one_that_was_started_this_moment_is_known_by_its_command(tmp_path: Path) -> None:
    for number in range(20):
        command = [sys.executable, "-c", "input()", str(number)]
        with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE) as process:
            found = command_of(psutil.Process(process.pid))
            process.communicate(b"\n")
        assert found == command
