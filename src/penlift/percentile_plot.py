"""Two inks side by side as a picture: for each measure, where most of the values of each lie."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from penlift.drawing import HUES
from penlift.plots import saved

COLUMNS = 4


def draw_percentiles(table: pd.DataFrame, names: tuple[str, str]) -> bytes:
    """SVG of a table by `comparison.compared`: a thin line from p5 to p95, a bar from p25 to p75, a dot at p50."""
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
