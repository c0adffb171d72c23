"""What the network writes by itself, on the page: movement, likeness, variety, beside held-out lines."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from lxml.html import HtmlElement
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from penlift.drawing.plots import saved
from penlift.drawing.svg import HUES
from penlift.evaluation.comparison.shape import BAND, POINTS
from penlift.evaluation.comparison.two_sample import LENGTH
from penlift.evaluation.results import Evaluated
from penlift.report.html import figure, paragraph, said, table

COLUMNS = 4
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


def draw_percentiles(table: pd.DataFrame, names: tuple[str, str]) -> bytes:
    """SVG of a table by `movement.compared`: a thin line from p5 to p95, a bar from p25 to p75, a dot at p50."""
    rows = -(-len(table) // COLUMNS)
    figure = Figure(figsize=(3.1 * COLUMNS, 1.25 * rows + 0.5), layout="constrained")
    places = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    for axes, (measure, values) in zip(places, table.iterrows(), strict=False):
        _draw(axes, str(measure), values, names)
    for axes in places[len(table) :]:
        axes.set_axis_off()
    return saved(figure, "svg")


def _draw(axes: Axes, measure: str, values: "pd.Series[float]", names: tuple[str, str]) -> None:
    for place, (side, colour) in enumerate(zip(("first", "second"), HUES, strict=False)):
        low, quarter, middle, three, high = (float(values[f"p{number} {side}"]) for number in (5, 25, 50, 75, 95))
        axes.plot([low, high], [-place, -place], color=colour, linewidth=1)
        axes.plot([quarter, three], [-place, -place], color=colour, linewidth=6, solid_capstyle="butt")
        axes.plot([middle], [-place], marker="o", markersize=5, color="white", markeredgecolor=colour)
    axes.set_title(measure, fontsize=9, loc="left")
    axes.set_yticks([0, -1], labels=names, fontsize=8)
    axes.set_ylim(-1.6, 0.6)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)


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
    rows: list[tuple[str | float, ...]] = [
        (str(name), *map(float, values)) for name, *values in found.movement.itertuples(index=False)
    ]
    yield table("Movement, lengths in tablet units", HEAD, rows)
    dreamt, real = (said(float(found.likeness[side].median())) for side in ("dreamt", "real"))
    facts = [
        ("distance in shape to the nearest training line, median: dreamt", dreamt),
        ("the same, held out", real),
        *((words, f"{metrics[key]:.{digits}f}") for key, (words, digits) in FACTS.items() if key in metrics),
    ]
    yield table("Likeness", ("what", "figure"), facts)
    yield paragraph(
        f"The discrepancy is of windows of {LENGTH} offsets, under a Gaussian kernel; unbiased, so about 0 for one "
        f"kind. Distance in shape: lines brought to {POINTS} points at equal steps of their path, about the straight "
        f"line through them, by dynamic time warping in a band of {BAND} points, in tablet units a point.",
        "quiet",
    )
