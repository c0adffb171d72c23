"""What the network writes by itself, on the page: movement, likeness, variety, beside held-out lines."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from lxml.html import HtmlElement

from penlift.evaluated import Evaluated
from penlift.ink_windows import LENGTH
from penlift.page import figure, paragraph, said, table
from penlift.percentile_plot import draw_percentiles
from penlift.warping import BAND, POINTS

HEAD = (
    "measure", "held out, median", "dreamt, median", "Wasserstein-1", "of held-out lines", "Kolmogorov-Smirnov",
    "of held-out lines",
)  # fmt: skip

FACTS = {  # of metrics.json: words, decimals
    "nearness_to_training": ("dreamt by held out; well below 1: copies", 3),
    "copied_share": ("share of dreamt lines less than half as far as held-out ones in the median", 3),
    "relative_variety": ("variety: distance in shape between samples, by that between held-out lines", 3),
    "mmd_squared": ("squared maximum mean discrepancy, dreamt from held out", 5),
    "mmd_squared_of_real": ("the same, halves of the held-out lines from each other", 5),
    "mmd_p_value": ("share of exchanges that set them as far apart (p)", 3),
}


def movement_parts(found: Evaluated, metrics: dict[str, Any]) -> Iterator[HtmlElement]:
    """`metrics`: section free_running of metrics.json."""
    count = len(found.likeness)
    yield paragraph(
        f"{count} held-out lines, each beside one that the network wrote of as many points, from nothing and without "
        "bias. Distances of dreamt lines from held-out ones stand beside those that held-out lines have from each "
        "other, in halves by writer where there are ten writers or more."
    )
    percentiles = draw_percentiles(found.percentiles, ("dreamt", "held out"))
    alt = "For each measure of movement, where the values of dreamt and of held-out lines lie; figures in the table."
    yield figure(percentiles, alt, "Thin: 5th to 95th percentile; thick: 25th to 75th; dot: median.")
    rows = [_row(row) for row in found.movement.itertuples(index=False)]
    yield table("Movement, lengths in tablet units", HEAD, rows)
    facts = [
        ("distance in shape to the nearest training line, median: dreamt", _median(found.likeness["dreamt"])),
        ("the same, held out", _median(found.likeness["real"])),
        *((words, f"{metrics[key]:.{digits}f}") for key, (words, digits) in FACTS.items() if key in metrics),
    ]
    yield table("Likeness", ("what", "figure"), facts)
    yield paragraph(
        f"The discrepancy is of windows of {LENGTH} offsets, under a Gaussian kernel; unbiased, so about 0 for one "
        f"kind. Distance in shape: lines brought to {POINTS} points at equal steps of their path, about the straight "
        f"line through them, by dynamic time warping in a band of {BAND} points, in tablet units a point.",
        "quiet",
    )


def _row(row: Any) -> tuple[str | float, ...]:
    name, *values = row
    return str(name), *map(float, values)


def _median(values: "pd.Series[float]") -> str:
    return said(float(values.median()))
