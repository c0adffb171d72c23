"""How a search begins, and what all its trials have in common."""

import hashlib
import itertools
import json
import math
from pathlib import Path
from typing import Any

import optuna
from optuna.pruners import MedianPruner
from optuna.storages import BaseStorage

from penlift.common.errors import InputError
from penlift.common.params import read_params
from penlift.experiments.search.study import Searched
from penlift.experiments.sweeps.design import Search, Sweep, check_trials, trial_of

ASKED = "asked"  # of the study: what all its trials have in common
DATA = ("offsets/index.csv", "offsets/scales.json", "windows/index.csv")  # what tells one data set from another
FOLDERS = ("ink", "offsets", "windows")  # of data, that the stages from training on read
SECTIONS = ("model", "train", "sample", "evaluate")  # of what changes no data
CHECKED = 10_000  # combinations, at most


def opened(sweep: Sweep, storage: BaseStorage, asked: dict[str, Any] | None) -> Searched:
    """The search of a sweep in a storage, made where it is not there yet; with `asked` None it has to be there."""
    search = _search_in(sweep)
    pruner = MedianPruner(n_startup_trials=search.warm_up, n_warmup_steps=search.warm_up)
    if asked is None:
        try:
            return Searched(optuna.load_study(study_name=sweep.name, storage=storage, pruner=pruner), sweep, search)
        except KeyError:
            raise InputError(f"no search {sweep.name} has begun there; `penlift search FILE` begins it") from None
    study = optuna.create_study(study_name=sweep.name, storage=storage, pruner=pruner, load_if_exists=True)
    if ASKED not in study.user_attrs:
        study.set_user_attr(ASKED, asked)  # of several workers that begin at once, each says the same
    found = Searched(study, sweep, search)
    agree(found, asked)
    return found


def agree(found: Searched, asked: dict[str, Any]) -> None:
    """Refuse to go on with, or to make anything of, a search that began with something else."""
    began = found.study.user_attrs.get(ASKED, {})
    if others := sorted(key for key, value in asked.items() if began.get(key) != value):
        raise InputError(
            f"search {found.sweep.name} began with other {', '.join(others)}; put them back, or give the file another "
            "name"
        )


def _search_in(sweep: Sweep) -> Search:
    if sweep.search is None:
        raise InputError(f"search is null in the file of {sweep.name}; write, say: search: {{trials: 24, warm_up: 2}}")
    combinations = math.prod(map(len, sweep.levels.values()))
    if sweep.search.trials > combinations:
        raise InputError(
            f"search.trials is {sweep.search.trials}, but the factors have {combinations} combinations; lower it"
        )
    return sweep.search


def asked_of(sweep: Sweep, root: Path) -> dict[str, Any]:
    """What makes trials comparable: levels, settings, seed, the parameters of the checkout and its data."""
    digest = hashlib.sha256()
    for name in DATA:
        digest.update(hashlib.sha256((root / "data" / name).read_bytes()).digest())
    plain = {
        "levels": sweep.levels, "settings (set)": sweep.set, "seed": sweep.seeds[0],
        "parameters in params.yaml": read_params(root / "params.yaml"), "data": digest.hexdigest(),
    }  # fmt: skip
    known: dict[str, Any] = json.loads(json.dumps(plain))
    return known


def check(sweep: Sweep, root: Path, file: Path) -> None:
    """Refuse, before the first trial, what would end none of them well."""
    if missing := [name for name in FOLDERS if not (root / "data" / name).is_dir()]:
        raise InputError(f"data/{missing[0]} is missing; make the data of all trials with `dvc repro window`")
    parameters = {*sweep.set, *(key for levels in sweep.levels.values() for level in levels.values() for key in level)}
    if others := sorted(key for key in parameters if key.partition(".")[0] not in SECTIONS):
        raise InputError(
            f"{file}: {others[0]} changes the data, and a search trains on one data set; set it in params.yaml and run "
            "`dvc repro window`"
        )
    combinations = itertools.product(*sweep.levels.values())
    chosen = (dict(zip(sweep.levels, words, strict=True)) for words in itertools.islice(combinations, CHECKED))
    check_trials([trial_of(sweep, levels, sweep.seeds[0]) for levels in chosen], root / "params.yaml")
