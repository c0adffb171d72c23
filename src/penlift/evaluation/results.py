"""What the stages left, read back: metrics.json and its keys, tables, and lines for the page."""

import json
from collections.abc import Container
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from penlift.common.files import made_by_stage
from penlift.common.geometry import Array
from penlift.ink.lines import Ink, evenly, load_ink

A_POINT, A_LINE = "nll_nats_per_point", "nll_nats_per_line"
OFFSET_NLL, LIFT_NLL = "offset_nll_nats_per_point", "lift_nll_nats_per_point"
SSE = "sse_z_score_per_point"
ALL, ORDINARY = "all", "without capped and zero"
LENGTH = 800  # points of a dreamt line, by default


def judged_split(splits: Container[str]) -> str:
    """The split that verdicts are about: test, or valid where there is none."""
    return "test" if "test" in splits else "valid"


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object that a stage wrote."""
    with made_by_stage(path):
        return dict(json.loads(path.read_text(encoding="utf-8")))


def read_table(path: Path) -> pd.DataFrame:
    """A table that a stage wrote; names of lines and writers stay text."""
    names: dict[str, type] = {"line": str, "writer": str}
    with made_by_stage(path):
        return pd.read_csv(path, dtype=names, keep_default_na=False, na_values=[""]).fillna(
            {"line": "", "writer": "", "unit": ""}
        )


def line_of_each_writer(folder: Path, most: int) -> list[Array]:
    """A line (n, 3) by each writer of some ink, or of each form where writers are unknown; no more than `most`."""
    ink = load_ink(folder)
    names = ink.index["writer"].where(ink.index["writer"] != "", ink.index["form"])
    far = (ink.index["points"] - LENGTH).abs()
    chosen = far.groupby(names, sort=False).idxmin()[:most]
    return points_of_lines(ink, ink.index["line"][chosen].tolist())


def line_pairs(folder: Path, dreamt: Ink, most: int) -> tuple[list[Array], list[Array]]:
    """Some lines of a folder of ink, each (n, 3), evenly taken, and the dreamt ones that bear their names."""
    names = evenly(dreamt.index["line"].tolist(), most)
    return points_of_lines(load_ink(folder), names), points_of_lines(dreamt, names)


def points_of_lines(ink: Ink, names: list[str]) -> list[Array]:
    """Lines of an ink by their names, each (n, 3): x, y, lift."""
    numbers = ink.index.reset_index().set_index("line").loc[names, "index"]
    return [np.array(ink.rows_of(int(number))[:, :3], dtype=np.float64) for number in numbers]


class Calibrated(NamedTuple):
    """Tables of what predicts, as `calibration.Calibration` makes them."""

    shares: pd.DataFrame  # from, dx, dy
    coverage: pd.DataFrame  # level, covered
    dependence: pd.DataFrame  # lag, and a column a series
    lifts: pd.DataFrame  # targets, predicted, lifted


class Evaluated(NamedTuple):
    """Tables of a run, as `findings.save_findings` wrote them."""

    likelihood: pd.DataFrame  # split, predictor, and `likelihood.COLUMNS`
    writers: pd.DataFrame  # as `likelihood.figures_by_writer` has it
    network: Calibrated
    baseline: Calibrated
    movement: pd.DataFrame  # as `movement.compare_movement` has it, with its measures as a column
    percentiles: pd.DataFrame  # as `movement.compared` has it, dreamt lines first, real ones second
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
