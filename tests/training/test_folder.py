"""What is listed of trainings, and what of them may go."""

import fcntl
import time
from pathlib import Path

import pytest
from commands import run
from small_trainings import Data, beginning, recipe, train_into

from penlift.common.files import write_json
from penlift.common.processes import LOCK, alone_in
from penlift.tracking.outbox import MIRRORED
from penlift.tracking.store import Store
from penlift.tracking.trainings import reason_to_stay, remove, state_of, trainings_table
from penlift.training.folder import read_training, running_in, trainings_in
from penlift.training.resume import StateKeeper

STORE = Store("http://127.0.0.1:9", Path("unused"))  # which nothing here asks
DAY = 86400.0


@pytest.fixture
def states(data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A training that is done and mirrored, one that is done and is not, and one that was cut short."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", STORE.uri)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    (tmp_path / "dvc.yaml").touch()
    states = tmp_path / ".state"
    for name in ("mirrored", "waits"):
        history = train_into(data, states / name)
    points = len(history) * (len(history.columns) + 2)
    write_json(states / "mirrored" / MIRRORED, {"uri": STORE.uri, "points": points, "status": "FINISHED"})
    with alone_in(states / "short", "is at this very training"):
        StateKeeper(states / "short", "short", 60).save(beginning(recipe()))
    return states


def test_every_training_has_a_row_with_its_state_its_nll_and_what_waits(states: Path) -> None:
    said = run("runs", "--root", states.parent).output

    rows = {line.split()[0]: line for line in said.splitlines()[1:]}
    best = min(row["valid_nll_nats_per_point"] for row in read_training(states / "waits").header["history"])
    assert set(rows) == {"mirrored", "waits", "short"}
    assert f"{best:.3f}" in rows["waits"]
    assert "finished" in rows["waits"]
    assert "epoch 2" in rows["waits"]
    assert rows["waits"].endswith("waits")
    assert rows["mirrored"].endswith("yes")
    assert "killed" in rows["short"]
    assert "step 0" in rows["short"]


def test_without_a_training_it_says_how_to_begin_one(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").touch()
    assert "`make repro` begins one" in run("runs", "--root", tmp_path).output


@pytest.mark.parametrize("command", ["runs", "clean", "track"])
def test_a_folder_that_is_no_checkout_is_named_and_not_called_empty(tmp_path: Path, command: str) -> None:
    result = run(command, "--root", tmp_path)

    assert result.exit_code == 1
    assert f"{tmp_path}: no checkout of penlift (dvc.yaml is missing)" in result.output


def test_only_what_is_finished_and_mirrored_or_abandoned_may_go(states: Path) -> None:
    trainings, now = trainings_in(states), time.time()

    reasons = {training.folder.name: reason_to_stay(training, STORE, 7, now) for training in trainings}
    later = {training.folder.name: reason_to_stay(training, STORE, 7, now + 8 * DAY) for training in trainings}

    assert reasons["mirrored"] == ""
    assert "penlift track --all" in reasons["waits"]
    assert "unfinished" in reasons["short"]
    assert {name for name, why in later.items() if not why} == {"mirrored", "short"}


def test_one_that_runs_is_seen_to_and_stays(states: Path) -> None:
    with alone_in(states / "short", "is at this very training"):
        training = read_training(states / "short")
        why = reason_to_stay(training, STORE, 0, time.time() + DAY)

    assert state_of(training).startswith("runs, pid ")
    assert training.status == "RUNNING"
    assert "is at it" in why


def test_nothing_is_removed_before_it_is_shown_and_agreed_to(states: Path) -> None:
    refused = run("clean", "--root", states.parent)  # which has no answer on its standard input
    assert "mirrored" in refused.output
    assert (states / "mirrored").is_dir()

    said = run("clean", "--root", states.parent, "--yes").output

    assert "mirrored" in said
    assert sorted(folder.name for folder in states.iterdir()) == ["short", "waits"]
    assert "nothing to remove" in run("clean", "--root", states.parent, "--yes").output


def test_a_damaged_state_is_listed_all_the_same(states: Path) -> None:
    (states / "short" / "state.safetensors").write_bytes(b"\xff" * 20)

    table = trainings_table([read_training(states / "short")], STORE, time.time())

    assert "killed" in table
    assert "epoch 0, step 0" in table


def test_what_waits_is_named_and_a_store_that_is_down_ends_in_status_1(states: Path) -> None:
    assert "waits: the curves of a training" in run("track", "--root", states.parent).output

    result = run("track", "--all", "--root", states.parent)

    assert result.exit_code == 1
    assert "does not answer" in result.output
    assert "not all is sent" in result.output


def test_one_that_went_on_while_the_question_stood_is_not_removed(states: Path) -> None:
    (states / "mirrored" / MIRRORED).write_text("{}")

    why = remove(states / "mirrored", STORE, 7, time.time())

    assert "penlift track --all" in why
    assert (states / "mirrored").is_dir()


@pytest.mark.parametrize("content", ["", "[]", "3", '{"name": 1}', '{"name": 1, "tags": 2, "params": 3}'])
@pytest.mark.parametrize("name", ["run.json", MIRRORED])
def test_a_damaged_note_breaks_no_listing(states: Path, name: str, content: str) -> None:
    (states / "waits" / name).write_text(content)

    said = run("runs", "--root", states.parent)

    assert said.exit_code == 0
    assert "waits" in said.output


def test_any_number_may_ask_at_once_whether_a_training_runs(states: Path) -> None:
    with (states / "short" / LOCK).open("rb") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)

        assert running_in(states / "short") == ""
    assert running_in(states / "gone") == ""
    assert not (states / "gone").exists()
