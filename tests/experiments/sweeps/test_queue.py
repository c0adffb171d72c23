"""The clone that trials are queued in, and what it was made of."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from checkouts import git
from kombu.connection import Connection

from penlift.experiments.repository import DVC, output_of, snapshot
from penlift.experiments.sweeps.design import Trial
from penlift.experiments.sweeps.queue import CONTROL, EXCHANGES, TrialQueue, make_exchanges


def test_workers_that_begin_at_once_are_all_known(tmp_path: Path) -> None:
    make_exchanges(tmp_path)
    folder, names = tmp_path / CONTROL, [f"worker-{number}" for number in range(12)]
    options = {"control_folder": str(folder), "data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path)}

    broker: Any = Connection
    with broker("filesystem://", transport_options=options) as connection, ThreadPoolExecutor(len(names)) as pool:
        channels = [connection.channel() for _ in names]
        for exchange in EXCHANGES:
            bind = partial(enter, exchange)
            list(pool.map(bind, channels, names))
            assert {row.queue for row in channels[0].get_table(exchange)} == set(names)
    make_exchanges(tmp_path)
    assert all(len(json.loads((folder / f"{exchange}.exchange").read_text())) == len(names) for exchange in EXCHANGES)


def enter(exchange: str, channel: Any, name: str) -> None:
    """As a worker does when it begins."""
    channel._queue_bind(exchange, "", "", name)


def test_a_queue_knows_whether_the_checkout_is_what_it_was_made_of(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DVC_ROOT", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    output_of(repository, *DVC, "init", "--quiet")
    git(repository, "commit", "-qm", "dvc")
    queue = TrialQueue(repository, repository / ".state" / "queue", "made-up")
    trials = [Trial("one", {}, 1, {"model.hidden": 4})]
    assert not queue.is_of(snapshot(repository), trials)

    (repository / "src" / "a.py").write_text("2\n")  # which nobody commits
    queue.make(snapshot(repository), trials)

    assert queue.is_of(snapshot(repository), trials)
    assert (queue.folder / "src" / "a.py").read_text() == "2\n"
    git(repository, "commit", "-qam", "the same, committed")
    (repository / "src" / "other.py").write_text("of no stage\n")
    assert queue.is_of(snapshot(repository), trials)
    assert not queue.is_of(snapshot(repository), [trials[0]._replace(settings={"model.hidden": 5})])
    for name in ("src/a.py", "params.yaml", "dvc.yaml", "data/raw/own/a.csv", "data/raw/ink.dvc"):
        before = (repository / name).read_text()
        (repository / name).write_text(f"{before}# changed\n")
        assert not queue.is_of(snapshot(repository), trials), name
        (repository / name).write_text(before)
    assert queue.is_of(snapshot(repository), trials)
