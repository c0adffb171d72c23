"""A training as a tracking server is to show it: its curves by epoch, and the lines that it dreamt on its way."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic_core import from_json

from penlift.common.errors import InputError
from penlift.common.files import DAMAGE, write_bytes, write_json
from penlift.common.geometry import Array
from penlift.drawing.plots import preview
from penlift.drawing.svg import sheet
from penlift.ink.lines import LIFT
from penlift.ink.offsets import smooth
from penlift.tracking.record import RATE, TRAINING, Image, Point, Record, name_at
from penlift.training.folder import ABOUT, Training, drawn

CURVES, LOAD = "by_epoch/", "system/"  # MLflow has groups of charts by prefix, in their order, and a page for `system`
LEFT_OUT = {"epoch", "time", "system", "steps", "best"}  # of an epoch: no curves, or such as others show
FIRST = "valid_nll_nats_per_point"  # what MLflow's parallel coordinates show of runs, unless told otherwise
OF_READING = "valid_cer"  # what epochs of a recogniser have: its targets are letters
UNIT = {"train_nll_nats_per_point": ".over_20", "valid_nll_nats_per_point": ".over_20"}  # offsets divided by 20
DREAMT, SAMPLES = "by_epoch/dreamt", "samples/all"
ROWS = 4  # of a dreamt line: a chart is about as high as it is wide


def write_about(folder: Path, name: str, tags: dict[str, str], params: dict[str, Any]) -> None:
    """Note in a training's folder what its journal does not know."""
    write_json(folder / ABOUT, {"name": name, "tags": tags | {TRAINING: folder.name}, "params": params})


def read_about(folder: Path) -> dict[str, Any]:
    """What `write_about` noted; little where nothing was, or where it is damaged."""
    return _about(folder) or {"name": folder.name, "tags": {TRAINING: folder.name}, "params": {}}


def _about(folder: Path) -> dict[str, Any] | None:
    with suppress(OSError, ValueError, LookupError, TypeError):
        about = from_json((folder / ABOUT).read_bytes())
        tags = {str(key): str(value) for key, value in dict(about["tags"]).items()}
        return {"name": str(about["name"]), "tags": tags | {TRAINING: folder.name}, "params": dict(about["params"])}
    return None


def damage_in(training: Training) -> list[str]:
    """What of a training cannot be read, a line each."""
    about = training.folder / ABOUT
    odd = about.exists() and not _about(training.folder)
    return [*training.damage, *([f"{about}: damaged, so its name and parameters are not known"] if odd else [])]


def record_of_training(training: Training) -> Record:
    """All that the folder of a training says by now, but for pictures."""
    about = read_about(training.folder)
    points = list(metric_points(training.events, about["tags"].get(RATE, "")))
    return Record(status=training.status, began=began(training.events), points=points, **about)


def began(events: list[dict[str, Any]]) -> int | None:
    """When the first step was done, in ms since 1970."""
    return round(1000 * events[0]["time"]) if events else None


def metric_points(events: Iterable[dict[str, Any]], rate: str = "") -> Iterator[Point]:
    """The curves by epoch that a journal holds: those of history.csv, the speed, and what the machine was doing.

    `rate`: as the tag `RATE` has it.
    """
    targets, seconds, peak = 0, 0.0, 0
    for event in events:
        if "number" in event:
            targets, seconds, peak = targets + event["targets"], seconds + event["seconds"], event["peak_mib"]
        elif "epoch" in event:
            counted = "letters" if OF_READING in event else "points"
            speed = {f"{counted}_per_second": targets / seconds} if seconds else {}
            yield from _epoch(event | speed, event.get("system", {}) | {"process_peak_memory_mib": peak}, rate)
            targets, seconds = 0, 0.0


def of_history(history: pd.DataFrame, time: int, rate: str = "") -> Iterator[Point]:
    """The same of history.csv alone, where nobody knows the times: 1 ms an epoch from `time` on."""
    for row in history.to_dict("records"):
        known = {str(key): value for key, value in row.items()} | {"time": (time + row["epoch"]) / 1000}
        yield from _epoch(known, {}, rate)


def _epoch(row: dict[str, Any], load: dict[str, float], rate: str) -> Iterator[Point]:
    epoch, time = int(row["epoch"]), round(1000 * row["time"])
    for key in sorted(row.keys() - LEFT_OUT, key=lambda key: (key != FIRST, key)):
        value = float("nan") if row[key] is None else float(row[key])
        yield Point(name_at(rate, f"{CURVES}{key}{UNIT.get(key, '')}"), value, epoch, time)
    for key, value in load.items():
        yield Point(f"{LOAD}{key}", float(value), epoch, time)


def slides_of(dreamt: list[Array], samples: list[Array], *, thinned: bool) -> list[Image]:
    """Pictures of the line dreamt behind each epoch, and of all samples of the last on one sheet.

    Lines of `thinned` points are drawn as curves.
    """
    lines = [Image(DREAMT, epoch, _slide(line, thinned)) for epoch, line in enumerate(dreamt, 1)]
    samples = [smooth(line) if thinned else line for line in samples]
    return [*lines, Image(SAMPLES, len(dreamt), preview(sheet(samples, columns=1)))]


def dreamt_by_now(training: Path) -> list[Image]:
    """The same of the lines that a training has dreamt by now, drawn in its folder once; those that can be drawn."""
    images, thinned = [], RATE in read_about(training)["tags"]
    for epoch, line in drawn(training):
        png = line.with_suffix(".png")
        # a full disk, a line that is not finite
        with suppress(OSError, InputError, *DAMAGE), np.errstate(all="ignore"):
            if not png.exists():
                write_bytes(png, _slide(np.load(line, allow_pickle=False).astype(np.float64), thinned))
            images.append(Image(DREAMT, epoch, png.read_bytes()))
    return images


def _slide(line: Array, thinned: bool) -> bytes:
    return preview(folded(smooth(line) if thinned else line))


def folded(line: Array) -> Array:
    """A line, (n, 3) of x, y, lift, cut behind lifts into rows of about the same width, one below another."""
    x = line[:, 0]
    ends = np.flatnonzero(line[:, LIFT] > 0.5)
    margins = x.min() + np.ptp(x) * np.arange(1, ROWS) / ROWS
    cuts = {int(beyond[0]) + 1 for margin in margins if len(beyond := ends[x[ends] >= margin])}
    return sheet([row for row in np.split(line, sorted(cuts)) if len(row)], columns=1)
