"""Calibration on the page: its figures, and plots in which a grey line is what right predictions come to."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from lxml.html import HtmlElement
from matplotlib.axes import Axes

from penlift.drawing.plots import panels, saved
from penlift.drawing.svg import HUES
from penlift.evaluation.results import Calibrated, Evaluated
from penlift.report.html import figure, paragraph, table

RIGHT: dict[str, Any] = {"color": "#888888", "linewidth": 1.0, "linestyle": "--"}
NAMES = ("network", "no network")


def draw_calibration(network: Calibrated, baseline: Calibrated) -> bytes:
    """SVG of the network's tables and, fainter, of what is predicted without one."""
    figure, places = panels(2, 3, (10.0, 5.6))
    both = (network, baseline)
    for axes, name in zip(places[:2], ("dx", "dy"), strict=True):
        _draw_shares(axes, both, name)
    regions = [each.coverage[["level", "covered"]] for each in both]
    _draw_right(places[2], regions, "highest-density region", "offsets inside")
    lifts = [each.lifts[["predicted", "lifted"]] for each in both]
    _draw_right(places[3], lifts, "probability of a lift", "lifts")
    _draw_dependence(places[4], network)
    places[5].set_axis_off()
    handles, labels = places[0].get_legend_handles_labels()
    places[5].legend(handles, labels, loc="center", frameon=False)
    return saved(figure, "svg")


def _draw_shares(axes: Axes, both: tuple[Calibrated, Calibrated], name: str) -> None:
    axes.axhline(1, label="right", **RIGHT)
    for tables, colour, label in zip(both, HUES, NAMES, strict=False):
        edges = np.append(tables.shares["from"], 1.0)
        axes.stairs(tables.shares[name].to_numpy(), edges, color=colour, label=label)
    axes.set(xlabel=f"share of the density below {name}", ylabel="how often, 1 is right", xlim=(0, 1), ylim=(0, None))


def _draw_right(axes: Axes, curves: list[pd.DataFrame], predicted: str, came: str) -> None:
    """Two columns, of what was predicted and of what came, from 0 to 1; the diagonal is right."""
    axes.plot([0, 1], [0, 1], **RIGHT)
    for curve, colour in zip(curves, HUES, strict=False):
        axes.plot(*curve.to_numpy().T, marker="o", markersize=4, color=colour)
    axes.set(xlabel=predicted, ylabel=came, xlim=(0, 1), ylim=(0, 1))


def _draw_dependence(axes: Axes, network: Calibrated) -> None:
    axes.axhline(0, **RIGHT)
    table = network.dependence.set_index("lag")
    for (name, values), line in zip(table.items(), ("-", "-", ":", ":"), strict=True):
        axes.plot(table.index, values, line, marker="o", markersize=3, label=str(name))
    axes.set(xlabel="points apart", ylabel="correlation left (network)", xscale="log")
    axes.set_xticks(list(table.index), labels=[str(lag) for lag in table.index])
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=7)


def calibration_parts(found: Evaluated, metrics: dict[str, Any], split: str) -> Iterator[HtmlElement]:
    """Of the split that is judged."""
    yield paragraph(
        "If the densities are right, the share of a density that lies below the offset that came (of dx; then of dy, "
        "given dx) is uniform, the region in which half of the density is highest holds half of the offsets, and what "
        "is left of one point says nothing of the next. Coordinates are integers: offsets are first spread evenly over "
        "their tablet unit. A density that is too wide piles up in the middle and covers too much."
    )
    covered = ", ".join(f"{100 * share:.1f} %" for share in found.network.coverage["covered"])
    alt = (
        f"Five plots for the {split} split. Distance from uniform: {metrics['ks_dx']:.3f} for dx, "
        f"{metrics['ks_dy']:.3f} for dy. Regions of 50, 80 and 95 % hold {covered}. Lift probabilities are "
        f"{metrics['lift_error']:.4f} off."
    )
    if "largest_correlation" in metrics:  # not of lines of two points
        alt += f" The largest correlation left between points is {metrics['largest_correlation']:.3f}."
    yield figure(draw_calibration(found.network, found.baseline), alt, f"Calibration, {split} split; dashed: right.")
    coverage = found.network.coverage.assign(blind=found.baseline.coverage["covered"])
    rows = [
        (f"share of offsets inside the {100 * level:.0f} % region", *shares)
        for level, *shares in coverage.itertuples(index=False)
    ]
    yield table(f"Coverage of highest-density regions, {split} split", ("what", "network", "no network"), rows)
    lifts = [
        (f"{predicted:.3f}", targets, lifted)
        for targets, predicted, lifted in found.network.lifts.itertuples(index=False)
    ]
    caption = f"Lift probabilities by tenths, {split} split; Brier score {metrics['lift_brier']:.4f}"
    yield table(caption, ("mean probability", "points", "share that lifted"), lifts)
