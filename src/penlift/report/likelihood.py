"""Likelihoods on the page: each with its unit, its interval, what is known without a network, and published ones."""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import pandas as pd
from lxml.html import HtmlElement

from penlift.evaluation.results import A_LINE, A_POINT, ALL, LIFT_NLL, OFFSET_NLL, ORDINARY, SSE
from penlift.ink.lines import SPLITS
from penlift.report.html import Cell, paragraph, table

UNITS = {"tablet": "tablet units", "over_20": "offsets / 20", "z_score": "z-score", "vrnn": "vrnn scalar"}
PREDICTORS = {"network": "network", "baseline": "no network"}
# Graves (2013), section 4.2, prediction on IAM-OnDB: network, regularisation, nats a line, SSE.
GRAVES = (
    ("1 × 900, none", "−1,025.7", "0.40"),
    ("3 × 400, none", "−1,041.0", "0.41"),
    ("3 × 400, adaptive weight noise", "−1,057.7", "0.41"),
)
EXTREME = 6  # writers shown that are predicted worst, and best


class Figure(NamedTuple):
    """A figure and the bounds of its interval."""

    value: float
    low: float
    high: float
    points: int


Figures = dict[tuple[str, str, str, str, str], Figure]  # by split, predictor, place, figure and unit


def likelihood_parts(likelihood: pd.DataFrame, writers: pd.DataFrame, split: str) -> Iterator[HtmlElement]:
    """All tables; `likelihood` and `writers` as `results.Evaluated` has them, `split` the one that is judged."""
    columns = ["split", "predictor", "place", "figure", "unit", *Figure._fields]
    found: Figures = {tuple(row[:5]): Figure(*row[5:]) for row in likelihood[columns].itertuples(index=False)}
    units = [unit for unit in UNITS if unit in set(likelihood["unit"])]
    yield _points_table(found, units)
    yield _lines_table(found, units)
    yield graves_table()
    yield _parts_table(found)
    yield _places_table(found, split)
    if len(writers) > 1:
        yield _writers_table(writers, split)


def _points_table(found: Figures, units: list[str]) -> HtmlElement:
    """Nats a point in all units, with the interval in tablet units."""
    head = ("split", *(UNITS[unit] for unit in units), "95 %: from, tablet units", "to")
    rows: list[tuple[Cell, ...]] = []
    for split, predictor in product(SPLITS, PREDICTORS):
        if (split, predictor, ALL, A_POINT, "tablet") in found:
            rows.append((_label(split, predictor), *_in_units(found, units, split, predictor, ALL, A_POINT, "tablet")))
    for split in SPLITS:
        if (split, "network", ORDINARY, A_POINT, "tablet") in found:
            values = _in_units(found, units, split, "network", ORDINARY, A_POINT, "tablet")
            rows.append((f"{split}, network, offsets neither capped nor zero", *values))
    return table("Negative log-likelihood, nats a point", head, rows)


def _lines_table(found: Figures, units: list[str]) -> HtmlElement:
    """Nats a line in all units, with the interval in Graves's."""
    head = ("split", *(UNITS[unit] for unit in units), "95 %: from, z-score", "to")
    rows: list[tuple[Cell, ...]] = [
        (_label(split, predictor), *_in_units(found, units, split, predictor, ALL, A_LINE, "z_score"))
        for split, predictor in product(SPLITS, PREDICTORS)
        if (split, predictor, ALL, A_LINE, "z_score") in found
    ]
    return table("Negative log-likelihood, nats a line", head, rows)


def _label(split: str, predictor: str) -> str:
    return f"{split}, {PREDICTORS[predictor]}"


def _in_units(
    found: Figures, units: list[str], split: str, predictor: str, place: str, figure: str, bounded: str
) -> tuple[float, ...]:
    """A figure in each unit, and its interval in one of them."""
    cells = {unit: found[split, predictor, place, figure, unit] for unit in units}
    return *(cell.value for cell in cells.values()), cells[bounded].low, cells[bounded].high


def _parts_table(found: Figures) -> HtmlElement:
    """Offset and lift apart, and SSE."""
    head = ("split", "offset part, tablet units", "from", "to", "lift part", "from", "to", "SSE, z-score", "from", "to")
    rows: list[tuple[Cell, ...]] = []
    for split, predictor in product(SPLITS, PREDICTORS):
        if (split, predictor, ALL, LIFT_NLL, "") in found:
            cells = [found[split, predictor, ALL, *key] for key in ((OFFSET_NLL, "tablet"), (LIFT_NLL, ""), (SSE, ""))]
            values = [part for cell in cells for part in (cell.value, cell.low, cell.high)]
            rows.append((_label(split, predictor), *values))
    return table("Parts of it and squared error, a point, each with its 95 % interval", head, rows)


def _places_table(found: Figures, split: str) -> HtmlElement:
    """By place in the stroke and in the line."""
    head = ("place", "points", "network", "95 %: from", "to", "no network", "offset part", "lift part")
    places = dict.fromkeys(place for of, _, place, *_ in found if of == split and place != ORDINARY)
    rows = []
    for place in places:
        cell, blind = (found[split, predictor, place, A_POINT, "tablet"] for predictor in PREDICTORS)
        offset, lift = (found[split, "network", place, *key] for key in ((OFFSET_NLL, "tablet"), (LIFT_NLL, "")))
        rows.append((place, cell.points, cell.value, cell.low, cell.high, blind.value, offset.value, lift.value))
    return table(f"Where in a line, {split} split: NLL, nats a point, tablet units", head, rows)


def _writers_table(writers: pd.DataFrame, split: str) -> HtmlElement:
    """The writers that are predicted worst and best."""
    some = writers if len(writers) <= 2 * EXTREME else pd.concat([writers[:EXTREME], writers[-EXTREME:]])
    which = "" if len(some) == len(writers) else f", the {EXTREME} worst and the {EXTREME} best of {len(writers)}"
    columns = (some["writer"].replace("", "unknown"), some["lines"], some["points"], some[A_POINT])
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    caption = f"By writer, {split} split{which}: NLL, nats a point, tablet units"
    return table(caption, ("writer", "lines", "points", "network"), rows)


def graves_table() -> HtmlElement:
    """The published figures for prediction without text."""
    head = ("network, regularisation", "nats a line, z-score", "SSE, z-score")
    return table("Graves (2013), IAM-OnDB, his validation lines", head, GRAVES)


def comparability() -> HtmlElement:
    """What compares with the published figures."""
    return paragraph(
        "What compares with Graves (2013): the z-score column, a line, on the valid split of IAM-OnDB, with "
        "extract.splits: graves and a cap too high to cut anything. Dividing data by s lowers the NLL by 2 ln s nats a "
        "point, so figures in different columns never compare. The vrnn column divides both axes by the one scalar of "
        "the variational-RNN papers, which is about √2 too large and worth 0.7 to 0.9 nats a point.",
        "quiet",
    )
