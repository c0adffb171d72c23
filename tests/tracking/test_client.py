"""Each distinct outcome is one MLflow run with each point once, however often and however brokenly it was sent."""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tracked import START, client_of, curve, embedded, files_in, once, outcome, points_in, runs_in, training

from penlift.tracking.client import send
from penlift.tracking.record import OUTCOME, TRAINING, Record
from penlift.tracking.store import Store, Unsent

pytestmark = pytest.mark.filterwarnings("default")  # of packages that MLflow brings along


def run_of(store: Store, run_id: str) -> Any:
    return client_of(store.uri).get_run(run_id)


def test_a_run_holds_parameters_points_pictures_files_tags_and_its_data(store: Store, tmp_path: Path) -> None:
    record = outcome(tmp_path, "whole", "whole")

    run_id = send(record, store)

    run = run_of(store, run_id)
    assert (run.info.status, run.info.run_name, run.info.start_time) == ("FINISHED", "lstm", record.began)
    assert run.data.params == {"model.cell": "lstm", "sample.bias": "0"}
    assert points_in(store.uri, run) == once(record)
    assert files_in(store.uri, run_id) >= set(record.files)
    assert len([name for name in files_in(store.uri, run_id) if name.endswith(".png")]) == 1
    assert record.tags.items() <= run.data.tags.items()
    (data,) = run.inputs.dataset_inputs
    assert (data.dataset.name, data.dataset.digest) == ("data/corpus", ("f00d" * 16)[:36])


def test_the_same_outcome_twice_is_one_run_and_another_of_that_training_is_another(
    store: Store, tmp_path: Path
) -> None:
    first, again = (send(outcome(tmp_path, "twice", "shared"), store) for _ in range(2))

    other = send(outcome(tmp_path, "twice, otherwise", "shared"), store)

    assert first == again != other
    assert {run_of(store, run).data.tags[TRAINING] for run in (first, other)} == {"shared"}


def test_one_outcome_under_two_names_is_two_runs(store: Store, tmp_path: Path) -> None:
    record = outcome(tmp_path, "named", "named")
    first, second, again, nameless = (
        send(replace(record, tags=record.tags | called), store)
        for called in ({"penlift.sweep": "a"}, {"penlift.sweep": "b"}, {"penlift.sweep": "a"}, {})
    )

    assert first == again
    assert len({first, second, nameless}) == 3
    assert points_in(store.uri, run_of(store, second)) == once(record)


def test_a_run_that_was_watched_forgets_the_name_that_its_outcome_does_not_bear(store: Store, tmp_path: Path) -> None:
    watched = training("renamed", 1)
    before = send(replace(watched, tags=watched.tags | {"dvc.experiment": "killed"}), store)

    after = [send(outcome(tmp_path, "renamed", "renamed"), store) for _ in range(2)]

    assert after == [before, before]
    assert "dvc.experiment" not in run_of(store, before).data.tags


@pytest.mark.parametrize("made", [training("double", 2, "KILLED"), None])
def test_of_runs_that_were_made_twice_one_is_left(store: Store, tmp_path: Path, made: Record | None) -> None:
    record = made or outcome(tmp_path, "doubled", "doubled")
    send(training("another", 1), store)  # there is an experiment
    client = client_of(store.uri)
    twice = [client.create_run(client.get_experiment_by_name("penlift").experiment_id, START, record.tags, "lstm")
             for _ in range(2)]  # fmt: skip

    run_id = send(record, store)

    assert run_id in {run.info.run_id for run in twice}
    (run,) = [run for run in runs_in(store.uri) if run.data.tags[TRAINING] == record.tags[TRAINING]]
    assert (run.info.run_id, run.info.status) == (run_id, record.status)
    assert points_in(store.uri, run) == once(record)


def test_a_training_grows_with_its_journal_and_becomes_the_run_of_its_outcome(store: Store, tmp_path: Path) -> None:
    live = [send(training("grows", epochs), store) for epochs in (1, 2, 2)]
    assert len(set(live)) == 1
    assert run_of(store, live[0]).info.status == "RUNNING"

    stopped = send(training("grows", 2, status="KILLED"), store)
    assert run_of(store, stopped).info.status == "KILLED"
    resumed = send(training("grows", 3), store)
    assert run_of(store, resumed).info.status == "RUNNING"
    record = outcome(tmp_path, "grown", "grows", epochs=3)
    done = send(record, store)
    late = send(training("grows", 3, status="KILLED"), store)

    assert {*live, stopped, resumed, done, late} == {done}
    run = run_of(store, done)
    assert run.info.status == "FINISHED"
    assert run.data.tags[OUTCOME] == "grown"
    assert points_in(store.uri, run) == once(record)


def test_points_sent_again_with_other_times_are_there_once(store: Store) -> None:
    record = training("times", 2)
    later = Record(
        "lstm", record.tags, "RUNNING", None, {}, [point._replace(time=point.time + 9) for point in curve(3)]
    )

    send(record, store)
    run_id = send(later, store)

    assert points_in(store.uri, run_of(store, run_id)) == once(later)


