"""What a tracking server is to hold of a run, and the folder in which it waits until the server has it."""

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import ConfigDict, Field, TypeAdapter

from penlift.common.errors import InputError, one_line
from penlift.common.files import digest_of, whole_folder, write_bytes

TRAINING, OUTCOME = "penlift.training", "penlift.outcome"  # the tags by which a run is found again
RATE = "penlift.rate"  # the tag of a run whose points were thinned: "30 Hz"
CALLED = ("dvc.experiment", "penlift.sweep")  # the tags of what asked for it: one outcome under two names is two runs
RECORD, FILES = "record.json", "files"


def name_at(rate: str, key: str) -> str:
    """The name of a figure at such a rate, as `RATE` has it, so that no chart sets those of two rates side by side."""
    return key.replace("per_point", f"per_point_{rate.replace(' ', '').lower()}") if rate else key


class Point(NamedTuple):
    """A value of a curve, or a single figure at step 0."""

    key: str  # "by_epoch/valid_nll_nats_per_point.over_20"
    value: float  # may be NaN or infinite
    step: Annotated[int, Field(ge=0, lt=2**31)]  # the epoch
    time: Annotated[int, Field(ge=0, lt=2**63)]  # ms since 1970


class Image(NamedTuple):
    """A picture of a slider."""

    key: str
    step: int  # the epoch
    png: bytes


@dataclass(frozen=True)
class Record:
    """A run. The tags name its training, and its outcome where the whole pipeline has come to its end."""

    __pydantic_config__: ClassVar = ConfigDict(  # JSON has no NaN, no infinity and no bytes
        ser_json_inf_nan="strings", ser_json_bytes="base64", val_json_bytes="base64"
    )
    name: str
    tags: dict[str, str]
    status: Annotated[str, Field(pattern="^(RUNNING|FINISHED|FAILED|KILLED)$")]  # MLflow's
    began: int | None = None  # ms since 1970, where it is known
    params: dict[str, Any] = field(default_factory=dict)  # "model.cell": "lstm"
    points: list[Point] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)  # "models/model.json", as in the checkout -> file

    @property
    def identity(self) -> str:
        """The same for what is to be the same run: its outcome, and a hash of what asked for it."""
        called = called_by(self.tags)
        return f"{self.tags[OUTCOME]}-{digest_of([], called)[:16]}" if called else self.tags[OUTCOME]

    @property
    def ended(self) -> int | None:
        """When the last of it happened, in ms since 1970."""
        return max((point.time for point in self.points), default=None)


def called_by(tags: dict[str, str]) -> dict[str, str]:
    """Of the tags of a run or a record, those of what asked for it."""
    return {tag: tags[tag] for tag in CALLED if tag in tags}


JSON = TypeAdapter(Record)


def write_record(record: Record, folder: Path) -> None:
    """Copy a record with all its files into `folder`, whole or not at all."""
    with whole_folder(folder) as place:
        files = {name: Path(FILES, name) for name in record.files}
        for name, file in files.items():
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(record.files[name], place / file)
        write_bytes(place / RECORD, JSON.dump_json(replace(record, files=files), indent=2))


def read_record(folder: Path) -> Record:
    """The record that `write_record` put there."""
    try:
        record = JSON.validate_json((folder / RECORD).read_bytes())
        if missing := {TRAINING, OUTCOME} - record.tags.keys():
            raise ValueError(f"no {min(missing)}")
        for name, file in record.files.items():
            if file != Path(FILES, name) or file.is_absolute() or ".." in file.parts:
                raise ValueError(f"{name!r} lies elsewhere")
    except (OSError, ValueError) as error:
        raise InputError(
            f"{folder}: no readable record ({one_line(error)}); delete it and make it again with `dvc repro`"
        ) from None
    return replace(record, files={name: folder / file for name, file in record.files.items()})
