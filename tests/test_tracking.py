"""Each distinct outcome is one finished MLflow run, however often and however brokenly it was mirrored."""

import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from penlift.errors import InputError
from penlift.outcome import Outcome, flatten, read_outcome
from penlift.provenance import name_of, tags_of
from penlift.tracking import FINGERPRINT, Store, Unreachable, mirror

HISTORY = pd.DataFrame({"epoch": [1, 2], "valid_nll_nats_per_point": [3.0, 2.5], "best": [True, True]})
pytestmark = pytest.mark.filterwarnings("default")  # of packages that MLflow brings along


def outcome(file: Path, training: str = "weights", **metrics: float) -> Outcome:
    file.write_text("<svg/>")
    return Outcome(
        {"model.cell": "lstm"}, {"test.nll": 5.0} | metrics, HISTORY, {"samples": [file]}, training, "ink", "files"
    )


@pytest.fixture(scope="module")
def client_of() -> Callable[[Store], Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient

    return lambda store: MlflowClient(store.uri)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    home = tmp_path_factory.mktemp("home")
    return Store(f"sqlite:///{home / 'mlflow.db'}", (home / "mlruns").as_uri(), home / "mlflow.db.lock")


def test_a_run_holds_parameters_metrics_by_epoch_files_and_tags(
    store: Store, client_of: Callable[[Store], Any], tmp_path: Path
) -> None:
    run_id = mirror(outcome(tmp_path / "sample-1.svg"), store, "lstm", {"dvc.experiment": "soft-ink"}, {})

    client = client_of(store)
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params == {"model.cell": "lstm"}
    assert run.data.metrics["test.nll"] == 5.0
    epochs = client.get_metric_history(run_id, "valid_nll_nats_per_point")
    assert [(metric.step, metric.value) for metric in epochs] == [(1, 3.0), (2, 2.5)]
    assert [file.path for file in client.list_artifacts(run_id, "samples")] == ["samples/sample-1.svg"]
    assert run.data.tags["dvc.experiment"] == "soft-ink"
    assert run.data.tags["penlift.training"] == "weights"


def test_the_same_outcome_twice_is_one_run_and_another_is_another(
    store: Store, client_of: Callable[[Store], Any], tmp_path: Path
) -> None:
    file = tmp_path / "sample-1.svg"

    first, again = (mirror(outcome(file, sse=0.4), store, "lstm", {}, {}) for _ in range(2))
    other = mirror(outcome(file, sse=0.5), store, "lstm", {}, {})

    assert first == again != other
    trainings = {client_of(store).get_run(run).data.tags["penlift.training"] for run in (first, other)}
    assert trainings == {"weights"}


def test_a_run_that_was_cut_off_is_completed_and_no_row_is_there_twice(
    store: Store, client_of: Callable[[Store], Any], tmp_path: Path
) -> None:
    cut = outcome(tmp_path / "sample-1.svg", sse=0.9)
    client = client_of(store)
    run_id = mirror(cut, store, "lstm", {}, {})
    client.update_run(run_id, status="RUNNING")

    assert mirror(cut, store, "lstm", {}, {}) == run_id

    assert client.get_run(run_id).info.status == "FINISHED"
    assert len(client.get_metric_history(run_id, "valid_nll_nats_per_point")) == 2
    found = client.search_runs([client.get_experiment_by_name("penlift").experiment_id],
                               f"tags.`{FINGERPRINT}` = '{cut.fingerprint}'")  # fmt: skip
    assert len(found) == 1


def test_a_server_that_is_down_is_said_to_be_and_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
    nobody = Store("http://127.0.0.1:9", None, None)

    with pytest.raises(Unreachable):
        mirror(outcome(tmp_path / "sample-1.svg"), nobody, "lstm", {}, {})


def test_what_a_store_refuses_is_no_silence(tmp_path: Path, store: Store, client_of: Callable[[Store], Any]) -> None:
    client_of(store).create_registered_model("any")  # makes the tables
    nameless = replace(outcome(tmp_path / "sample-1.svg"), params={"no/such name?": 1})

    with pytest.raises(InputError, match="refuses the run"):
        mirror(nameless, store, "lstm", {}, {})


def test_an_experiment_in_the_trash_is_taken_out_of_it(
    tmp_path: Path, store: Store, client_of: Callable[[Store], Any]
) -> None:
    file = tmp_path / "sample-1.svg"
    before = mirror(outcome(file), store, "lstm", {}, {})
    client = client_of(store)
    client.delete_experiment(client.get_experiment_by_name("penlift").experiment_id)

    assert mirror(outcome(file), store, "lstm", {}, {}) == before


def test_a_sqlite_file_of_the_users_choice_has_its_artifacts_and_lock_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/runs/all.db")

    store = Store.of(Path())

    assert store.uri == f"sqlite:///{tmp_path}/runs/all.db"
    assert store.artifacts == f"file://{tmp_path}/runs/mlruns"
    assert store.lock == tmp_path / "runs" / "all.db.lock"


def test_the_store_of_a_queued_experiment_is_that_of_the_repository_it_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert Store.of(tmp_path / "queue").uri == f"sqlite:///{tmp_path}/mlflow.db"

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert Store.of(tmp_path).uri == "http://127.0.0.1:5000"


def test_an_outcome_is_read_from_the_files_of_a_run_and_its_fingerprint_follows_them(tmp_path: Path) -> None:
    for name, content in {
        "ink/points.npy": "p", "ink/index.csv": "i", "models/model.safetensors": "w", "models/model.json": "{}",
        "train/history.csv": "epoch,best\n1,True\n",
        "samples/sample-1.svg": "<svg/>", "index.html": "page",
        "metrics.json": json.dumps({"test": {"nll": {"tablet": 5.0}}}),
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)

    def read() -> Outcome:
        paths = (tmp_path / name for name in ("ink", "models", "train", "samples", "metrics.json", "index.html"))
        return read_outcome({"model": {"cell": "lstm"}}, *paths)

    first, again = read(), read()
    (tmp_path / "models/model.safetensors").write_text("other")

    assert first.params == {"model.cell": "lstm"}
    assert first.metrics == {"test.nll.tablet": 5.0}
    assert first.fingerprint == again.fingerprint != read().fingerprint
    assert first.data == read().data
    for name in ("samples/sample-1.svg", "index.html", "train/history.csv", "models/model.json"):
        before = read()
        (tmp_path / name).write_text("epoch,best\n1,False\n")
        assert read().fingerprint != before.fingerprint
        assert read().training == before.training


def test_no_finished_run_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finished run to track"):
        read_outcome({}, tmp_path, tmp_path, tmp_path, tmp_path, tmp_path / "metrics.json", tmp_path / "index.html")


def test_flattening_keeps_every_leaf() -> None:
    assert dict(flatten({"a": {"b": 1, "c": {"d": 2}}, "e": 3})) == {"a.b": 1, "a.c.d": 2, "e": 3}


def test_a_run_is_named_by_its_experiment_or_by_what_it_is(tmp_path: Path) -> None:
    params = {"model": {"cell": "lstm", "peepholes": True, "layers": 2, "hidden": 256, "mixtures": 20}}

    assert name_of(params, {"DVC_EXP_NAME": "soft-ink"}) == "soft-ink"
    assert name_of(params, {}) == "lstm+peepholes-2x256-20mix"
    assert tags_of(tmp_path, {"DVC_EXP_NAME": "soft-ink"})["dvc.experiment"] == "soft-ink"
    assert tags_of(tmp_path, {})["penlift.revision"] == "unknown"
