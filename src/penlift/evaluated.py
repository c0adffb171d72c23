"""What stage evaluate left, read back for the page."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from penlift.ink import Ink, load_ink
from penlift.results import read_table


class Calibrated(NamedTuple):
    """Tables of what predicts, as `calibration.Calibration` makes them."""

    shares: pd.DataFrame  # from, dx, dy
    coverage: pd.DataFrame  # level, covered
    dependence: pd.DataFrame  # lag, and a column a series
    lifts: pd.DataFrame  # targets, predicted, lifted


class Evaluated(NamedTuple):
    """Tables of a run, as `findings.save_findings` wrote them."""

    likelihood: pd.DataFrame  # split, predictor, and `evaluation.COLUMNS`
    writers: pd.DataFrame  # as `evaluation.by_writer` has it
    network: Calibrated
    baseline: Calibrated
    movement: pd.DataFrame  # as `movement.compare_movement` has it, with its measures as a column
    percentiles: pd.DataFrame  # as `comparison.compared` has it, dreamt lines first, real ones second
    health: pd.DataFrame  # of the dreamt lines
    likeness: pd.DataFrame  # line, dreamt, real
    dreamt: Ink  # lines that the network wrote, each named after the held-out line whose length it has


def read_evaluated(folder: Path) -> Evaluated:
    """Read the folder of a run."""

    def read(name: str) -> pd.DataFrame:
        return read_table(folder / f"{name}.csv")

    def calibrated(predictor: str) -> Calibrated:
        return Calibrated(*(read(f"{part}-{predictor}") for part in Calibrated._fields))

    return Evaluated(
        likelihood=read("likelihood"),
        writers=read("writers"),
        network=calibrated("network"),
        baseline=calibrated("baseline"),
        movement=read("movement"),
        percentiles=read("percentiles").set_index("measure"),
        health=read("health").set_index("sample"),
        likeness=read("likeness"),
        dreamt=load_ink(folder / "dreamt"),
    )
