"""A sweep as a file: a question, and which parameters vary over which levels."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from penlift.errors import InputError
from penlift.params import Params, parsed

Value = bool | int | float | str | None
Settings = dict[str, Value]  # "model.mixtures": 5
KINDS, LONG = ("bool", "int", "float", "str"), 60  # of values, as pydantic calls them; characters of one in a message
SEED, THREADS, PROCESSES = "train.seed", "train.threads", "train.processes"


class Search(Params):
    """How `penlift search` goes through the same factors, adaptively."""

    trials: int = Field(ge=1, description="of the whole study")
    warm_up: int = Field(ge=0, description="trials, and epochs of each, before any is cut short")


class Sweep(Params):
    """The contents of a sweep file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="small letters, digits and hyphens")
    about: str = Field(description="the question, in a sentence")
    design: Literal["one-at-a-time", "grid"] = Field(description="one-at-a-time or grid")
    seeds: list[int] = Field(min_length=1, description="of training; each configuration is trained with each")
    equal: float = Field(ge=0, description="nats a point; differences within it are called equal")
    set: dict[str, Value] = Field(description="parameters of every trial, over those of params.yaml")
    factors: dict[str, list[Value] | dict[str, Settings]] = Field(
        min_length=1, description="a parameter and its values, or a name and its levels' parameters"
    )
    search: Search | None = Field(description="trials and warm_up of `penlift search`, or null")

    @field_validator("factors")
    @classmethod
    def _levels_differ(cls, factors: dict[str, Any]) -> dict[str, Any]:
        for name, levels in factors.items():
            if len(levels) < 2:
                raise ValueError(f"factor {name!r} has {len(levels)} level; it needs two or more")
            if isinstance(levels, list) and min(len(set(levels)), len(set(map(word, levels)))) < len(levels):
                raise ValueError(f"factor {name!r} has a level twice; take one out")
            if isinstance(levels, dict) and len({frozenset(level) for level in levels.values()}) > 1:
                raise ValueError(f"the levels of factor {name!r} set different parameters; let each set all of them")
        return factors

    @model_validator(mode="after")
    def _one_value_a_parameter(self) -> "Sweep":
        factors = [{key for level in levels.values() for key in level} for levels in self.levels.values()]
        keys = [SEED, *self.set, *(key for factor in factors for key in factor)]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"{', '.join(twice)} is given twice; a parameter has one place: seeds, set, or one factor")
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds {self.seeds} has one twice; take it out")
        return self

    @property
    def levels(self) -> dict[str, dict[str, Settings]]:
        """By factor and level, what a level sets; the first level of each factor is what the others differ from."""
        return {
            factor: given if isinstance(given, dict) else {word(value): {factor: value} for value in given}
            for factor, given in self.factors.items()
        }

    @property
    def reference(self) -> dict[str, str]:
        """The first level of each factor."""
        return {factor: next(iter(levels)) for factor, levels in self.levels.items()}


def read_sweep(path: Path) -> Sweep:
    """Read a sweep file."""
    try:
        return Sweep.model_validate(parsed(path.read_bytes(), path))
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such sweep file; sweeps/ has some") from None
    except ValidationError as error:
        faults = _explained(error.errors())
        raise InputError(f"{path}: {'; '.join(faults)}; see sweeps/first-answer.yaml") from None


def _explained(faults: Iterable[Any]) -> Iterator[str]:
    """The faults of each place, which pydantic tells apart by all kinds that a value there might have been."""
    said: dict[str, list[str]] = {}
    for fault in faults:
        place = ".".join(str(part) for part in fault["loc"] if "[" not in str(part) and part not in KINDS) or "sweep"
        if fault["type"] not in ("missing", "extra_forbidden", "value_error"):
            value = repr(fault["input"])
            place += f" is {value if len(value) < LONG else value[:LONG] + '...'}"
        said.setdefault(place, []).append(fault["msg"].removeprefix("Input should be "))
    return (f"{place}: {', or '.join(dict.fromkeys(messages))}" for place, messages in said.items())


def sections_of(settings: Settings) -> dict[str, dict[str, Value]]:
    """Settings as params.yaml has them, section by section."""
    sections: dict[str, dict[str, Value]] = {}
    for key, value in settings.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, {})[name] = value
    return sections


def word(value: Value) -> str:
    """A value as the sweep file may have it."""
    return value if isinstance(value, str) else json.dumps(value)
