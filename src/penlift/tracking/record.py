"""What a tracking server is to hold of a run, and the folder in which it waits until the server has it."""

import hashlib
import json
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from penlift.common.errors import InputError
from penlift.common.files import whole_folder, write_json

TRAINING, OUTCOME = "penlift.training", "penlift.outcome"  # the tags by which a run is found again
CALLED = ("dvc.experiment", "penlift.sweep")  # the tags of what asked for it: one outcome under two names is two runs
RECORD, FILES, IMAGES = "record.json", "files", "images"


class Point(NamedTuple):
    """A value of a curve, or a single figure at step 0."""

    key: str  # "by_epoch/valid_nll_nats_per_point.over_20"
    value: float  # may be NaN or infinite
    step: int  # the epoch
    time: int  # ms since 1970


class Image(NamedTuple):
    """A picture of a slider."""

    key: str
    step: int  # the epoch
    png: Path


@dataclass(frozen=True)
class Record:
    """A run. The tags name its training, and its outcome where the whole pipeline has come to its end."""

    name: str
    tags: dict[str, str]
    status: str  # MLflow's: RUNNING, FINISHED, FAILED or KILLED
    began: int | None = None  # ms since 1970, where it is known
    params: dict[str, Any] = field(default_factory=dict)  # "model.cell": "lstm"
    points: list[Point] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)  # "models/model.json", as in the checkout -> file

    @property
    def identity(self) -> str:
        """The same for what is to be the same run: its outcome, and a hash of what asked for it."""
        called = called_by(self.tags)
        digest = hashlib.sha256(json.dumps(called).encode()).hexdigest()
        return f"{self.tags[OUTCOME]}-{digest[:16]}" if called else self.tags[OUTCOME]

    @property
    def ended(self) -> int | None:
        """When the last of it happened, in ms since 1970."""
        return max((point.time for point in self.points), default=None)


def called_by(tags: dict[str, str]) -> dict[str, str]:
    """Of the tags of a run or a record, those of what asked for it."""
    return {tag: tags[tag] for tag in CALLED if tag in tags}


def write_record(record: Record, folder: Path) -> None:
    """Copy a record with all its files into `folder`, whole or not at all."""
    with whole_folder(folder) as place:
        images = [Image(key, step, _copy(png, place / IMAGES / _file_of(key, step)))
                  for key, step, png in record.images]  # fmt: skip
        files = {name: _copy(file, place / FILES / name) for name, file in record.files.items()}
        kept = replace(record, images=images, files=files)
        write_json(place / RECORD, _plain(kept, place))


def read_record(folder: Path) -> Record:
    """The record that `write_record` put there."""
    try:
        plain = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return Record(
            name=plain["name"],
            tags=plain["tags"],
            status=plain["status"],
            began=plain["began"],
            params=plain["params"],
            points=[Point(key, float(value), step, time) for key, value, step, time in plain["points"]],
            images=[Image(key, step, folder / png) for key, step, png in plain["images"]],
            files={name: folder / file for name, file in plain["files"].items()},
        )
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise InputError(
            f"{folder}: no readable record ({error}); delete it and make it again with `dvc repro`"
        ) from None


def _file_of(key: str, step: int) -> str:
    return f"{key.replace('/', '-')}-{step}.png"


def _copy(file: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)
    return target


def _plain(record: Record, place: Path) -> dict[str, Any]:
    """As JSON has it: paths from the folder, and as text what is no number there."""
    return {
        "name": record.name,
        "tags": record.tags,
        "status": record.status,
        "began": record.began,
        "params": record.params,
        "points": [[key, value if abs(value) < float("inf") else str(value), step, time]
                   for key, value, step, time in record.points],
        "images": [[key, step, str(png.relative_to(place))] for key, step, png in record.images],
        "files": {name: str(file.relative_to(place)) for name, file in record.files.items()},
    }  # fmt: skip
