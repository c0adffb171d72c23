"""MLflow as a mirror of records, each of which can be sent again at any time; and runs looked up in it.

The one module that imports mlflow, and only when it is used: that takes seconds. No stage reads anything back from it.
"""

import json
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from penlift.common.errors import one_line
from penlift.common.files import whole_file
from penlift.tracking.record import OUTCOME, TRAINING, Record, called_by
from penlift.tracking.store import SQLITE, Store, Unsent, sqlite_uri, without_secrets

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

TIMEOUT = "MLFLOW_HTTP_REQUEST_TIMEOUT"  # s of a request
CHOSEN = TIMEOUT in os.environ  # by the user
UNWRITABLE = (ArithmeticError, TypeError, ValueError)  # raised for values that a database or a driver does not take
ARTIFACTS = "mlruns"  # the folder beside a sqlite file
OF_A_FILE = re.compile(rf"(?:file://)?(/.*/{ARTIFACTS})(/[^/]+)?")  # where an experiment's are, as MLflow names it
DIGEST = 36  # characters of a data set's digest; MLflow's own limit
MOST = 1000  # metrics of a batch; MLflow's own limit
UPLOADED = re.compile(r"images/(.+)\+step\+(\d+)\+timestamp\+.*\+compressed\.webp")
DATA = ("penlift.data", "penlift.data_hash")  # tags that name the data set and its contents
MOST_RUNS = 5000  # that one is looked for among, the newest
PATIENCE = 60.0  # s that a request may take
SHORTEST = 4  # characters of an id that stand for all of it


def send(record: Record, store: Store, patience: float = 5.0) -> str:
    """Make sure that the store holds this record as one run, each point once; the run's id.

    What is there already is left alone, and what was cut off is completed. A training that is being watched becomes
    the run of its outcome; a second outcome of one training is a run of its own. Unsent where the store does not answer
    a request within `patience` seconds, or refuses it: then some of the record may be there. To be called while alone.
    """
    with connected(store, patience) as client:
        experiment = experiment_in(client, store)
        run = _find(client, experiment, record)
        # to a run that bears an outcome, only that outcome adds anything: it brings the curves of its training
        if run and OUTCOME in run.data.tags and (run.info.status == "FINISHED" or OUTCOME not in record.tags):
            return str(run.info.run_id)
        if not run:
            run = client.create_run(experiment, record.began, record.tags, record.name)
            run = _find(client, experiment, record) or run  # another machine may have made it at the same time
        _fill(client, run, record)
        return str(run.info.run_id)


@contextmanager
def connected(store: Store, patience: float) -> Iterator["MlflowClient"]:
    """A client of MLflow's, whose faults are Unsent; a request may take `patience` s, or what the user has set."""
    store.check(patience)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # else each process looks a host up
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")  # else a dead server blocks for minutes
    if not CHOSEN:
        os.environ[TIMEOUT] = f"{patience:.0f}"
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # it draws one a file
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    from mlflow.exceptions import MlflowException
    from requests import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        if store.file and not store.file.exists():
            _create(store.file)
        yield _client(store.uri)
    except (MlflowException, RequestException, SQLAlchemyError, sqlite3.Error, OSError, *UNWRITABLE) as error:
        refused = isinstance(error, MlflowException) and error.get_http_status_code() < 500  # type: ignore[no-untyped-call]
        said = one_line(without_secrets(str(error)) or type(error).__name__)
        raise Unsent(f"{store.uri} {'refuses the run' if refused else 'fails'} ({said})") from None


def _client(uri: str) -> "MlflowClient":
    """A client of MLflow's, which makes a folder of a path as it is quoted, unless the driver is named."""
    from mlflow import MlflowClient

    return MlflowClient(uri.replace(SQLITE, "sqlite+pysqlite:///", 1))


def _create(file: Path) -> None:
    """Make an empty sqlite file, whole or not at all: MLflow finds no way on from one that it was killed in making."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(file) as part:
        for left in (part, part.with_name(f"{part.name}-journal")):  # by one that was killed
            left.unlink(missing_ok=True)
        _client(sqlite_uri(part)).search_experiments(max_results=1)


def experiment_in(client: "MlflowClient", store: Store) -> str:
    """The id of the experiment that all runs are in, made where there is none; artifacts go beside a sqlite file."""
    beside = store.file.with_name(ARTIFACTS) if store.file else None
    if not (found := client.get_experiment_by_name(store.experiment)):
        return str(client.create_experiment(store.experiment, beside.as_uri() if beside else None))
    if found.lifecycle_stage == "deleted":  # in the pages' trash, where nothing can be added to it
        client.restore_experiment(found.experiment_id)
    if store.file and beside and (place := OF_A_FILE.fullmatch(found.artifact_location)):
        now = f"{beside.as_uri()}{place[2] or ''}"
        chosen = Path(unquote(place[1])).is_dir() and not beside.is_dir()  # by the user, elsewhere
        if place[0] != now and not chosen:
            _move(store.file, found.experiment_id, place[0], now)
    return str(found.experiment_id)


def _move(file: Path, experiment: str, place: str, now: str) -> None:
    """Have the artifacts of an experiment beside its sqlite file, which was moved or copied: MLflow would go on in the
    old place, and has no call that changes it."""
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?", (now, experiment))
        of_runs = "UPDATE runs SET artifact_uri = replace(artifact_uri, ?, ?) WHERE experiment_id = ?"
        database.execute(of_runs, (f"{place}/", f"{now}/", experiment))


def _find(client: "MlflowClient", experiment: str, record: Record) -> "Run | None":
    """The run of the record's outcome under its name; else that of its training, which has no outcome yet."""
    of_training = f"tags.`{TRAINING}` = '{record.tags[TRAINING]}'"
    runs = client.search_runs([experiment], of_training, max_results=MOST_RUNS)
    watched = [run for run in runs if OUTCOME not in run.data.tags]
    if OUTCOME not in record.tags:
        return _only(client, watched) or next(iter(runs), None)
    same = [run for run in runs if run.data.tags.get(OUTCOME) == record.tags[OUTCOME]
            and called_by(run.data.tags) == called_by(record.tags)]  # fmt: skip
    if same:
        return _only(client, same)
    if run := _only(client, watched):
        _rename(client, run, record)
    return run


