"""What the network writes by itself, on the page: movement, likeness, variety, beside held-out lines."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from lxml.html import HtmlElement

from penlift.evaluated import Evaluated
from penlift.page import figure, paragraph, said, table
from penlift.percentile_plot import draw_percentiles

HEAD = (
    "measure", "held out, median", "dreamt, median", "Wasserstein-1", "of held-out lines", "Kolmogorov-Smirnov",
    "of held-out lines",
)  # fmt: skip


def movement_parts(found: Evaluated, metrics: dict[str, Any]) -> Iterator[HtmlElement]:
    """`metrics`: section free_running of metrics.json."""
    count = len(found.likeness)
    yield paragraph(
        f"{count} held-out lines, each beside one that the network wrote of as many points, from nothing and without "
        "bias. Distances of dreamt lines from held-out ones stand beside those of held-out lines from each other, by "
        "other writers where they are known: what nobody can do better than."
    )
    percentiles = draw_percentiles(found.percentiles, ("dreamt", "held out"))
    alt = "For each measure of movement, where the values of dreamt and of held-out lines lie; figures in the table."
    yield figure(percentiles, alt, "Thin: 5th to 95th percentile; thick: 25th to 75th; dot: median.")
    rows = [_row(row) for row in found.movement.itertuples(index=False)]
    yield table("Movement, lengths in tablet units", HEAD, rows)
    facts = (
        ("squared maximum mean discrepancy, dreamt from held out", f"{metrics['mmd_squared']:.5f}"),
        ("the same, held-out writers from each other", f"{metrics['mmd_squared_of_real']:.5f}"),
        ("share of exchanges of lines that set as far apart (p)", f"{metrics['mmd_p_value']:.3f}"),
        ("distance in shape to the nearest training line, median: dreamt", _median(found.likeness["dreamt"])),
        ("the same, held out", _median(found.likeness["real"])),
        ("dreamt by held out; well below 1: copies", said(float(metrics["nearness_to_training"]))),
        ("variety: distance in shape between samples, by held-out lines'", said(float(metrics["relative_variety"]))),
    )
    yield table("Likeness", ("what", "figure"), facts)
    yield paragraph(
        "The discrepancy is of windows of 64 offsets, under a Gaussian kernel; unbiased, so about 0 for one kind. "
        "Distance in shape: lines brought to 128 points at equal steps of their path, about the straight line through "
        "them, by dynamic time warping in a band of 13 points, in tablet units a point.",
        "quiet",
    )


def _row(row: Any) -> tuple[str | float, ...]:
    name, *values = row
    return str(name), *map(float, values)


def _median(values: "pd.Series[float]") -> str:
    return said(float(values.median()))
