"""Differences from one first, with their intervals, as a reader sees them: in brackets, and as a forest plot."""

import math
from collections.abc import Sequence

from penlift.drawing.plots import panels, saved
from penlift.drawing.svg import HUES
from penlift.evaluation.comparison.differences import Difference, Effect

FIRST = "what the others differ from"
Found = Effect | Difference  # the value is NaN where it is unknown; the bounds are where lines are too few


def bounded(found: Found) -> str:
    """A difference and its interval."""
    if math.isnan(found.value):
        return "unknown"
    bounds = "unknown" if math.isnan(found.low) else f"{signed(found.low)}, {signed(found.high)}"
    return f"{signed(found.value)} [{bounds}]"


def signed(value: float) -> str:
    """Three decimals, plus or a true minus."""
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")


def forest(first: str, others: Sequence[tuple[str, Found]], equal: float = 0.0) -> bytes:
    """SVG of the first at 0 and of the others below it, by their names; differences up to `equal` are shaded."""
    canvas, (axes,) = panels(1, 1, (9.0, 0.8 + 0.35 * (1 + len(others))))
    axes.axvspan(-equal, equal, color="#e9edf3", linewidth=0)
    axes.axvline(0, color="#888888", linewidth=1, linestyle="--")
    axes.plot([0], [0], "o", color="white", markeredgecolor=HUES[0])
    for row, (_, found) in enumerate(others, 1):
        axes.plot([found.low, found.high], [-row, -row], color=HUES[0], linewidth=2)
        axes.plot([found.value], [-row], "o", color=HUES[0])
    labels = [first, *(name for name, _ in others)]
    axes.set_yticks([-row for row in range(len(labels))], labels=labels)
    axes.set(xlabel=f"difference from {first}, nats a point", ylim=(0.6 - len(labels), 0.6))
    return saved(canvas, "svg")
