"""The trials that a sweep makes: each a configuration of levels and a seed."""

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from penlift.errors import InputError
from penlift.params import Params, checked, read_params
from penlift.sweep_file import SEED, Settings, Sweep, sections_of

REFERENCE = "reference"  # the configuration of all first levels
HELD_OUT, CAP = ("compose", "extract"), "normalise.cap"  # what decides over the lines and offsets that are scored
BEHIND, OFTEN = ("sample", "evaluate"), "train.save_every"  # what makes no training another one


class Trial(NamedTuple):
    """A training of a sweep."""

    name: str  # of its experiment
    levels: dict[str, str]  # factor -> level
    seed: int
    settings: Settings  # what it sets over params.yaml


def trials_of(sweep: Sweep) -> list[Trial]:
    """All trials, the seeds of a configuration one after another, the reference first."""
    return [trial_of(sweep, levels, seed) for levels in _designed(sweep) for seed in sweep.seeds]


def trial_of(sweep: Sweep, levels: dict[str, str], seed: int) -> Trial:
    """The trial with these levels; every parameter that any trial sets is set in each."""
    own = {key: value for factor, level in levels.items() for key, value in sweep.levels[factor][level].items()}
    name = re.sub(r"(?<!\d)\.|\.(?!\d)|[^A-Za-z0-9.+]", "-", f"{sweep.name}-{words_of(sweep, levels)}-s{seed}")
    return Trial(re.sub("-+", "-", name), levels, seed, sweep.set | own | {SEED: seed})


def words_of(sweep: Sweep, levels: Mapping[str, str]) -> str:
    """A configuration by the levels in which it differs from the reference."""
    other = [
        f"{factor.rsplit('.', 1)[-1]} {level}" for factor, level in levels.items() if level != sweep.reference[factor]
    ]
    return " ".join(other) or REFERENCE


def check_trials(trials: list[Trial], params: Path) -> None:
    """Refuse, before the first trial, what its stage would not accept, what cannot be compared or cannot be named."""
    from penlift.assessment import EvaluateParams
    from penlift.compose import ComposeParams
    from penlift.extraction import ExtractParams
    from penlift.network import ModelParams
    from penlift.offsets import NormaliseParams
    from penlift.optimisation import TrainParams
    from penlift.sampling import SampleParams
    from penlift.windows import WindowParams

    records: dict[str, type[Params]] = {
        "compose": ComposeParams, "extract": ExtractParams, "normalise": NormaliseParams, "window": WindowParams,
        "model": ModelParams, "train": TrainParams, "sample": SampleParams, "evaluate": EvaluateParams,
    }  # fmt: skip
    known = read_params(params)
    name, count = Counter(trial.name for trial in trials).most_common(1)[0]
    if count > 1:
        raise InputError(f"two trials would be called {name}; give levels names that differ in letters or digits")
    for key in {key for trial in trials for key in trial.settings}:
        values = {json.dumps(trial.settings[key]) for trial in trials}
        if len(values) > 1 and (key.partition(".")[0] in HELD_OUT or key == CAP):
            raise InputError(f"{key} changes the held-out lines, by which trials are compared; set it for all of them")
        if len(values) > 1 and (key.partition(".")[0] in BEHIND or key == OFTEN):
            raise InputError(f"{key} changes no training, so its trials would be the same; set it for all of them")
        if any("${" in value for value in values):
            raise InputError(f"{key} has '${{' in a value, which DVC takes for a reference; write it without")
    for trial in trials:
        sections, own = applied(known, trial.settings), sections_of(trial.settings)
        for name, record in records.items():
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


def _designed(sweep: Sweep) -> Iterator[dict[str, str]]:
    levels = sweep.levels
    if sweep.design == "grid":
        yield from (dict(zip(levels, chosen, strict=True)) for chosen in itertools.product(*levels.values()))
        return
    yield sweep.reference
    for factor in levels:
        yield from (sweep.reference | {factor: level} for level in list(levels[factor])[1:])
