"""Experiments as Git has them: which of them still are what would be run, and how they move between repositories."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from checkouts import experiment_in, git

from penlift.common.errors import InputError
from penlift.experiments.repository import (
    Experiment,
    code_at,
    experiments_in,
    is_current,
    is_kept,
    params_at,
    snapshot,
    take_over,
)

NAME = "x-reference-s1"


def finished(folder: Path, text: str = "lock") -> Experiment:
    return experiment_in(folder, NAME, text)


def still(repository: Path, experiment: Experiment, params: dict[str, Any]) -> bool:
    now = snapshot(repository)
    return is_current(repository, experiment, params, now, code_at(repository, now))


def test_a_snapshot_has_uncommitted_changes_and_moves_nothing(repository: Path) -> None:
    assert snapshot(repository) == git(repository, "rev-parse", "HEAD")
    (repository / "params.yaml").write_text("model: {hidden: 9}\n")
    before = git(repository, "status", "--porcelain"), git(repository, "stash", "list")

    taken = snapshot(repository)

    assert params_at(repository, taken) == {"model": {"hidden": 9}}
    assert (git(repository, "status", "--porcelain"), git(repository, "stash", "list")) == before


def test_a_file_that_was_touched_and_not_changed_is_no_change(repository: Path) -> None:
    os.utime(repository / "params.yaml", (1, 1))

    assert snapshot(repository) == git(repository, "rev-parse", "HEAD")


def test_a_snapshot_can_be_taken_while_another_git_holds_the_index(repository: Path) -> None:
    (repository / "params.yaml").write_text("model: {hidden: 9}\n")
    (repository / ".git" / "index.lock").touch()

    assert params_at(repository, snapshot(repository)) == {"model": {"hidden": 9}}


def test_what_git_says_on_its_output_is_said_where_its_errors_are_empty(repository: Path) -> None:
    for branch, text in (("one", "1: {}"), ("two", "2: {}")):
        git(repository, "checkout", "-qb", branch, "HEAD" if branch == "one" else "HEAD~1")
        (repository / "params.yaml").write_text(text)
        git(repository, "commit", "-qam", text)
    subprocess.run(["git", "merge", "-q", "one"], cwd=repository, capture_output=True, check=False)

    with pytest.raises(InputError, match=r"`git update-index -q --refresh` failed: params\.yaml: needs merge$"):
        snapshot(repository)


def test_another_owners_repository_is_refused_with_gits_own_remedy(repository: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give a folder to another")
    for place in (repository, repository / ".git"):
        os.chown(place, 65534, 65534)

    with pytest.raises(
        InputError, match=r"dubious ownership .* git config --global --add safe\.directory \S+$"
    ) as raised:
        snapshot(repository)

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("file", "current"),
    [
        ("src/a.py", False),
        ("data/raw/ink.dvc", False),
        ("dvc.yaml", False),
        ("data/raw/own/a.csv", False),
        ("src/other.py", True),
        ("README.md", True),
    ],
)
def test_an_experiment_is_out_of_date_by_what_its_stages_run_and_by_tracked_data(
    repository: Path, file: str, current: bool
) -> None:
    experiment, params = finished(repository), params_at(repository, "HEAD")
    assert still(repository, experiment, params)

    older = (repository / file).read_text() if (repository / file).is_file() else ""
    (repository / file).write_text(f"{older}# edited\n")
    git(repository, "add", file)

    assert still(repository, experiment, params) == current
    git(repository, "commit", "-qm", "later")  # a new baseline is no new experiment
    assert still(repository, experiment, params) == current


def test_an_experiment_of_other_parameters_is_another(repository: Path) -> None:
    experiment = finished(repository)

    assert not still(repository, experiment, {"model": {"hidden": 9}})


def test_an_experiment_whose_results_left_the_cache_is_not_kept(repository: Path, tmp_path: Path) -> None:
    outs = {"train": {"c": "abc.dir"}, "evaluate": {"a": "cde", "b": "def.dir"}}
    stages = {stage: {"cmd": "x", "outs": [{"path": path, "md5": md5} for path, md5 in each.items()]}
              for stage, each in outs.items()}  # fmt: skip
    lock = json.dumps({"schema": "2.0", "stages": stages})  # JSON is YAML
    experiment, cache = finished(repository, lock), tmp_path / "cache"
    for name in ("ab/c.dir", "de/f.dir"):
        assert not is_kept(repository, experiment, cache)
        (cache / "files" / "md5" / name).parent.mkdir(parents=True)
        (cache / "files" / "md5" / name).write_text("[]")

    assert is_kept(repository, experiment, cache)


@pytest.mark.parametrize(
    "lock",
    [
        "",
        "schema: '2.0'\nstag",
        "{schema: '2.0', stages: {train: {cmd: x, outs: [1.5]}}}",
        "{schema: '2.0', stages: 3}",
    ],
)
def test_an_experiment_whose_lock_dvc_cannot_read_is_not_kept(repository: Path, tmp_path: Path, lock: str) -> None:
    assert not is_kept(repository, finished(repository, lock), tmp_path)


def test_a_path_is_no_pattern_of_gits(repository: Path) -> None:
    ink = repository / "data" / "raw" / "[own]*"
    ink.mkdir()
    (ink / "a.csv").write_text("1\n")
    (repository / "params.yaml").write_text("{model: {hidden: 8}, extract: {path: 'data/raw/[own]*'}}\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "odd")
    experiment, params = finished(repository), params_at(repository, "HEAD")
    assert still(repository, experiment, params)

    (ink / "a.csv").write_text("2\n")

    assert not still(repository, experiment, params)


def test_a_folder_of_a_larger_repository_is_refused(repository: Path) -> None:
    with pytest.raises(InputError, match="folder src/ of a larger repository"):
        snapshot(repository / "src")


def test_what_is_taken_over_replaces_nothing(repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", str(repository), str(other))
    older, newer = finished(repository), finished(other, "another lock")

    take_over(repository, other, newer)
    git(other, "commit", "--allow-empty", "-qm", "later")
    git(other, "update-ref", newer.reference, git(other, "commit-tree", "-m", "again", f"{newer.commit}^{{tree}}"))
    (again,) = [each for each in experiments_in(other) if each.reference == newer.reference]
    take_over(repository, other, again)  # the very same files

    found = {each.name: each.commit for each in experiments_in(repository)}
    assert found == {NAME: newer.commit, f"{NAME}-{older.commit[:7]}": older.commit}


def test_dvcs_own_references_are_no_experiments(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    for name in ("refs/exps/stash", "refs/exps/celery/failed", "refs/exps/exec/EXEC_HEAD"):
        git(repository, "update-ref", name, head)

    assert experiments_in(repository) == []