def calls_of(monkeypatch: pytest.MonkeyPatch, allowed: int, error: Exception) -> Callable[[], int]:
    """Let so many calls that write go through to MLflow, and have the next one raise; how many there have been."""
    from mlflow import MlflowClient

    made = [0]

    def limited(original: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            made[0] += 1
            if made[0] > allowed:
                raise error
            return original(*arguments, **options)

        return call

    for name in (
        "create_run",
        "update_run",
        "log_batch",
        "log_artifact",
        "log_image",
        "log_inputs",
        "set_terminated",
        "delete_tag",
    ):
        monkeypatch.setattr(MlflowClient, name, limited(getattr(MlflowClient, name)))
    return lambda: made[0]


@pytest.mark.slow
@pytest.mark.parametrize("watched", [False, True])
def test_whichever_call_breaks_the_run_is_whole_in_the_end_and_each_point_there_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watched: bool
) -> None:
    monkeypatch.setattr("penlift.tracking.client.MOST", 2)
    broken = 0
    while True:
        name = f"broken-{watched}-{broken}"
        record = outcome(tmp_path, name, name, epochs=2)
        if watched:
            before = training(name, 1)
            send(replace(before, tags=before.tags | {"penlift.sweep": "killed"}), store)
        with monkeypatch.context() as patch:
            calls_of(patch, broken, ConnectionError("gone"))
            try:
                send(record, store)
            except Unsent as error:
                assert "gone" in str(error)
            else:
                break
        run_id = send(record, store)
        run = run_of(store, run_id)
        assert run.info.status == "FINISHED"
        assert points_in(store.uri, run) == once(record)
        assert len([one for one in runs_in(store.uri) if one.data.tags[TRAINING] == name]) == 1
        assert files_in(store.uri, run_id) >= set(record.files)
        broken += 1
    assert broken > 8


def test_a_server_that_is_down_is_said_to_be_and_does_not_hang(tmp_path: Path) -> None:
    began = time.monotonic()

    with pytest.raises(Unsent, match=r"http://127.0.0.1:9 does not answer"):
        send(outcome(tmp_path), Store("http://127.0.0.1:9", tmp_path / "lock"))

    assert time.monotonic() - began < 8  # MLflow's own client takes minutes


def test_what_a_store_refuses_is_said(tmp_path: Path, store: Store) -> None:
    record = outcome(tmp_path, "nameless", "nameless")
    record.params["no/such name?"] = 1

    with pytest.raises(Unsent, match="refuses the run"):
        send(record, store)


def test_a_locked_file_is_given_up_soon_and_taken_later(tmp_path: Path, store: Store) -> None:
    record = outcome(tmp_path, "locked", "locked")
    send(training("locked", 1), store)
    with sqlite3.connect(store.uri.removeprefix("sqlite:///")) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()

        with pytest.raises(Unsent, match="database is locked"):
            send(record, store, patience=0.5)

        assert time.monotonic() - began < 10  # MLflow waits 20 s a call
        other.rollback()
    other.close()

    assert points_in(store.uri, run_of(store, send(record, store))) == once(record)


def test_artifacts_that_find_no_room_come_later(tmp_path: Path, store: Store) -> None:
    record = outcome(tmp_path, "full", "full")
    run_id = send(training("full", 1), store)
    place = Path(run_of(store, run_id).info.artifact_uri.removeprefix("file://"))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("a file where the folder should be")

    with pytest.raises(Unsent, match="fails"):
        send(record, store)
    assert run_of(store, run_id).info.status == "RUNNING"
    place.unlink()

    assert send(record, store) == run_id
    assert files_in(store.uri, run_id) >= set(record.files)
    assert points_in(store.uri, run_of(store, run_id)) == once(record)


def test_an_experiment_in_the_trash_is_taken_out_of_it(tmp_path: Path, store: Store) -> None:
    before = send(outcome(tmp_path, "trash", "trash"), store)
    client = client_of(store.uri)
    client.delete_experiment(client.get_experiment_by_name("penlift").experiment_id)

    assert send(outcome(tmp_path, "trash", "trash"), store) == before


def test_a_sqlite_file_of_the_users_choice_has_its_artifacts_and_lock_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/runs/all.db")

    store = Store.of(Path())

    assert store.uri == f"sqlite:///{tmp_path}/runs/all.db"
    run = run_of(store, send(training("beside", 1), store))
    assert run.info.artifact_uri.startswith(f"file://{tmp_path}/runs/mlruns/")
    assert store.lock == tmp_path / "runs" / "all.db.lock"


def test_the_store_of_a_queued_experiment_is_that_of_the_repository_it_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert Store.of(tmp_path / "queue").uri == f"sqlite:///{tmp_path}/mlflow.db"

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert Store.of(tmp_path).uri == "http://127.0.0.1:5000"


def test_a_store_that_was_killed_in_the_making_is_made_anew(tmp_path: Path) -> None:
    home = tmp_path / "killed"
    home.mkdir()
    store, record = embedded(home), outcome(tmp_path)
    (home / ".mlflow.db.part").write_bytes(b"SQLite format 3\x00" + bytes(84))  # what a killed process leaves

    run_id = send(record, store)

    assert points_in(store.uri, run_of(store, run_id)) == once(record)
    assert not (home / ".mlflow.db.part").exists()


def test_the_curves_of_a_training_never_finish_a_run_whose_outcome_was_cut_off(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = outcome(tmp_path, "cut", "cut")
    with monkeypatch.context() as patch:
        calls_of(patch, 2, ConnectionError("gone"))
        with pytest.raises(Unsent):
            send(record, store)

    run_id = send(training("cut", 3, status="FINISHED"), store)

    assert run_of(store, run_id).info.status == "RUNNING"
    assert send(record, store) == run_id
    assert points_in(store.uri, run_of(store, run_id)) == once(record)
    assert files_in(store.uri, run_id) >= set(record.files)
