"""A sweep as a file: which parameters vary over which levels, and the trials that this makes."""

import io
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from penlift.errors import InputError
from penlift.params import Params, read_params

Value = bool | int | float | str | None
Settings = dict[str, Value]  # "model.mixtures": 5
REFERENCE = "reference"  # the configuration of all first levels
SEED = "train.seed"


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
            if isinstance(levels, list) and len({str(level) for level in levels}) < len(levels):
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
            factor: given if isinstance(given, dict) else {_word(value): {factor: value} for value in given}
            for factor, given in self.factors.items()
        }

    @property
    def reference(self) -> dict[str, str]:
        """The first level of each factor."""
        return {factor: next(iter(levels)) for factor, levels in self.levels.items()}


class Trial(NamedTuple):
    """A training of a sweep."""

    name: str  # of its experiment
    levels: dict[str, str]  # factor -> level
    seed: int
    settings: Settings  # what it sets over params.yaml


def read_sweep(path: Path) -> Sweep:
    """Read a sweep file."""
    try:
        return Sweep.model_validate(_parsed(path))
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc'])) or 'sweep'}: {fault['msg']}" for fault in error.errors())
        raise InputError(f"{path}: {'; '.join(faults)}; see sweeps/first-answer.yaml") from None


def trials_of(sweep: Sweep) -> list[Trial]:
    """All trials, the seeds of a configuration one after another, the reference first."""
    return [trial_of(sweep, levels, seed) for levels in _designed(sweep) for seed in sweep.seeds]


def trial_of(sweep: Sweep, levels: dict[str, str], seed: int) -> Trial:
    """The trial with these levels; every parameter that any trial sets is set in each."""
    own = {key: value for factor, level in levels.items() for key, value in sweep.levels[factor][level].items()}
    name = re.sub(r"[^A-Za-z0-9.+-]+", "-", f"{sweep.name}-{words_of(sweep, levels)}-s{seed}")
    return Trial(name, levels, seed, sweep.set | own | {SEED: seed})


def words_of(sweep: Sweep, levels: Mapping[str, str]) -> str:
    """A configuration by the levels in which it differs from the reference."""
    other = [
        f"{factor.rsplit('.', 1)[-1]} {level}" for factor, level in levels.items() if level != sweep.reference[factor]
    ]
    return " ".join(other) or REFERENCE


def check_trials(trials: list[Trial], params: Path) -> None:
    """Refuse what no stage would accept, before the first trial: unknown parameters, and impossible pairs."""
    from penlift.network import ModelParams
    from penlift.optimisation import TrainParams

    known = read_params(params)
    for trial in trials:
        sections = applied(known, trial.settings)
        for name, record in (("model", ModelParams), ("train", TrainParams)):
            try:
                record.model_validate(sections[name])
            except ValidationError as error:
                fault = error.errors()[0]
                where = ".".join(map(str, [name, *fault["loc"]]))
                raise InputError(f"trial {trial.name}: {where}: {fault['msg']}; mend the sweep file") from None


def applied(params: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The sections of params.yaml with the settings of a trial in them."""
    sections = {name: dict(values) for name, values in params.items()}
    for key, value in settings.items():
        section, _, name = key.partition(".")
        if name not in sections.get(section, {}):
            raise InputError(f"{key} is no parameter of params.yaml; mend the sweep file")
        sections[section][name] = value
    return sections


def _designed(sweep: Sweep) -> Iterator[dict[str, str]]:
    levels = sweep.levels
    if sweep.design == "grid":
        yield from (dict(zip(levels, chosen, strict=True)) for chosen in itertools.product(*levels.values()))
        return
    yield sweep.reference
    for factor in levels:
        yield from (sweep.reference | {factor: level} for level in list(levels[factor])[1:])


def _parsed(path: Path) -> Any:
    try:
        return YAML(typ="safe", pure=True).load(io.StringIO(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such sweep file; sweeps/ has some") from None
    except (YAMLError, ValueError) as error:
        raise InputError(f"{path}: not readable as YAML ({' '.join(str(error).split())}); mend it there") from None


def _word(value: Value) -> str:
    """A value as the sweep file may have it."""
    return f"{value:g}" if isinstance(value, float) else json.dumps(value).strip('"')
