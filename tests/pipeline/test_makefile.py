"""The Makefile: what a person names meets no shell, and what Git and DVC cannot read is said or mended."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkouts import git
from conftest import ROOT

LOCK = "schema: '2.0'\nstages:\n  a:\n    cmd: echo\n"
HOSTILE = "`touch ran`; touch ran"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a person who names folders oddly, too."""
    place = tmp_path / HOSTILE
    place.mkdir()
    for name in ("Makefile", "params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, place)
    shutil.copytree(ROOT / "presets", place / "presets")
    return place


def make(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """A target, where the packages are there already."""
    path = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = ["make", "-o", ".venv/ready", *words]
    return subprocess.run(command, cwd=folder, env=os.environ | path, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "checkout", "-o", "lock", "repro", f"PRESET={HOSTILE}"], f"no preset '{HOSTILE}'"),
        (["-o", "checkout", "-o", "lock", "sweep", f"SWEEP={HOSTILE}"], f"{HOSTILE}: there is no such sweep file"),
        (["-o", "checkout", "-o", "lock", "sweep", f"AT_ONCE={HOSTILE}"], f"'{HOSTILE}' is not a valid integer"),
        (["checkout"], f"{HOSTILE} is not a git checkout, and DVC needs one"),
    ],
)
def test_what_a_person_names_meets_no_shell(folder: Path, words: list[str], said: str) -> None:
    answer = make(folder, *words)

    assert answer.returncode
    assert said in answer.stderr
    assert not (folder / "ran").exists()


def test_git_says_itself_why_it_reads_no_checkout(folder: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give a folder to another")
    git(folder, "init", "-q")
    assert make(folder, "checkout").returncode == 0
    for place in (folder, folder / ".git"):
        os.chown(place, 65534, 65534)

    answer = make(folder, "checkout")

    assert answer.returncode
    assert "git config --global --add safe.directory" in answer.stderr
    assert "git init" not in answer.stderr


@pytest.mark.parametrize(("content", "whole"), [(LOCK, True), ("", False), (LOCK[:35], False), (None, True)])
def test_a_lock_that_is_not_whole_is_kept_aside(folder: Path, content: str | None, whole: bool) -> None:
    (folder / ".dvc").mkdir()
    (folder / ".dvc" / "config").write_text("[core]\n    no_scm = true\n")
    lock, aside = folder / "dvc.lock", folder / "dvc.lock.cut"
    if content is not None:
        lock.write_text(content)

    answer = make(folder, "lock")

    assert answer.returncode == 0
    assert lock.exists() == (whole and content is not None)
    assert (aside.read_text() if aside.exists() else None) == (None if whole else content)
    assert ("kept as dvc.lock.cut" in answer.stdout) != whole
