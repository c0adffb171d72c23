"""A sweep as a file: a question, which parameters vary over which levels, and the trials that this makes."""

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import Field, ValidationError, field_validator, model_validator

from penlift.common.errors import InputError, cut_short, some
from penlift.common.params import Params, checked, demand_new, parsed, read_params

Value = bool | int | float | str | None
Settings = dict[str, Value]  # "model.mixtures": 5
KINDS = ("bool", "int", "float", "str")  # of values, as pydantic calls them
SEED = "train.seed"
MOST, LONGEST = 1_000, 200  # trials; letters of the name of one, which files and references of Git have


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
    judged_by: Literal["likelihood", "legibility"] = Field(
        default="likelihood", description="likelihood, of held-out lines; or legibility, of their texts as written"
    )
    equal: float = Field(ge=0, description="nats a point, or share of letters; differences within it are called equal")
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
    def _a_search_goes_by_likelihood(self) -> "Sweep":
        if self.search and self.judged_by != "likelihood":
            raise ValueError(f"judged_by is {self.judged_by}, and a search goes by likelihood; write search: null")
        return self

    @model_validator(mode="after")
    def _one_value_a_parameter(self) -> "Sweep":
        factors = [{key for level in levels.values() for key in level} for levels in self.levels.values()]
        keys = [SEED, *self.set, *(key for factor in factors for key in factor)]
        if twice := sorted(key for key, count in Counter(keys).items() if count > 1):
            raise ValueError(f"{', '.join(twice)} is given twice; a parameter has one place: seeds, set, or one factor")
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds {cut_short(self.seeds)} has one twice; take it out")
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
        firsts = {factor: next(iter(given)) for factor, given in self.factors.items()}
        return {factor: word(first) for factor, first in firsts.items()}


def read_sweep(path: Path) -> Sweep:
    """Read a sweep file."""
    try:
        return Sweep.model_validate(parsed(path.read_bytes(), path))
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such sweep file; sweeps/ has some") from None
    except ValidationError as error:
        raise InputError(f"{path}: {some(_explained(error.errors()))}; see sweeps/first-answer.yaml") from None


def _explained(faults: Iterable[Any]) -> Iterator[str]:
    """The faults of each place, which pydantic tells apart by all kinds that a value there might have been."""
    said: dict[str, list[str]] = {}
    for fault in faults:
        place = ".".join(str(part) for part in fault["loc"] if "[" not in str(part) and part not in KINDS) or "sweep"
        if fault["type"] not in ("missing", "extra_forbidden", "value_error"):
            place += f" is {cut_short(fault['input'])}"
        wanted = fault["msg"].removeprefix("Input should be ")
        said.setdefault(place + ("; it should be" if wanted != fault["msg"] else ":"), []).append(wanted)
    return (f"{place} {', or '.join(dict.fromkeys(messages))}" for place, messages in said.items())


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


REFERENCE = "reference"  # the configuration of all first levels
HELD_OUT, CAP = ("compose", "extract"), "normalise.cap"  # what decides over the lines and offsets that are scored
RATE = "normalise.rate"  # what decides over their points
BEHIND, OFTEN = ("sample", "evaluate", "recognise"), "train.save_every"  # what makes no training another one


class Trial(NamedTuple):
    """A training of a sweep."""

    name: str  # of its experiment
    levels: dict[str, str]  # factor -> level
    seed: int
    settings: Settings  # what it sets over params.yaml


def trials_of(sweep: Sweep) -> list[Trial]:
    """All trials, the seeds of a configuration one after another, the reference first."""
    levels = sweep.levels
    if sweep.design == "grid":
        chosen = (dict(zip(levels, each, strict=True)) for each in itertools.product(*levels.values()))
    else:
        changes = ({factor: level} for factor, named in levels.items() for level in list(named)[1:])
        chosen = (sweep.reference | change for change in ({}, *changes))
    wanted = list(itertools.islice(((each, seed) for each in chosen for seed in sweep.seeds), MOST + 1))
    if len(wanted) > MOST:
        raise InputError(f"sweep {sweep.name} has over {MOST:,} trials; leave out levels or seeds")
    return [trial_of(sweep, each, seed) for each, seed in wanted]


def trial_of(sweep: Sweep, levels: dict[str, str], seed: int) -> Trial:
    """The trial with these levels; every parameter that any trial sets is set in each."""
    known = sweep.levels
    own = {key: value for factor, level in levels.items() for key, value in known[factor][level].items()}
    name = re.sub(r"(?<!\d)\.|\.(?!\d)|[^A-Za-z0-9.+]", "-", f"{sweep.name}-{words_of(sweep, levels)}-s{seed}")
    return Trial(re.sub("-+", "-", name), levels, seed, sweep.set | own | {SEED: seed})


def words_of(sweep: Sweep, levels: Mapping[str, str]) -> str:
    """A configuration by the levels in which it differs from the reference."""
    other = [
        f"{factor.rsplit('.', 1)[-1]} {level}" for factor, level in levels.items() if level != sweep.reference[factor]
    ]
    return " ".join(other) or REFERENCE


def check_trials(trials: list[Trial], params: Path, judged_by: str = "likelihood") -> None:
    """Refuse, before the first trial, what its stage would not accept, what cannot be compared or cannot be named."""
    from penlift.experiments.sections import SECTIONS

    known = read_params(params)
    demand_new(known, params)
    name, count = Counter(trial.name for trial in trials).most_common(1)[0]
    if count > 1:
        raise InputError(f"two trials would be called {name}; give levels names that differ in letters or digits")
    if len(name := max((trial.name for trial in trials), key=len)) > LONGEST:
        raise InputError(f"a trial would be called {cut_short(name)}, {len(name)} letters; {LONGEST} are the most")
    for key in {key for trial in trials for key in trial.settings}:
        values = {json.dumps(trial.settings[key]) for trial in trials}
        if len(values) > 1 and (key.partition(".")[0] in HELD_OUT or (key == CAP and judged_by == "likelihood")):
            raise InputError(f"{key} changes the held-out lines, by which trials are compared; set it for all of them")
        if len(values) > 1 and key == RATE and judged_by == "likelihood":
            raise InputError(
                f"{key} changes the points, and nats a point of one rate compare with none of another; set it for all "
                "of them, and read nats a line (nll_nats_per_line in metrics.json) of runs that differ in it; or write "
                "judged_by: legibility"
            )
        if len(values) > 1 and (key.partition(".")[0] in BEHIND or key == OFTEN):
            raise InputError(f"{key} changes no training, so its trials would be the same; set it for all of them")
        if any("${" in value or value == '"???"' for value in values):
            raise InputError(f"{key} has '${{' in a value, or is '???', which DVC takes for a reference; write another")
    for trial in trials:
        sections, own = applied(known, trial.settings), sections_of(trial.settings)
        if judged_by == "legibility" and not (sections["model"]["text"] and sections["recognise"]["enabled"]):
            raise InputError(
                f"trial {trial.name} would not be read, and the sweep is judged by legibility; set model.text and "
                "recognise.enabled to true"
            )
        for name, record in SECTIONS.items():
            if name in own:
                checked(name, sections[name], record, f"trial {trial.name}")


def applied(params: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The sections of params.yaml with the settings of a trial in them."""
    sections = {name: dict(values) for name, values in params.items()}
    for section, values in sections_of(settings).items():
        if unknown := values.keys() - sections.get(section, {}).keys():
            raise InputError(f"{section}.{min(unknown)} is no parameter of params.yaml; mend the sweep file")
        sections[section] |= values
    return sections
