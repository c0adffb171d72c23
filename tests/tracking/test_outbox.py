"""What no store takes waits, and nothing that waits is lost."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from tracked import once, outcome, points_in, runs_in

from penlift.common.processes import LOCK
from penlift.tracking.outbox import deliver_training, drain, hand_over, outcomes_in, waiting
from penlift.tracking.record import RECORD, TRAINING, Record, write_record
from penlift.tracking.store import Store
from penlift.training.folder import JOURNAL, WAITING, Journal

pytestmark = pytest.mark.filterwarnings("default")  # of packages that MLflow brings along
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def states(tmp_path: Path) -> Path:
    (tmp_path / ".state").mkdir()
    return tmp_path / ".state"


def put(states: Path, record: Record) -> Path:
    """Keep a record as one is that no store took."""
    write_record(record, states / WAITING / record.identity)
    return states / WAITING / record.identity


def lacking(states: Path, store: Store) -> list[str]:
    return [one.what for one in waiting(states, store)]


def cut_short(folder: Path, epochs: int) -> None:
    """A training that was killed behind so many epochs."""
    folder.mkdir()
    (folder / LOCK).touch()
    journal = Journal(folder / JOURNAL)
    for epoch in range(1, epochs + 1):
        journal.add(number=epoch, targets=10, seconds=0.5, peak_mib=7)
        journal.add(epoch=epoch, valid_nll_nats_per_point=3.0 / epoch)
    journal.flush()


def test_a_run_that_no_store_takes_waits_and_is_sent_once_one_does(
    states: Path, tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOBODY)
    record = outcome(tmp_path, "waits", "waits")

    said = hand_over(record, states, tmp_path)

    assert f"{NOBODY} does not answer" in said
    assert f"{len(record.points)} figures and 4 files wait" in said
    assert lacking(states, store) == ["waits: a finished run"]
    for file in record.files.values():
        file.unlink()  # as DVC deletes the folder of a queued experiment
    assert [sent for _, sent in drain(states, store)] == [True]
    assert lacking(states, store) == []
    (run,) = [run for run in runs_in(store.uri) if run.data.tags[TRAINING] == "waits"]
    assert points_in(store.uri, run) == once(record)
    assert not any((states / WAITING).iterdir())


def test_a_run_that_is_taken_leaves_nothing_behind(
    states: Path, tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)

    said = hand_over(outcome(tmp_path, "taken", "taken"), states, tmp_path)

    assert said.startswith("run ")
    assert not any((states / WAITING).iterdir())


def test_without_room_for_a_copy_a_run_is_sent_all_the_same(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)

    said = hand_over(outcome(tmp_path, "roomless", "roomless"), blocked, tmp_path)

    assert said.startswith("run ")
    assert [run for run in runs_in(store.uri) if run.data.tags[TRAINING] == "roomless"]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOBODY)
    assert "no copy can wait" in hand_over(outcome(tmp_path), blocked, tmp_path)


def test_the_curves_of_a_training_that_was_killed_are_sent_with_how_it_ended(states: Path, store: Store) -> None:
    cut_short(states / "cut-short", 3)

    assert lacking(states, store) == ["cut-short: the curves of a training"]
    assert [sent for _, sent in drain(states, store)] == [True]
    assert lacking(states, store) == []

    (run,) = [run for run in runs_in(store.uri) if run.data.tags[TRAINING] == "cut-short"]
    assert run.info.status == "KILLED"
    assert {step for _, step, _ in points_in(store.uri, run)} == {1, 2, 3}
    assert set(points_in(store.uri, run).values()) == {1}


def test_a_damaged_record_keeps_no_other_from_being_sent(states: Path, tmp_path: Path, store: Store) -> None:
    damaged = put(states, outcome(tmp_path, "damaged"))
    put(states, outcome(tmp_path, "sound", "sound"))
    (damaged / RECORD).write_text("{")

    said = dict(drain(states, store))

    assert sorted(said.values()) == [False, True]
    assert any("no readable record" in line for line in said)
    assert len(outcomes_in(states)) == 1  # the damaged one, for a person to look at


def test_the_first_that_is_not_taken_ends_the_sending(states: Path, tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        put(states, outcome(tmp_path, name))

    ((line, sent),) = list(drain(states, Store(NOBODY, states / "lock")))

    assert not sent
    assert "3 of 3 wait" in line


def test_what_is_kept_twice_waits_once(states: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOBODY)
    for _ in range(2):
        hand_over(outcome(tmp_path), states, tmp_path)

    (place,) = outcomes_in(states)
    assert json.loads((place / RECORD).read_text())["status"] == "FINISHED"


def test_a_record_that_the_store_refuses_keeps_no_other_from_being_sent(
    states: Path, tmp_path: Path, store: Store
) -> None:
    refused = outcome(tmp_path, "refused", "refused")
    refused.params["no/such name?"] = 1
    put(states, refused)
    put(states, outcome(tmp_path, "behind", "behind"))

    said = list(drain(states, store))

    assert [sent for _, sent in said] == [False, True]
    assert "refuses the run" in said[0][0]
    assert [place.name for place in outcomes_in(states)] == ["refused"]


def test_what_another_process_has_sent_meanwhile_is_no_error(states: Path, tmp_path: Path, store: Store) -> None:
    put(states, outcome(tmp_path, "meanwhile", "meanwhile"))
    (mine,), (theirs,) = (waiting(states, store) for _ in range(2))
    theirs.send()

    assert "another process" in mine.send()


def test_only_one_process_sends_at_a_time(states: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penlift.tracking.outbox.PATIENT", 0.1)
    with Store.of(tmp_path).alone(1):
        said = hand_over(outcome(tmp_path), states, tmp_path)

    assert "another process is sending" in said
    assert len(outcomes_in(states)) == 1


def test_an_outcome_that_was_sent_has_the_curves_of_its_training_too(
    states: Path, tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    cut_short(states / "unseen", 3)
    assert lacking(states, store) == ["unseen: the curves of a training"]

    hand_over(outcome(tmp_path, "seen", "unseen"), states, tmp_path)

    assert lacking(states, store) == []


def test_one_that_runs_again_when_its_turn_comes_is_not_called_killed(states: Path, store: Store) -> None:
    cut_short(states / "again", 1)
    steps = drain(states, store)
    with FileLock(states / "again" / LOCK):
        assert list(steps) == []

    assert not [run for run in runs_in(store.uri) if run.data.tags[TRAINING] == "again"]


def test_a_training_that_lost_its_first_epoch_again_is_not_shown_running_for_ever(states: Path, store: Store) -> None:
    cut_short(states / "fell-back", 1)
    deliver_training(states / "fell-back", store, trainer="1")
    Journal(states / "fell-back" / JOURNAL, 0).flush()  # as a resumed trainer cuts it to where its state is
    assert lacking(states, store) == ["fell-back: the curves of a training"]

    assert [sent for _, sent in drain(states, store)] == [True]

    assert lacking(states, store) == []
    (run,) = [run for run in runs_in(store.uri) if run.data.tags[TRAINING] == "fell-back"]
    assert run.info.status == "KILLED"


def test_one_outcome_under_two_names_waits_twice(states: Path, tmp_path: Path) -> None:
    record = outcome(tmp_path)
    for sweep in ("first", "second", "second"):
        put(states, replace(record, tags=record.tags | {"penlift.sweep": sweep}))

    assert len(outcomes_in(states)) == 2
