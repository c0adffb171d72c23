"""Calibration on the page: the picture, and its figures."""

from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

from penlift.calibration_plot import draw_calibration
from penlift.evaluated import Evaluated
from penlift.page import figure, paragraph, table


def calibration_parts(found: Evaluated, metrics: dict[str, Any], split: str) -> Iterator[HtmlElement]:
    """Of the split that is judged."""
    yield paragraph(
        "If the densities are right, the share of a density that lies below the offset that came (of dx; then of dy, "
        "given dx) is uniform, the region in which half of the density is highest holds half of the offsets, and what "
        "is left of one point says nothing of the next. Coordinates are integers: offsets are first spread evenly over "
        "their tablet unit. A density that is too wide piles up in the middle and covers too much."
    )
    alt = (
        f"Five plots for the {split} split. Distance from uniform: {metrics['ks_dx']:.3f} for dx, "
        f"{metrics['ks_dy']:.3f} for dy. Regions of 50, 80 and 95 % hold {_covered(found)}. Lift probabilities are "
        f"{metrics['lift_error']:.4f} off. The largest correlation left between points is "
        f"{metrics['largest_correlation']:.3f}."
    )
    yield figure(draw_calibration(found.network, found.baseline), alt, f"Calibration, {split} split; dashed: right.")
    rows = [
        (f"share of offsets inside the {100 * level:.0f} % region", float(own), float(blind))
        for level, own, blind in zip(
            found.network.coverage["level"], found.network.coverage["covered"], found.baseline.coverage["covered"],
            strict=True,
        )
    ]  # fmt: skip
    yield table(f"Coverage of highest-density regions, {split} split", ("what", "network", "no network"), rows)
    lifts = [
        (f"{predicted:.3f}", int(targets), float(lifted))
        for targets, predicted, lifted in found.network.lifts.itertuples(index=False)
    ]
    caption = f"Lift probabilities by tenths, {split} split; Brier score {metrics['lift_brier']:.4f}"
    yield table(caption, ("mean probability", "points", "share that lifted"), lifts)


def _covered(found: Evaluated) -> str:
    return ", ".join(f"{100 * share:.1f} %" for share in found.network.coverage["covered"])
