"""A training as a tracking server is to show it: its curves by epoch, and the lines that it dreamt on its way."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from penlift.files import write_json
from penlift.record import TRAINING, Point, Record
from penlift.state_folder import ABOUT, Training

CURVES, LOAD = "by_epoch/", "system/"  # MLflow has groups of charts by prefix, in their order, and a page for `system`
LEFT_OUT = {"epoch", "time", "system", "steps", "best"}  # of an epoch: no curves, or such as others show
FIRST = "valid_nll_nats_per_point"  # what MLflow's parallel coordinates show of runs, unless told otherwise
UNIT = {"train_nll_nats_per_point": ".over_20", "valid_nll_nats_per_point": ".over_20"}  # offsets divided by 20


def write_about(folder: Path, name: str, tags: dict[str, str], params: dict[str, Any]) -> None:
    """Note in a training's folder what its journal does not know."""
    write_json(folder / ABOUT, {"name": name, "tags": tags | {TRAINING: folder.name}, "params": params})


def read_about(folder: Path) -> dict[str, Any]:
    """What `write_about` noted; little where nothing was."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        return {"name": str(about["name"]), "tags": dict(about["tags"]), "params": dict(about["params"])}
    except (OSError, ValueError, LookupError, TypeError):
        return {"name": folder.name, "tags": {TRAINING: folder.name}, "params": {}}


def record_of_training(training: Training) -> Record:
    """All that the folder of a training says by now, but for pictures."""
    points, about = list(points_of(training.events)), read_about(training.folder)
    return Record(status=training.status, began=began(training.events), points=points, **about)


def began(events: list[dict[str, Any]]) -> int | None:
    """When the first step was done, in ms since 1970."""
    return round(1000 * events[0]["time"]) if events else None


def epochs_in(points: Iterable[Point]) -> list[int]:
    """The epochs that have points, in their order."""
    return sorted({point.step for point in points})


def points_of(events: Iterable[dict[str, Any]]) -> Iterator[Point]:
    """The curves by epoch that a journal holds: those of history.csv, the speed, and what the machine was doing."""
    targets, seconds, peak = 0, 0.0, 0
    for event in events:
        if "number" in event:
            targets, seconds, peak = targets + event["targets"], seconds + event["seconds"], event["peak_mib"]
        elif "epoch" in event:
            speed = {"points_per_second": targets / seconds} if seconds else {}
            yield from _epoch(event | speed, event.get("system", {}) | {"process_peak_memory_mib": peak})
            targets, seconds = 0, 0.0


def of_history(history: pd.DataFrame, time: int) -> Iterator[Point]:
    """The same of history.csv alone, where nobody knows the times: 1 ms an epoch from `time` on."""
    for row in history.to_dict("records"):
        yield from _epoch({str(key): value for key, value in row.items()} | {"time": (time + row["epoch"]) / 1000}, {})


def _epoch(row: dict[str, Any], load: dict[str, float]) -> Iterator[Point]:
    epoch, time = int(row["epoch"]), round(1000 * row["time"])
    for key in sorted(row.keys() - LEFT_OUT, key=lambda key: (key != FIRST, key)):
        value = float("nan") if row[key] is None else float(row[key])
        yield Point(f"{CURVES}{key}{UNIT.get(key, '')}", value, epoch, time)
    for key, value in load.items():
        yield Point(f"{LOAD}{key}", float(value), epoch, time)
