"""Finished trials of a made-up sweep: what each scores is given, and what it dreamt are waves."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from conftest import ROOT, wavy_line

from penlift.common.params import read_params
from penlift.experiments.runs import Run
from penlift.experiments.sweeps.design import Sweep, Trial, applied, trials_of
from penlift.experiments.sweeps.finished import Tried
from penlift.ink.lines import INDEX, Ink

WRITERS, LINES = 12, 5  # lines of each
Scored = Callable[[Trial], float]


def sweep_of(design: str = "one-at-a-time", seeds: int = 3) -> Sweep:
    factors = {
        "model.mixtures": [20, 1, 10],
        "cell": {
            "lstm": {"model.cell": "lstm", "model.peepholes": False},
            "gru": {"model.cell": "gru", "model.peepholes": False},
        },
    }
    known: dict[str, Any] = {"name": "small", "about": "What do mixtures and the cell change?", "design": design}
    rest = {"equal": 0.02, "set": {"model.hidden": 16}, "factors": factors, "search": None}
    return Sweep.model_validate(known | rest | {"seeds": list(range(1, seeds + 1))})


def tried_all(sweep: Sweep, nll: Scored, noise: float = 0.01, seconds: float = math.nan) -> list[Tried]:
    """All trials, each with so many nats a point, a little noise at each line."""
    trials = enumerate(trials_of(sweep))
    return [Tried(trial, run_of(trial, nll(trial), noise, number), seconds) for number, trial in trials]


def run_of(trial: Trial, nll: float, noise: float, seed: int) -> Run:
    rng = np.random.default_rng(seed)
    params = applied(read_params(ROOT / "params.yaml"), trial.settings)
    scores = nll + rng.normal(0, noise, WRITERS * LINES)
    return Run(trial.name, params, {}, history_of(nll), lines_of(scores), dreamt_of(seed))


def lines_of(nll: "np.typing.NDArray[np.float64]", lines: int = LINES) -> pd.DataFrame:
    """Lines of so many points by writers of so many lines each, with so many nats a point over what all have."""
    rng, count = np.random.default_rng(0), len(nll)  # what a line is does not hang on who reads it
    points, hard = rng.integers(40, 90, count), rng.normal(0, 1, count)
    writers = [f"w{number // lines:02}" for number in range(count)]
    names = [f"l{number:03}" for number in range(count)]
    columns = {"line": names, "writer": writers, "split": "test", "points": points}
    return pd.DataFrame(columns | {"nll_tablet": (nll + hard) * points})


def history_of(nll: float) -> pd.DataFrame:
    epochs = np.arange(1, 6)
    return pd.DataFrame({"epoch": epochs, "valid_nll_nats_per_point": nll - 6 + 1.5 / epochs})


def dreamt_of(seed: int, lines: int = 4) -> Ink:
    rows = [wavy_line(10 * seed + number)[:, :3] for number in range(lines)]
    ends = np.cumsum([len(row) for row in rows])
    parts = [(f"l{n:03}", "f", "w00", "", "test", 0.0, ends[n] - len(row), len(row), 1) for n, row in enumerate(rows)]
    return Ink(np.concatenate(rows), pd.DataFrame(parts, columns=INDEX))
