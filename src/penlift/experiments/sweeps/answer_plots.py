"""The pictures of a sweep's answer: cost against quality, learning curves."""

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from penlift.common.geometry import Floats
from penlift.drawing.plots import panels, saved
from penlift.drawing.svg import HUES, INK
from penlift.evaluation.results import A_POINT
from penlift.experiments.sweeps.answer import Answer, Configuration

ROW = 0.22  # inches: of a label beside a plot
MOST = 20  # labels, where all points have one
COLUMNS = 3


def cost(configurations: list[Configuration]) -> bytes:
    """SVG of NLL over seconds of training; those of `labelled` have their words at the right, none on another."""
    named = sorted(labelled(configurations), key=lambda each: each.nll)
    canvas, (axes,) = panels(1, 1, (9.0, 0.8 + ROW * max(12, len(named))))
    style: Any = {"fmt": "o", "markersize": 4, "color": HUES[0], "elinewidth": 1.2, "capsize": 2}
    for each in configurations:
        axes.errorbar(each.seconds, each.nll, 0 if math.isnan(each.deviation) else each.deviation, **style)
    axes.set(xlabel="seconds of training, median over seeds", ylabel="NLL, nats a point, tablet units")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high)  # as it is now: the labels' places count on it
    leader: Any = {"arrowstyle": "-", "color": "#9a9da6", "linewidth": 0.6, "relpos": (0, 0.5), "shrinkA": 1}
    wanted = np.array([(each.nll - low) / (high - low) for each in named])
    for each, place in zip(named, spread_labels(wanted, 1 / max(12, len(named))), strict=True):
        at, beside = (each.seconds, each.nll), (1.02, place)
        axes.annotate(each.words, at, beside, textcoords="axes fraction", va="center", color=INK, arrowprops=leader)
    return saved(canvas, "svg")


def labelled(configurations: list[Configuration]) -> list[Configuration]:
    """All, or of very many those that no other beats in both cost and quality."""
    if len(configurations) <= MOST:
        return configurations
    return [
        each
        for each in configurations
        if not any(other.seconds < each.seconds and other.nll < each.nll for other in configurations)
    ]


def spread_labels(wanted: Floats, gap: float) -> Floats:
    """Places from 0 to 1 in the given ascending order, no two nearer than the gap, nearest to those wanted."""
    from scipy.optimize import isotonic_regression

    steps = gap * np.arange(len(wanted))
    return np.asarray(np.clip(isotonic_regression(wanted - steps).x, 0, 1 - steps[-1]) + steps)


def curves(found: Answer) -> bytes:
    """SVG of held-out NLL by epoch: a panel a factor, a colour a level, a line a seed."""
    factors = list(found.sweep.reference)
    rows = math.ceil(len(factors) / COLUMNS)
    canvas, places = panels(rows, min(COLUMNS, len(factors)), (10.0, 3.8 * rows))
    for factor, axes in zip(factors, places, strict=False):
        _curves(axes, found, factor)
    for axes in places[len(factors) :]:
        axes.set_axis_off()
    places[0].set_ylabel("NLL of valid lines,\nnats a point (offsets / 20)")
    return saved(canvas, "svg")


def _curves(axes: Axes, found: Answer, factor: str) -> None:
    for number, level in enumerate(found.sweep.levels[factor]):
        style: Any = {"color": HUES[number % len(HUES)], "linewidth": 0.9, "marker": "o", "markersize": 2}
        for count, each in enumerate(found.along(factor, level)):
            late = each.run.history.iloc[1:] if len(each.run.history) > 1 else each.run.history  # the first dwarfs them
            axes.plot(late["epoch"], late[f"valid_{A_POINT}"], label="" if count else level, **style)
    axes.set_title(factor, loc="left", fontsize=9)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if axes.lines:
        # below the axes, so on no curve
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(-0.04, -0.16), ncols=2, handlelength=1.2)
