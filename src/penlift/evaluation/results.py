"""What the stages left, read back: metrics.json and its keys, tables, and lines for the page."""

from collections.abc import Container
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from pydantic import TypeAdapter

from penlift.common.files import made_by_stage, write_text
from penlift.common.geometry import Array
from penlift.ink.lines import Ink, evenly, hands_in, load_ink

A_POINT, A_LINE, A_LETTER = "nll_nats_per_point", "nll_nats_per_line", "nll_nats_per_letter"
OFFSET_NLL, LIFT_NLL = "offset_nll_nats_per_point", "lift_nll_nats_per_point"
SSE = "sse_z_score_per_point"
ALL, ORDINARY = "all", "without capped and zero"
JUDGE = "legibility.json"  # which recogniser read
EDITS = ("substitutions", "deletions", "insertions")  # columns of legibility.csv
WRITTEN = "bias 0.5"  # in its column `of`: what is written, where one bias stands for all
LENGTH = 800  # points of a dreamt line, by default

NAMES = (
    "line",
    "writer",
    "unit",
    "split",
    "predictor",
    "place",
    "figure",
    "drawn",
    "measure",
    "text",
    "of",
    "read",
    "letter",
    "as",
)  # columns of text
COLUMNS = {  # of a table by its name, up to a hyphen; those that are read
    "history": ("epoch", "train_nll_nats_per_point", "valid_nll_nats_per_point"),
    "lines": ("line", "writer", "split", "points", "nll_tablet"),
    "likelihood": ("split", "predictor", "place", "figure", "unit", "value", "low", "high", "drawn", "points"),
    "writers": ("writer", "lines", "points", A_POINT),
    "shares": ("from", "dx", "dy"),
    "coverage": ("level", "covered"),
    "dependence": ("lag", "dx", "dy", "size of dx", "size of dy"),
    "lifts": ("targets", "predicted", "lifted"),
    "movement": (
        "measure", "real_median", "dreamt_median", "wasserstein", "wasserstein_floor", "ks", "ks_floor",
    ),
    "percentiles": ("measure",),
    "health": ("sample",),
    "likeness": ("line", "dreamt", "real"),
    "reading": ("line", "writer", "text", "points", "own", "other", "shuffled", "others"),
    "legibility": ("of", "line", "writer", "seen", "text", "read", "letters", *EDITS),
    "confusions": ("of", "letter", "as", "times"),
}  # fmt: skip


def judged_split(splits: Container[str]) -> str:
    """The split that verdicts are about: test, or valid where there is none."""
    return "test" if "test" in splits else "valid"


def read_json(path: Path, shape: Any = dict[str, Any]) -> Any:
    """A JSON object that a stage wrote, of a shape that Pydantic knows."""
    with made_by_stage(path):
        return TypeAdapter(shape).validate_json(path.read_bytes(), strict=True)


def read_table(path: Path) -> pd.DataFrame:
    """A table that a stage wrote, with all columns that it should have; names stay text, figures are numbers."""
    with made_by_stage(path):
        table = pd.read_csv(path, dtype=dict.fromkeys(NAMES, str), keep_default_na=False, na_values=[""])
        columns = COLUMNS.get(path.stem.partition("-")[0], ())
        if table.columns.isin(columns).sum() != len(columns) or not isinstance(table.index, pd.RangeIndex):
            raise ValueError(f"its columns are {', '.join(table.columns)}; it should have {', '.join(columns)}")
        for name in columns:
            if name not in NAMES and len(table) and not is_numeric_dtype(table[name]):
                raise ValueError(f"column {name} holds what is no number")
        if path.stem == "history" and (table.empty or (table["epoch"] != np.arange(1, len(table) + 1)).any()):
            raise ValueError("its epochs do not follow each other")
        return table.fillna(dict.fromkeys(NAMES, ""))


def write_table(path: Path, table: pd.DataFrame) -> None:
    """A table without its index, for `read_table` and for other programs."""
    write_text(path, table.to_csv(index=False, lineterminator="\n"))


def line_of_each_writer(folder: Path, most: int) -> list[Array]:
    """A line (n, 3) by each writer of some ink, or of each form where writers are unknown; no more than `most`."""
    ink = load_ink(folder)
    far = (ink.index["points"] - LENGTH).abs()
    chosen = far.groupby(hands_in(ink.index), sort=False).idxmin()[:most]
    return points_of_lines(ink, ink.index["line"][chosen].tolist())


def line_pairs(folder: Path, dreamt: Ink, most: int) -> tuple[list[Array], list[Array]]:
    """Some lines of a folder of ink, each (n, 3), evenly taken, and the dreamt ones that bear their names."""
    names, ink = evenly(dreamt.index["line"].tolist(), most), load_ink(folder)
    with made_by_stage(folder):
        return points_of_lines(ink, names), points_of_lines(dreamt, names)


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
    reading: pd.DataFrame | None = None  # of a network with text, as `reading.Reading` has it
    windows: tuple[Array, ...] = ()  # likewise, of its first lines
    legibility: pd.DataFrame | None = None  # of a network with text that a recogniser read; `legibility.Legibility`
    confusions: pd.DataFrame | None = None  # likewise
    judge: str = ""  # the fingerprint of the recogniser


def _read_window(path: Path) -> Array:
    with made_by_stage(path):
        under = np.lib.format.open_memmap(path, mode="r")
        if under.dtype != np.float32 or under.ndim != 2 or not under.size or not np.isfinite(under).all():
            raise ValueError(f"it holds {under.dtype} of shape {under.shape}")
        return np.array(under)


def judge_of(folder: Path) -> str:
    """The fingerprint of the recogniser that read a run, by its folder of tables; nothing where none did."""
    return read_json(folder / JUDGE, dict[str, str])["recogniser"] if (folder / JUDGE).is_file() else ""


def read_evaluated(folder: Path) -> Evaluated:
    """Read the folder of a run."""

    def read(name: str) -> pd.DataFrame:
        return read_table(folder / f"{name}.csv")

    likelihood = read("likelihood")
    with made_by_stage(folder / "likelihood.csv"):
        if likelihood.duplicated(["split", "predictor", "place", "figure", "unit"]).any():
            raise ValueError("it has a figure twice")

    def calibrated(predictor: str) -> Calibrated:
        return Calibrated(*(read(f"{part}-{predictor}") for part in Calibrated._fields))

    return Evaluated(
        likelihood=likelihood,
        writers=read("writers"),
        network=calibrated("network"),
        baseline=calibrated("baseline"),
        movement=read("movement"),
        percentiles=read("percentiles").set_index("measure"),
        health=read("health").set_index("sample"),
        likeness=read("likeness"),
        dreamt=load_ink(folder / "dreamt"),
        reading=read("reading") if (folder / "reading.csv").exists() else None,
        windows=tuple(map(_read_window, sorted(folder.glob("window-*.npy")))),
        legibility=read("legibility") if (folder / "legibility.csv").exists() else None,
        confusions=read("confusions") if (folder / "confusions.csv").exists() else None,
        judge=judge_of(folder),
    )
