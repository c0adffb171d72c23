"""Tables of likelihoods, each with its unit, beside the published ones."""

from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

from penlift.page import Cell, table

UNITS = {"tablet": "tablet units", "over_20": "offsets / 20", "z_score": "z-score", "vrnn": "vrnn scalar"}
# Graves (2013), section 4.2, prediction on IAM-OnDB: network, regularisation, nats a line, SSE.
GRAVES = (
    ("1 × 900, none", "−1,025.7", "0.40"),
    ("3 × 400, none", "−1,041.0", "0.41"),
    ("3 × 400, adaptive weight noise", "−1,057.7", "0.41"),
)


def likelihood_table(metrics: dict[str, Any]) -> HtmlElement:
    """NLL by split in every unit."""
    head = ("NLL", *(UNITS[unit] for unit in _units(metrics)))
    return table("Negative log-likelihood, nats", head, _likelihood_rows(metrics))


def _units(metrics: dict[str, Any]) -> list[str]:
    first = next(iter(metrics.values()))
    return [unit for unit in UNITS if unit in first["nll_nats_per_point"]]


def _likelihood_rows(metrics: dict[str, Any]) -> Iterator[tuple[Cell, ...]]:
    units = _units(metrics)
    for split, figures in metrics.items():
        for name, key in (
            ("a point", "nll_nats_per_point"),
            ("a line", "nll_nats_per_line"),
            ("a point, offset part", "offset_nll_nats_per_point"),
        ):
            yield f"{split}, {name}", *(float(figures[key][unit]) for unit in units)
        if ordinary := figures.get("without_capped_and_zero"):
            name = f"{split}, a point, without capped and zero offsets"
            yield name, *(float(ordinary["nll_nats_per_point"][unit]) for unit in units)


def parts_table(metrics: dict[str, Any]) -> HtmlElement:
    """What has no unit of length: counts, the lift part, SSE."""
    columns = ("lines", "points", "writers", "lift_nll_nats_per_point", "sse_z_score_per_point")
    head = ("split", "lines", "points", "writers", "lift part, nats a point", "SSE a point, z-score")
    rows = [(split, *(figures[key] for key in columns)) for split, figures in metrics.items()]
    return table("Counts, lift part and SSE", head, rows)


def graves_table() -> HtmlElement:
    """The published figures for prediction without text."""
    head = ("network, regularisation", "nats a line, z-score", "SSE, z-score")
    return table("Graves (2013), IAM-OnDB, his validation lines", head, GRAVES)
