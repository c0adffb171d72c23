"""A small run, evaluated: made-up ink, an untrained network, and all that stage evaluate leaves of them."""

from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from conftest import written_line
from test_network import make_network

from penlift.assessment import EvaluateParams, Read, Written, read_splits, write_beside
from penlift.checkpoint import Model
from penlift.findings import likelihoods, save_findings
from penlift.health import Health, table_of
from penlift.ink import load_ink, save_ink
from penlift.keys import judged
from penlift.metrics import metrics_of
from penlift.network import ModelParams
from penlift.normalisation import normalise
from penlift.offsets import NormaliseParams

PARAMS = EvaluateParams(train_lines=3, pairs=5, seed=1)
IN_ORDER = Health(30, 4, 900.0, 80.0, False, False, False, False)


class SmallRun(NamedTuple):
    """Folders and what they hold."""

    ink: Path
    evaluate: Path
    splits: dict[str, Read]
    written: Written
    table: pd.DataFrame
    metrics: dict[str, Any]


def make_run(
    folder: Path, splits: tuple[str, ...] = ("valid", "test"), held_out: int = 6, points: int = 150
) -> SmallRun:
    """Evaluate in a folder: four training lines, some of each held-out split, each by a writer of its own."""
    ink, offsets, evaluate = folder / "ink", folder / "offsets", folder / "evaluate"
    for place in (ink, offsets, evaluate):
        place.mkdir(parents=True)
    of_split = ["train"] * 4 + [split for split in splits for _ in range(held_out)]
    save_ink(ink, [written_line(n, of, points + n, f"w{n}") for n, of in enumerate(of_split, 1)])
    scales, _ = normalise(load_ink(ink), NormaliseParams(cap=500.0, scale=20.0), offsets)
    params = ModelParams(cell="lstm", peepholes=False, layers=2, hidden=8, mixtures=3, dropout=0.0, skip=False)
    model, lines = Model(make_network().eval(), params, scales), load_ink(offsets)
    read = read_splits(model, lines, PARAMS)
    written = write_beside(model, lines, judged(read), PARAMS)
    table = likelihoods(read, scales, PARAMS.seed)
    save_findings(evaluate, read, written, table, scales)
    return SmallRun(ink, evaluate, read, written, table, metrics_of(read, table, written, table_of([IN_ORDER]), scales))
