"""Runs looked up in a store, and their files copied from it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from penlift.record import TRAINING
from penlift.store import Store
from penlift.tracking import connected, experiment_in

MOST_RUNS = 5000  # that a name is looked for among, the newest
PATIENCE = 60.0  # s that a request may take
SHORTEST = 4  # characters of an id that stand for all of it


class Found(NamedTuple):
    """A run of the store."""

    run_id: str
    name: str
    status: str
    tags: dict[str, str]


def find(name: str, store: Store) -> list[Found]:
    """The runs of this id or training, their first characters, or this name; the newest first."""
    with store.opened(PATIENCE), connected(store, PATIENCE) as client:
        latest = ["attributes.start_time DESC"]
        runs = client.search_runs([experiment_in(client, store)], order_by=latest, max_results=MOST_RUNS)
        named = [run for run in runs if name == run.info.run_name or _begins(run, name)]
        return [Found(run.info.run_id, run.info.run_name, run.info.status, dict(run.data.tags)) for run in named]


def fetch(run_id: str, wanted: Callable[[str], bool], folder: Path, store: Store) -> list[str]:
    """Copy the files of a run whose names are wanted to a folder; their names, which must not lead out of it."""
    with store.opened(PATIENCE), connected(store, PATIENCE) as client:
        names = [name for name in _files_of(client, run_id) if wanted(name)]
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=folder) as place:
                Path(client.download_artifacts(run_id, name, place)).replace(folder / name)
        return names


def _begins(run: Any, name: str) -> bool:
    ids = (run.info.run_id, run.data.tags.get(TRAINING, ""))
    return len(name) >= SHORTEST and any(each.startswith(name) for each in ids)


def _files_of(client: Any, run_id: str, folder: str | None = None) -> Iterator[str]:
    for there in client.list_artifacts(run_id, folder):
        if there.is_dir:
            yield from _files_of(client, run_id, there.path)
        else:
            yield there.path