def _only(client: "MlflowClient", runs: "list[Run]") -> "Run | None":
    """One of the runs. There are several where a server made one after it had been given up, or two machines did:
    the others go to the trash of MLflow's pages."""
    ordered = sorted(runs, key=lambda run: (run.info.status != "FINISHED", run.info.run_id))
    for other in ordered[1:]:
        client.delete_run(other.info.run_id)
    return ordered[0] if ordered else None


def _rename(client: "MlflowClient", run: "Run", record: Record) -> None:
    """Make a run whose training was watched that of an outcome, which may have been asked for under another name."""
    # its status first: a run that bears an outcome and is finished counts as whole
    client.update_run(run.info.run_id, "RUNNING", record.name)
    for tag in called_by(run.data.tags).keys() - record.tags.keys():
        client.delete_tag(run.info.run_id, tag)


def _fill(client: "MlflowClient", run: "Run", record: Record) -> None:
    """Add what the run lacks, its status last."""
    from mlflow.entities import Dataset, DatasetInput, Metric, Param, RunTag

    run_id, has = run.info.run_id, run.data
    tags = [RunTag(key, value) for key, value in record.tags.items() if has.tags.get(key) != value]
    params = [Param(key, str(value)) for key, value in record.params.items() if key not in has.params]
    client.log_batch(run_id, tags=tags, params=params)
    known = {(key, there.step) for key in has.metrics for there in client.get_metric_history(run_id, key)}
    metrics = [Metric(key, value, time, step) for key, value, step, time in record.points if (key, step) not in known]
    for first in range(0, len(metrics), MOST):
        client.log_batch(run_id, metrics=metrics[first : first + MOST])
    _add_images(client, run_id, record)
    for name, file in record.files.items():
        client.log_artifact(run_id, str(file), name.rpartition("/")[0] or None)
    if record.tags.keys() >= set(DATA) and not (run.inputs and run.inputs.dataset_inputs):
        name, digest = (record.tags[tag] for tag in DATA)
        data = Dataset(name, digest[:DIGEST], "local", json.dumps({"uri": name}))
        client.log_inputs(run_id, [DatasetInput(data)])
    if record.status == "RUNNING":
        client.update_run(run_id, record.status)
    else:
        client.set_terminated(run_id, record.status, record.ended)


def _add_images(client: "MlflowClient", run_id: str, record: Record) -> None:
    """Add the pictures that are not there. MLflow puts a small copy of each up last."""
    from PIL import Image

    paths = [file.path for file in client.list_artifacts(run_id, "images")]
    there = {match.groups() for path in paths if (match := UPLOADED.match(path))}
    for key, step, png in record.images:
        if (key.replace("/", "~"), str(step)) not in there:
            with Image.open(BytesIO(png)) as image:
                client.log_image(run_id, image, key=key, step=step, synchronous=True)


class FoundRun(NamedTuple):
    """A run of the store."""

    run_id: str
    name: str
    status: str
    tags: dict[str, str]


def find(name: str, store: Store) -> list[FoundRun]:
    """The runs of this id or training, their first characters, or this name; the newest first."""
    with connected(store, PATIENCE) as client:
        latest = ["attributes.start_time DESC"]
        runs = client.search_runs([experiment_in(client, store)], order_by=latest, max_results=MOST_RUNS)
        named = [run for run in runs if name == run.info.run_name or _begins(run, name)]
        return [FoundRun(run.info.run_id, run.info.run_name, run.info.status, dict(run.data.tags)) for run in named]


def fetch(run_id: str, names: Iterable[str], folder: Path, store: Store) -> None:
    """Copy those of a run's files and folders that are named to a folder. MLflow refuses what leads out of one."""
    with connected(store, PATIENCE) as client:
        there = {artifact.path for artifact in client.list_artifacts(run_id)}
        for name in there.intersection(names):
            client.download_artifacts(run_id, name, str(folder))


def _begins(run: Any, name: str) -> bool:
    ids = (run.info.run_id, run.data.tags.get(TRAINING, ""))
    return len(name) >= SHORTEST and any(each.startswith(name) for each in ids)
