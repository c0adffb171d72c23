"""Plots by matplotlib: learning curves, and small pictures of lines for places that show no SVG."""

from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from penlift.common.geometry import Array
from penlift.drawing.svg import HUES, INK, room_for
from penlift.ink.lines import strokes_of

WIDTH, SHALLOWEST, TALLEST = 10.0, 0.6, 10.0  # inches of a preview, at 100 pixels an inch
SETTINGS: Any = {"svg.hashsalt": "penlift", "svg.fonttype": "path", "font.size": 9.0}  # the salt: same plot, same bytes


def loss_curves(history: pd.DataFrame, point: str = "point") -> bytes:
    """SVG of the NLL by epoch, in training and held out, the kept epoch marked; `history` as history.csv has it.

    `point`: what likelihoods are of, as `scales.point_of` has it.
    """
    figure, (axes,) = panels(1, 1, (9.0, 3.4))
    for column, label, colour in (
        ("train_nll_nats_per_point", "training windows, dropout on", HUES[0]),
        ("valid_nll_nats_per_point", "held-out lines, whole, dropout off", HUES[1]),
    ):
        axes.plot(history["epoch"], history[column], marker="o", markersize=3, color=colour, label=label)
    kept = history["epoch"].iloc[int(history["valid_nll_nats_per_point"].argmin())]
    axes.axvline(kept, color="#888888", linewidth=0.8, linestyle=":", label="kept")
    axes.set_xlim(0.5, history["epoch"].iloc[-1] + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
    axes.set_ylabel(f"NLL, nats a {point} (offsets / 20)")
    axes.legend(frameon=False)
    return saved(figure, "svg")


def preview(points: Array) -> bytes:
    """PNG of a line, (n, 3) of x, y, lift in tablet units, about 1,000 pixels wide."""
    box = room_for(points)
    height = float(np.clip(WIDTH * box.height / box.width, SHALLOWEST, TALLEST))
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, height), dpi=100)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set(xlim=(box.left, box.left + box.width), ylim=(box.top + box.height, box.top))
        axes.set_aspect("equal")
        for stroke in strokes_of(points):
            dot = "o" if np.ptp(stroke.path, axis=0).max() < 1 else ""  # Agg draws no cap where a line has no length
            axes.plot(*stroke.path.T, color=INK, linewidth=1.2, solid_capstyle="round", marker=dot, markersize=1.2)
        return saved(figure, "png")


def panels(rows: int, columns: int, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """An empty figure of so many plots, row by row; `size` in inches."""
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=size, layout="constrained")
        places = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes in places:
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="y", color="#e4e4e4", linewidth=0.6)
    return figure, places


def saved(figure: Figure, kind: str) -> bytes:
    """The file of a figure; without its date, so that the same figure is the same bytes."""
    file = BytesIO()
    undated: dict[str, Any] = {"metadata": {"Date": None}} if kind == "svg" else {"metadata": {"Software": None}}
    with mpl.rc_context(SETTINGS):
        figure.savefig(file, format=kind, **undated)
    return file.getvalue()
