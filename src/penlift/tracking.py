"""MLflow as a mirror of outcomes. Nothing is read back from it, and a run can be mirrored again at any time.

The one module that imports mlflow, and only when it is used: that takes seconds.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from filelock import FileLock

from penlift.errors import InputError
from penlift.outcome import Outcome

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Run

EXPERIMENT = "penlift"
SQLITE = "sqlite:///"
FINGERPRINT = "penlift.outcome"


class Store(NamedTuple):
    """Where runs go: a server, or the embedded sqlite file of a repository."""

    uri: str
    artifacts: str | None  # explicit location, for the embedded store
    lock: Path | None  # several processes at once would break a fresh sqlite file

    @classmethod
    def of(cls, root: Path) -> "Store":
        """MLFLOW_TRACKING_URI where it is set, else mlflow.db at the root. Artifacts of a sqlite file stand beside it.

        DVC runs queued experiments in folders that it deletes, and names the repository they came from in DVC_ROOT.
        """
        home = Path(os.environ.get("DVC_ROOT") or root).resolve()
        uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home / 'mlflow.db'}"
        if not uri.startswith(SQLITE):
            return cls(uri, None, None)
        file = home / uri.removeprefix(SQLITE)
        return cls(f"{SQLITE}{file}", file.with_name("mlruns").as_uri(), file.with_name(f"{file.name}.lock"))


class Unreachable(Exception):  # noqa: N818  (a state of the world, not a mistake)
    """The store does not answer; the message says why."""


def mirror(outcome: Outcome, store: Store, name: str, tags: dict[str, str], previews: Mapping[str, bytes]) -> str:
    """Make sure that the store holds this outcome as one finished run; the run's id.

    An outcome that is there already is left alone, and one that was cut off is completed. `previews` are PNGs by name,
    for the slider that MLflow shows beside the curves.
    """
    with _client(store) as client:
        experiment = _experiment(client, store)
        known = client.search_runs([experiment], f"tags.`{FINGERPRINT}` = '{outcome.fingerprint}'", max_results=1)
        run = known[0] if known else _create(client, experiment, outcome, name, tags)
        if run.info.status != "FINISHED":
            _fill(client, run, outcome, previews)
            client.set_terminated(run.info.run_id)
        return str(run.info.run_id)


@contextmanager
def _client(store: Store) -> Iterator["MlflowClient"]:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # else each process looks a host up
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")  # else the first call to a dead server blocks
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")  # for minutes
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    with FileLock(store.lock) if store.lock else nullcontext():
        try:
            yield MlflowClient(store.uri)
        except MlflowException as error:
            fault = " ".join(str(error).split())
            if error.get_http_status_code() < 500:  # type: ignore[no-untyped-call]
                raise InputError(
                    f"{store.uri} refuses the run ({fault}); mend it there, or send it elsewhere"
                ) from None
            raise Unreachable(fault) from None


def _experiment(client: "MlflowClient", store: Store) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found and found.lifecycle_stage == "deleted":  # in the pages' trash, where nothing can be added to it
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id if found else client.create_experiment(EXPERIMENT, store.artifacts))


def _create(client: "MlflowClient", experiment: str, outcome: Outcome, name: str, tags: dict[str, str]) -> "Run":
    own = {FINGERPRINT: outcome.fingerprint, "penlift.training": outcome.training, "penlift.data": outcome.data}
    return client.create_run(experiment, tags=tags | own, run_name=name)


def _fill(client: "MlflowClient", run: "Run", outcome: Outcome, previews: Mapping[str, bytes]) -> None:
    from mlflow.entities import Param

    run_id = run.info.run_id
    client.log_batch(run_id, params=[Param(key, str(value)) for key, value in outcome.params.items()])
    metrics = list(_metrics(outcome, run.info.start_time))
    for first in range(0, len(metrics), 1000):  # MLflow's own limit of a batch
        client.log_batch(run_id, metrics=metrics[first : first + 1000])
    for folder, files in outcome.files.items():
        for file in files:
            client.log_artifact(run_id, str(file), folder)
    for key, png in previews.items():
        client.log_image(run_id, _image(png), key=key, step=len(outcome.history))


def _metrics(outcome: Outcome, time: int) -> Iterator["Metric"]:
    """All figures, with time stamps that follow from the run: sent twice, they are the same rows and are kept once."""
    from mlflow.entities import Metric

    for row in outcome.history.to_dict("records"):
        epoch = int(row["epoch"])
        yield from (Metric(str(key), float(value), time + epoch, epoch) for key, value in row.items() if key != "epoch")
    yield from (Metric(key, float(value), time, 0) for key, value in outcome.metrics.items())


def _image(png: bytes) -> Any:
    from io import BytesIO

    from PIL import Image

    return Image.open(BytesIO(png))
