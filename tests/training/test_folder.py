"""What is listed of trainings, and what of them may go."""

import fcntl
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import run
from safetensors.numpy import save
from small_trainings import Data, beginning, recipe, train_into

from penlift.common.files import write_json
from penlift.common.processes import LOCK, alone_in
from penlift.tracking.curves import write_about
from penlift.tracking.outbox import MIRRORED
from penlift.tracking.store import Store
from penlift.tracking.trainings import reason_to_stay, remove, state_of, trainings_table
from penlift.training.folder import JOURNAL, read_training, running_in, trainings_in
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
    write_json(
        states / "mirrored" / MIRRORED,
        {"uri": STORE.uri, "experiment": "penlift", "points": points, "status": "FINISHED"},
    )
    with alone_in(states / "short", "is at this very training"):
        StateKeeper(states / "short", "short", 60).save(beginning(recipe()))
    return states


def test_every_training_has_a_row_with_its_state_its_nll_and_what_waits(states: Path) -> None:
    write_about(states / "mirrored", "mirrored", {"penlift.rate": "30 Hz"}, {})

    said = run("runs", "--root", states.parent).output

    rows = {line.split()[0]: line for line in said.splitlines()[1:]}
    best = min(row["held_out"] for row in read_training(states / "waits").header["history"])
    assert set(rows) == {"mirrored", "waits", "short"}
    assert f"{best:.3f}  " in rows["waits"]
    assert f"{best:.3f} (30 Hz)  " in rows["mirrored"]  # whose training was the same, but for what is said of it
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


EVENT = {"time": 1.0, "epoch": 1, "valid_nll_nats_per_point": 3.0}
STEP = {"time": 1.0, "number": 1, "targets": 10, "seconds": 0.5, "peak_mib": 7}
ODD_EVENTS: list[Any] = [
    3, [], {}, {"time": []}, {"time": -1.0}, {"time": 1e300}, {"time": None}, {"time": 10**30}, EVENT | {"epoch": "1"},
    EVENT | {"epoch": 10**12}, EVENT | {"epoch": {}}, EVENT | {"valid_nll_nats_per_point": "SIGTERM"},
    EVENT | {"valid_nll_nats_per_point": 10**400}, EVENT | {"system": 3}, EVENT | {"system": {"load": None}},
    STEP | {"targets": None}, {key: value for key, value in STEP.items() if key != "seconds"}, STEP | {"peak_mib": {}},
]  # fmt: skip


def test_lines_of_a_journal_that_are_no_events_are_counted_and_the_others_read(states: Path) -> None:
    journal = states / "short" / JOURNAL
    lines = [json.dumps(event) for event in [STEP, *ODD_EVENTS, EVENT]]
    journal.write_text("\n".join([*lines, "{", "[" * 10_000, "\0"]) + '\n{"time": 1')

    said = run("runs", "--root", states.parent)

    assert said.exit_code == 0
    assert f"{journal}: {len(ODD_EVENTS) + 3} damaged lines, which are passed over" in said.output
    assert read_training(states / "short").events == [STEP, EVENT]


def rewrite(**header: Any) -> bytes:
    return save({"any": np.zeros(1)}, metadata={"penlift": json.dumps(header)})


KEPT = {"fingerprint": "short", "journal": 0, "done": False}


DAMAGED = {
    "state.safetensors": [
        b"\xff" * 20, rewrite(kept=[], step=1, history=[]), rewrite(kept=KEPT, step="1", history=[]),
        rewrite(kept=KEPT, step=1, history=[{}]),
        rewrite(kept=KEPT, step=1, history=[{"valid_nll_nats_per_point": 10**400}]),
    ],
    "run.json": [b"[]", b"\xff", b'{"a":' * 100_000],
}  # fmt: skip


def test_what_is_damaged_is_named_and_all_else_is_listed(states: Path) -> None:
    waiting = states / "waiting" / "beef"
    waiting.mkdir(parents=True)
    for name, content in ((name, content) for name, contents in DAMAGED.items() for content in contents):
        (states / "short" / name).write_bytes(content)
        (waiting / "record.json").write_bytes(content)

        said = run("runs", "--root", states.parent)

        assert said.exit_code == 0
        assert {line.split()[0] for line in said.output.splitlines()[1:4]} == {"mirrored", "waits", "short"}
        assert f"{states / 'short' / name}: " in said.output
        assert f"{waiting}: no readable record" in said.output
    assert run("track", "--root", states.parent).exit_code == 0


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
