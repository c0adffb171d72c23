"""Likelihoods on the page: each with its unit, its interval, what is known without a network, and published ones."""

from collections.abc import Iterator

import pandas as pd
from lxml.html import HtmlElement

from penlift.evaluation.results import A_LINE, A_POINT, ALL, LIFT_NLL, OFFSET_NLL, ORDINARY, SSE
from penlift.ink.lines import SPLITS
from penlift.ink.scales import hertz, point_of
from penlift.report.html import Cell, paragraph, table

UNITS = {"tablet": "tablet units", "over_20": "offsets / 20", "z_score": "z-score", "vrnn": "vrnn scalar"}
PREDICTORS = {"network": "network", "baseline": "no network"}
# Graves (2013), section 4.2, prediction on IAM-OnDB: network, regularisation, nats a line, SSE.
GRAVES = (
    ("1 × 900, none", "−1,025.7", "0.40"),
    ("3 × 400, none", "−1,041.0", "0.41"),
    ("3 × 400, adaptive weight noise", "−1,057.7", "0.41"),
)
BOUNDED = ("value", "low", "high")  # a figure and its interval
Key = tuple[str, str, str]  # of a row: split, predictor, place in a line; of a column: of BOUNDED, figure, unit
EXTREME = 6  # writers shown that are predicted worst, and best


def likelihood_parts(
    likelihood: pd.DataFrame, writers: pd.DataFrame, split: str, rate: float | None
) -> Iterator[HtmlElement]:
    """All tables; `likelihood` and `writers` as `results.Evaluated` has them, `split` the one that is judged.

    `rate`: Hz that points were thinned to, or None.
    """
    point = point_of(rate)
    index, columns, fields = ["split", "predictor", "place"], ["figure", "unit"], ["points", *BOUNDED]
    found = likelihood.pivot(index=index, columns=columns, values=fields)  # noqa: PD010  (it refuses a figure given twice)
    units = [unit for unit in UNITS if unit in set(likelihood["unit"])]
    of = {(split, name, ALL): f"{split}, {words}" for split in SPLITS for name, words in PREDICTORS.items()}
    ordinary = {(split, "network", ORDINARY): f"{split}, network, offsets neither capped nor zero" for split in SPLITS}
    yield _in_units(found, of | ordinary, f"nats a {point}", A_POINT, units, "tablet")
    yield _in_units(found, of, "nats a line", A_LINE, units, "z_score")
    published = ("network, regularisation", "nats a line, z-score", "SSE, z-score")
    yield table("Graves (2013), IAM-OnDB, his validation lines", published, GRAVES)
    head = ("split", "offset part, tablet units", "from", "to", "lift part", "from", "to", "SSE, z-score", "from", "to")
    parts = [(field, *key) for key in ((OFFSET_NLL, "tablet"), (LIFT_NLL, ""), (SSE, "")) for field in BOUNDED]
    caption = f"Parts of it and squared error, a {point}, each with its 95 % interval"
    yield table(caption, head, _rows(found, of, parts))
    judged = likelihood[(likelihood["split"] == split) & (likelihood["place"] != ORDINARY)]
    yield _places_table(found, judged["place"].unique().tolist(), split, point)
    if len(writers) > 1:
        yield _writers_table(writers, split, point)
    compares = (
        "What compares with Graves (2013): the z-score column, a line, on the valid split of IAM-OnDB, with "
        "extract.splits: graves and a cap too high to cut anything."
    )
    if rate is not None:
        compares = (
            f"Points were thinned to {hertz(rate)}: nats a point compare with no run of another rate, and nothing here "
            "with published figures, which are of all points. Nats a line and a letter are of the same lines, but of "
            "fewer points."
        )
    yield paragraph(
        f"{compares} Dividing data by s lowers the NLL by 2 ln s nats a point, so figures in different columns never "
        "compare. The vrnn column divides both axes by the one scalar of the variational-RNN papers, which is about √2 "
        "too large and worth 0.7 to 0.9 nats a point.",
        "quiet",
    )


def _in_units(
    found: pd.DataFrame, of: dict[Key, str], caption: str, figure: str, units: list[str], bounded: str
) -> HtmlElement:
    """A figure in each unit, and its interval in one of them."""
    head = ("split", *(UNITS[unit] for unit in units), f"95 %: from, {UNITS[bounded]}", "to")
    columns = [*(("value", figure, unit) for unit in units), ("low", figure, bounded), ("high", figure, bounded)]
    return table(f"Negative log-likelihood, {caption}", head, _rows(found, of, columns))


def _rows(found: pd.DataFrame, of: dict[Key, str], columns: list[Key]) -> list[tuple[Cell, ...]]:
    """Some columns of those places that there are, each behind its words."""
    known = [place for place in of if place in found.index]
    return [(of[place], *row) for place, row in zip(known, found.loc[known, columns].to_numpy().tolist(), strict=True)]


def _places_table(found: pd.DataFrame, places: list[str], split: str, point: str) -> HtmlElement:
    """By place in the stroke and in the line."""
    head = ("place", "points", "network", "95 %: from", "to", "no network", "offset part", "lift part")
    whole = [(field, A_POINT, "tablet") for field in ("points", *BOUNDED)]
    parts = [("value", OFFSET_NLL, "tablet"), ("value", LIFT_NLL, "")]
    blind = found["value", A_POINT, "tablet"][split, "baseline"]
    rows = [
        (place, round(float(points)), *bounded, blind[place], offset, lift)
        for place, points, *bounded, offset, lift in _rows(
            found, {(split, "network", place): place for place in places}, whole + parts
        )
    ]
    return table(f"Where in a line, {split} split: NLL, nats a {point}, tablet units", head, rows)


def _writers_table(writers: pd.DataFrame, split: str, point: str) -> HtmlElement:
    """The writers that are predicted worst and best."""
    some = writers if len(writers) <= 2 * EXTREME else pd.concat([writers[:EXTREME], writers[-EXTREME:]])
    which = "" if len(some) == len(writers) else f", the {EXTREME} worst and the {EXTREME} best of {len(writers)}"
    columns = (some["writer"].replace("", "unknown"), some["lines"], some["points"], some[A_POINT])
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    caption = f"By writer, {split} split{which}: NLL, nats a {point}, tablet units"
    return table(caption, ("writer", "lines", "points", "network"), rows)
