"""A run comes back from MLflow with the very bytes that went there, and nothing that stood in their place is lost."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from checkouts import FILES
from stages import STAGES
from tracked import client_of, runs_in, training

from penlift.common.errors import InputError
from penlift.common.params import read_params
from penlift.experiments.repository import DVC, output_of
from penlift.experiments.restore import OUTS, restore_run
from penlift.tracking.client import send
from penlift.tracking.outcome import record_of_outcome
from penlift.tracking.record import Record
from penlift.tracking.store import Store

pytestmark = pytest.mark.filterwarnings("default")  # of packages that MLflow brings along


PARAMS = """\
extract: {{path: data/ink}}
model: {{cell: gru, peepholes: false, layers: 1, hidden: 8, mixtures: 1}}
train: {{seed: {seed}}}
"""


def made(root: Path, seed: int, samples: int = 2) -> dict[str, str]:
    """The files of a finished run in a checkout, and their hashes."""
    files = {
        "params.yaml": PARAMS.format(seed=seed), "dvc.lock": f"seed {seed}", "models/model.json": "{}",
        "models/model.safetensors": f"weights {seed}", "reports/train/history.csv": FILES["train/history.csv"],
        "reports/train/training.json": FILES["train/training.json"], "reports/metrics.json": FILES["metrics.json"],
        "reports/index.html": f"page {seed}", "reports/evaluate/dreamt/points.npy": "points",
    } | {f"reports/samples/sample-{n}.svg": f"<svg/> {seed}" for n in range(samples)}  # fmt: skip
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return hashes(root, *files)


def hashes(root: Path, *names: str) -> dict[str, str]:
    return {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in names}


def record(root: Path, name: str) -> Record:
    (root / "ink").mkdir(exist_ok=True)
    for file in ("points.npy", "index.csv"):
        (root / "ink" / file).write_text("ink")
    reports = root / "reports"
    places = [
        root / "models",
        *(reports / each for each in ("train", "samples", "evaluate", "metrics.json", "index.html")),
    ]
    params = read_params(root / "params.yaml")
    outcome = record_of_outcome(root, params, root / "ink", reports / "train", reports / "metrics.json", places)
    return replace(outcome, name=name)


@pytest.fixture
def checkout(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    output_of(tmp_path, *DVC, "init", "--quiet", "--no-scm")
    return tmp_path


@pytest.mark.slow
def test_an_older_run_comes_back_hash_for_hash_and_what_it_replaces_is_kept(checkout: Path, store: Store) -> None:
    older = made(checkout, seed=1, samples=3)
    run_id = send(record(checkout, "older"), store)
    (checkout / "reports/samples/sample-2.svg").unlink()
    for other in ("elsewhere/file", ".dvc/config", "models.dvc"):  # what no pipeline has left goes nowhere
        client_of(store.uri).log_text(run_id, "other", other)
    newer = made(checkout, seed=2, samples=5)
    send(record(checkout, "newer"), store)
    (checkout / "reports/mine.txt").write_text("mine")

    found, changed, aside = restore_run(run_id[:12], checkout)

    assert found.name == "older"
    assert hashes(checkout, *older) == older
    assert not (checkout / "reports/samples/sample-4.svg").exists()
    assert (checkout / "reports/mine.txt").read_text() == "mine"
    assert not (checkout / "elsewhere").exists() and not (checkout / "models.dvc").exists()
    assert aside
    replaced = [name for name in newer if (aside / name).exists()]
    assert hashes(aside, *replaced) == {name: newer[name] for name in replaced}
    assert set(newer) - set(replaced) <= {name for name in newer if older.get(name) == newer[name]}
    assert "params.yaml" in changed
    assert restore_run("older", checkout)[1:] == ([], None)


def test_files_that_are_not_what_was_sent_are_not_restored(checkout: Path, store: Store) -> None:
    made(checkout, seed=3)
    run_id = send(record(checkout, "altered"), store)
    made(checkout, seed=4)
    (run,) = [run for run in runs_in(store.uri) if run.info.run_id == run_id]
    (Path(run.info.artifact_uri.removeprefix("file://")) / "models/model.safetensors").write_text("other weights")

    for name in ("altered", run_id[:8]):
        with pytest.raises(InputError, match="not those that were sent; nothing was restored"):
            restore_run(name, checkout)

    assert "seed: 4" in (checkout / "params.yaml").read_text()


def test_what_cannot_be_restored_is_named(checkout: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    send(training("unfinished", status="KILLED", images=[]), store)

    with pytest.raises(InputError, match="has no run 'nothing', by name"):
        restore_run("nothing", checkout)
    with pytest.raises(InputError, match="is KILLED and has left no weights"):
        restore_run("lstm", checkout)
    for name in ("", "l", "ls"):  # a few characters stand for no run
        with pytest.raises(InputError, match=f"has no run '{name}', by name or 4 characters of an id"):
            restore_run(name, checkout)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{checkout / 'none' / 'mlflow.db'}")
    with pytest.raises(InputError, match="there is no such store; set MLFLOW_TRACKING_URI"):
        restore_run("lstm", checkout)
    assert not (checkout / "none").exists()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    for seed in (5, 6):
        made(checkout, seed)
        send(record(checkout, "two"), store)
    with pytest.raises(InputError, match=r"\d runs are called 'f00d'; name an id: "):  # the training of all
        restore_run("f00d", checkout)
    with pytest.raises(InputError, match="2 runs are called 'two'; name an id: "):
        restore_run("two", checkout)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"does not answer .*; start it, or set MLFLOW_TRACKING_URI"):
        restore_run("two", checkout)


def test_what_dvc_is_given_is_all_that_is_restored_and_that_it_keeps() -> None:
    made = {out for stage in ("train", "sample", "evaluate", "report") for out in STAGES[stage]["outs"]}

    assert set(OUTS) == made
