"""A small run, evaluated: made-up ink, an untrained network, and all that stage evaluate leaves of them."""

from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from conftest import written_line
from networks import make_network

from penlift.evaluation.evaluate import EvaluateParams, FreeRunning, ReadSplit, read_splits, write_beside
from penlift.evaluation.findings import likelihoods, metrics_of, save_findings
from penlift.evaluation.results import judged_split
from penlift.ink.lines import load_ink, save_ink
from penlift.ink.offsets import normalise
from penlift.ink.scales import NormaliseParams
from penlift.model.checkpoint import Model
from penlift.model.network import ModelParams
from penlift.sampling.health import Health, table_of

PARAMS = EvaluateParams(train_lines=3, pairs=5, read=4, seed=1)
IN_ORDER = Health(30, 4, 900.0, 80.0, False, False, False, False)


class SmallRun(NamedTuple):
    """Folders and what they hold."""

    ink: Path
    evaluate: Path
    splits: dict[str, ReadSplit]
    written: FreeRunning
    table: pd.DataFrame
    metrics: dict[str, Any]


def make_run(
    folder: Path,
    splits: tuple[str, ...] = ("valid", "test"),
    held_out: int = 6,
    points: int = 150,
    rate: float | None = None,
) -> SmallRun:
    """Evaluate in a folder: four training lines, some of each held-out split, each by a writer of its own."""
    ink, offsets, evaluate = folder / "ink", folder / "offsets", folder / "evaluate"
    for place in (ink, offsets, evaluate):
        place.mkdir(parents=True)
    of_split = ["train"] * 4 + [split for split in splits for _ in range(held_out)]
    save_ink(ink, [written_line(n, of, max(2, points + n), f"w{n}") for n, of in enumerate(of_split, 1)])
    scales, _ = normalise(load_ink(ink), NormaliseParams(cap=500.0, scale=20.0, rate=rate), offsets)
    shape = {"layers": 2, "hidden": 8, "mixtures": 3, "dropout": 0.0, "skip": False, "text": False}
    params = ModelParams.model_validate({"cell": "lstm", "peepholes": False} | shape)
    model, lines = Model(make_network().eval(), params, scales), load_ink(offsets)
    read = read_splits(model, lines, PARAMS)
    written = write_beside(model, lines, judged_split(read), PARAMS)
    table = likelihoods(read, scales, PARAMS.seed)
    save_findings(evaluate, read, written, table, scales)
    return SmallRun(ink, evaluate, read, written, table, metrics_of(read, table, written, table_of([IN_ORDER]), scales))
