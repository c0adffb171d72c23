"""Records for tests, and a look into a store that does not go through penlift."""

import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from penlift.tracking.curves import CURVES, LOAD
from penlift.tracking.record import OUTCOME, TRAINING, Image, Point, Record
from penlift.tracking.store import Store

PNG = (Path(__file__).parents[1] / "docs" / "dreamt.png").read_bytes()
START = 1_700_000_000_000  # ms since 1970


def embedded(home: Path) -> Store:
    return Store(f"sqlite:///{home / 'mlflow.db'}", home / "mlflow.db.lock")


def curve(epochs: int) -> list[Point]:
    return [Point(key, value + epoch, epoch, START + epoch)
            for epoch in range(1, epochs + 1) for key, value in (("valid", 3.0), ("train", 2.0))]  # fmt: skip


def training(name: str = "t1", epochs: int = 2, status: str = "RUNNING", **more: Any) -> Record:
    return Record("lstm", {TRAINING: name}, status, START, {"model.cell": "lstm"}, curve(epochs), **more)


def outcome(folder: Path, name: str = "o1", of: str = "t1", epochs: int = 3, figures: int = 1) -> Record:
    """A finished run: curves, figures, a picture, and files in two folders."""
    (folder / "made").mkdir(parents=True, exist_ok=True)
    svg, figure, page = (folder / "made" / file for file in ("sample-1.svg", "metrics.json", "params.yaml"))
    for file in (svg, figure, page):
        file.write_text(f"{file.name} of {name}")
    return Record(
        name="lstm",
        tags={TRAINING: of, OUTCOME: name, "penlift.data": "data/corpus", "penlift.data_hash": "f00d" * 16},
        status="FINISHED",
        began=START,
        params={"model.cell": "lstm", "sample.bias": 0},
        points=[*curve(epochs), *(Point(f"test/figure_{n}", float(n), 0, START + 99) for n in range(figures))],
        images=[Image("by_epoch/dreamt", 1, PNG)],
        files={"reports/samples/sample-1.svg": svg, "reports/metrics.json": figure, "params.yaml": page},
    )


def client_of(uri: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient

        return MlflowClient(uri)


def runs_in(uri: str) -> list[Any]:
    client = client_of(uri)
    found = client.get_experiment_by_name("penlift")
    return list(client.search_runs([found.experiment_id])) if found else []


def points_in(uri: str, run: Any) -> Counter[tuple[str, int, str]]:
    """How often each point is in the store, by key, step and value."""
    client = client_of(uri)
    return Counter((key, point.step, _value(point)) for key in run.data.metrics
                   for point in client.get_metric_history(run.info.run_id, key))  # fmt: skip


def once(record: Record) -> Counter[tuple[str, int, str]]:
    """Each point of a record, once."""
    return Counter({(point.key, point.step, _value(point)): 1 for point in record.points})


def _value(point: Any) -> str:
    """The value of a point; nothing where a training that fell back measures it anew: its speed, the machine's load."""
    return "" if point.key.startswith(LOAD) or point.key == f"{CURVES}points_per_second" else str(point.value)


def files_in(uri: str, run_id: str, folder: str | None = None) -> set[str]:
    names: set[str] = set()
    for there in client_of(uri).list_artifacts(run_id, folder):
        names |= files_in(uri, run_id, there.path) if there.is_dir else {there.path}
    return names
