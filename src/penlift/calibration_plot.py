"""Calibration as a picture: five plots, in each of which a grey line is what right predictions come to."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from penlift.drawing import HUES
from penlift.evaluated import Calibrated
from penlift.plots import panels, saved

RIGHT: dict[str, Any] = {"color": "#888888", "linewidth": 1.0, "linestyle": "--"}
NAMES = ("network", "no network")


def draw_calibration(network: Calibrated, baseline: Calibrated) -> bytes:
    """SVG of the network's tables and, fainter, of what is predicted without one."""
    figure, places = panels(2, 3, (10.0, 5.6))
    both = (network, baseline)
    for axes, name in zip(places[:2], ("dx", "dy"), strict=True):
        _draw_shares(axes, both, name)
    _draw_coverage(places[2], both)
    _draw_lifts(places[3], both)
    _draw_dependence(places[4], network)
    places[5].set_axis_off()
    handles, labels = places[0].get_legend_handles_labels()
    places[5].legend(handles, labels, loc="center", frameon=False)
    return saved(figure, "svg")


def _draw_shares(axes: Axes, both: tuple[Calibrated, Calibrated], name: str) -> None:
    axes.axhline(1, label="right", **RIGHT)
    for table, colour, label in zip(both, HUES, NAMES, strict=False):
        edges = np.append(table.shares["from"], 1.0)
        axes.stairs(table.shares[name].to_numpy(), edges, color=colour, label=label)
    axes.set(xlabel=f"share of the density below {name}", ylabel="how often, 1 is right", xlim=(0, 1), ylim=(0, None))


def _draw_coverage(axes: Axes, both: tuple[Calibrated, Calibrated]) -> None:
    axes.plot([0, 1], [0, 1], **RIGHT)
    for table, colour in zip(both, HUES, strict=False):
        axes.plot(table.coverage["level"], table.coverage["covered"], marker="o", markersize=4, color=colour)
    axes.set(xlabel="highest-density region", ylabel="offsets inside", xlim=(0, 1), ylim=(0, 1))


def _draw_lifts(axes: Axes, both: tuple[Calibrated, Calibrated]) -> None:
    axes.plot([0, 1], [0, 1], **RIGHT)
    for table, colour in zip(both, HUES, strict=False):
        axes.plot(table.lifts["predicted"], table.lifts["lifted"], marker="o", markersize=4, color=colour)
    axes.set(xlabel="probability of a lift", ylabel="lifts", xlim=(0, 1), ylim=(0, 1))


def _draw_dependence(axes: Axes, network: Calibrated) -> None:
    axes.axhline(0, **RIGHT)
    table = network.dependence.set_index("lag")
    for (name, values), line in zip(table.items(), ("-", "-", ":", ":"), strict=True):
        axes.plot(table.index, values, line, marker="o", markersize=3, label=str(name))
    axes.set(xlabel="points apart", ylabel="correlation left (network)", xscale="log")
    axes.set_xticks(list(table.index), labels=[str(lag) for lag in table.index])
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=7)
