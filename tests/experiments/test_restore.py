"""A run comes back from MLflow with the very bytes that went there, and nothing that stood in their place is lost."""

import hashlib
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from checkouts import FILES, from_before
from clone import ROOT
from commands import run
from stages import STAGES
from tracked import client_of, embedded, runs_in, training

from penlift.common.errors import InputError
from penlift.common.params import read_params
from penlift.experiments.repository import DVC, output_of
from penlift.experiments.restore import OUTS, restore_run
from penlift.tracking.client import send
from penlift.tracking.outcome import record_of_outcome
from penlift.tracking.record import Record
from penlift.tracking.store import Store

pytestmark = pytest.mark.filterwarnings("default")  # of packages that MLflow brings along


PARAMS = (ROOT / "params.yaml").read_text(encoding="utf-8")
LOCK = """\
schema: '2.0'
stages:
  train:
    cmd: python pipeline/train.py data/offsets data/windows models reports/train
    outs: [{{path: models, md5: f00d{seed}}}]
"""


SEED = re.compile(r"(?<=  )seed: +\d+")


def made(root: Path, seed: int, samples: int = 2, params: str = PARAMS) -> dict[str, str]:
    """The files of a finished run in a checkout, and their hashes."""
    files = {
        "params.yaml": SEED.sub(f"seed: {seed}", params), "dvc.lock": LOCK.format(seed=seed), "models/model.json": "{}",
        "models/model.safetensors": f"weights {seed}", "reports/train/history.csv": FILES["train/history.csv"],
        "reports/train/training.json": FILES["train/training.json"], "reports/metrics.json": FILES["metrics.json"],
        "reports/index.html": f"page {seed}", "reports/evaluate/dreamt/points.npy": "points",
        "reports/evaluate/window-0.npy": "window",
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
    shutil.copyfile(ROOT / "dvc.yaml", tmp_path / "dvc.yaml")
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


def test_a_run_from_before_parameters_that_came_since_comes_back_as_it_was_and_says_what_to_add(
    checkout: Path, store: Store
) -> None:
    older = made(checkout, seed=9, params=from_before(PARAMS))
    send(record(checkout, "long ago"), store)
    made(checkout, seed=10)

    said = run("restore", "long ago", "--root", checkout).output

    assert hashes(checkout, *older) == older
    assert "params.yaml is older than the code here, which asks you to add `drills: 0` to compose, `ra" in said
    made(checkout, seed=10)
    send(record(checkout, "of now"), store)
    assert "asks you to add" not in run("restore", "of now", "--root", checkout).output


def test_files_that_are_not_what_was_sent_are_not_restored(checkout: Path, store: Store) -> None:
    made(checkout, seed=3)
    run_id = send(record(checkout, "altered"), store)
    made(checkout, seed=4)
    (run,) = [run for run in runs_in(store.uri) if run.info.run_id == run_id]
    (Path(run.info.artifact_uri.removeprefix("file://")) / "models/model.safetensors").write_text("other weights")

    for name in ("altered", run_id[:8]):
        with pytest.raises(InputError, match="its files are not those that were sent; nothing was restored"):
            restore_run(name, checkout)

    assert "seed: 4" in (checkout / "params.yaml").read_text()


def put(name: str, content: str) -> Callable[[Path], None]:
    """Put a file among those of a run, with folders where there are none."""

    def change(files: Path) -> None:
        (files / name).parent.mkdir(parents=True, exist_ok=True)
        (files / name).write_text(content)

    return change


def folder(files: Path) -> None:
    (files / "params.yaml").unlink()
    (files / "params.yaml").mkdir()


def params(old: str, new: str) -> Callable[[Path], None]:
    return put("params.yaml", PARAMS.replace(old, new))


def lock(content: str) -> Callable[[Path], None]:
    return put("dvc.lock", f"schema: '2.0'\n{content}")


STRANGE: dict[str, Callable[[Path], None]] = {
    r"it has 'models/\$\(id\)', which no stage makes": put("models/$(id)", "x"),
    "it has 'reports/samples/run.py', which no stage makes": put("reports/samples/run.py", "x"),
    "it has 'models/data', which no stage makes": put("models/data/forms.txt", "x"),
    "it has 'params.yaml', which no stage makes": folder,
    "it has no params.yaml": lambda files: (files / "params.yaml").unlink(),
    "params.yaml: not readable as YAML": put("params.yaml", "a: [1"),
    "params.yaml: holds": put("params.yaml", "[1]"),
    "section 'extra' of params.yaml is unknown to this checkout": put("params.yaml", PARAMS + "\nextra: {a: 1}\n"),
    "params.yaml: extract.path is 3": params("path: data/corpus", "path: 3"),
    r"params.yaml: extract: path is '\$\{x\}'; copy the ink to a folder": params("path: data/corpus", "path: ${x}"),
    "params.yaml: extract: path is 'https://h/'; copy the ink to a folder": params(
        "path: data/corpus", "path: https://h/"
    ),
    "params.yaml: model.layers is missing": params("  layers:", "  # layers:"),
    "dvc.lock: expected a dictionary for dictionary value @": lock("stages: 3"),
    "dvc.lock: extra keys not allowed @ data.'vars'": lock("vars: [1]"),
    "dvc.lock: stage 'mine' runs 'id', which is unknown here": lock("stages: {mine: {cmd: id}}"),
    "dvc.lock: stage 'train' runs 'id', which is unknown here": lock("stages: {train: {cmd: id}}"),
    "dvc.lock: extra keys not allowed @ data.'stages'..'train'..'wdir'": lock("stages: {train: {cmd: id, wdir: /}}"),
    "dvc.lock: expected a dictionary for dictionary value @ data.'stages'..'train'": lock("stages: {train: 3}"),
}


@pytest.fixture(scope="module")
def strange(home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A run whose files a stranger may change, and where they are."""
    store, place = embedded(home), tmp_path_factory.mktemp("strange")
    made(place, seed=7)
    run_id = send(record(place, "strange"), store)
    return run_id, home / "mlruns" / run_id / "artifacts"


@pytest.mark.parametrize(("said", "change"), STRANGE.items(), ids=[*map(str, range(len(STRANGE)))])
def test_of_a_run_that_somebody_else_may_have_changed_nothing_strange_is_brought(
    store: Store,
    strange: tuple[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    change: Callable[[Path], None],
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    run_id, files = strange
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    shutil.copyfile(ROOT / "dvc.yaml", checkout / "dvc.yaml")
    before = tmp_path / "before"
    shutil.copytree(files, before)
    mine = made(checkout, seed=8)
    try:
        change(files)
        with pytest.raises(InputError, match=f"run {run_id} in sqlite:.*: {said}.*; nothing was restored$") as refused:
            restore_run(run_id, checkout)
    finally:
        shutil.rmtree(files)
        shutil.move(before, files)

    assert "\n" not in str(refused.value)
    assert hashes(checkout, *mine) == mine
    assert not list((checkout / ".dvc" / "tmp").glob("restore-*"))


def test_a_run_without_its_tags_is_refused_in_one_line(checkout: Path, strange: tuple[str, Path], store: Store) -> None:
    run_id, _ = strange
    client = client_of(store.uri)
    kept = client.get_run(run_id).data.tags["penlift.data_hash"]
    client.delete_tag(run_id, "penlift.data_hash")

    with pytest.raises(InputError, match="not those that were sent; nothing was restored"):
        restore_run(run_id, checkout)

    client.set_tag(run_id, "penlift.data_hash", kept)


@pytest.mark.slow
def test_where_something_cannot_take_its_place_all_that_stood_there_is_back(
    checkout: Path, strange: tuple[str, Path]
) -> None:
    mine = made(checkout, seed=8)
    shutil.rmtree(checkout / "reports")
    (checkout / "reports").write_text("mine")
    mine = hashes(checkout, "reports", *(name for name in mine if not name.startswith("reports/")))

    with pytest.raises(InputError, match=f"{checkout}: nothing was restored .*File exists") as refused:
        restore_run(strange[0], checkout)

    assert "could not be put back" not in str(refused.value)
    assert hashes(checkout, *mine) == mine
    assert not list((checkout / ".state" / "replaced").iterdir())
    (checkout / "reports").unlink()
    shutil.rmtree(checkout / ".state")
    (checkout / ".state").write_text("a file where the folder should be")
    with pytest.raises(InputError, match=f"{checkout}: nothing was restored"):
        restore_run(strange[0], checkout)
    (checkout / ".state").unlink()
    assert restore_run(strange[0], checkout)[1]


@pytest.mark.slow
def test_what_is_said_of_the_code_is_known_and_none_of_it_is_for_a_shell_but_a_revision(
    checkout: Path, strange: tuple[str, Path], store: Store
) -> None:
    run_id, _ = strange
    client = client_of(store.uri)
    revision = "0123456789abcdef0123456789abcdef01234567"
    for tags, said in (
        ({"penlift.revision": "$(id)"}, "it is not known which code"),
        (
            {"penlift.revision": revision, "penlift.changed": "no"},
            "own code: git checkout --no-overlay 0123456789ab -- src",
        ),
        ({"penlift.changed": "yes"}, "0123456789ab with changes that nobody committed\n"),
        ({"penlift.changed": "unknown"}, "0123456789ab with changes that nobody committed, or without: nobody knows\n"),
    ):
        for key, value in tags.items():
            client.set_tag(run_id, key, value)
        answer = run("restore", run_id, "--root", checkout)
        assert answer.exit_code == 0
        assert said in answer.output
        assert "$(id)" not in answer.output


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
    made = {out for stage in ("train", "recognise", "sample", "evaluate", "report") for out in STAGES[stage]["outs"]}

    assert set(OUTS) == made
