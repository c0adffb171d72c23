"""From the scores of lines to the figures of a split, each under a key that names its unit."""

import pandas as pd

from penlift.offsets import Scales
from penlift.units import shift_to, units_of

Figures = dict[str, "float | int | Figures"]


def summarise(lines: pd.DataFrame, scales: Scales) -> Figures:
    """The figures of some lines, as metrics.json holds them; `lines` as `scores.score_lines` makes them.

    SSE is Graves's (2013, section 4.2): the squared distance of the offset from the mean of its density, in standard
    deviations of the training split, as a mean over points.
    """
    writers = int(lines.loc[lines["writer"] != "", "writer"].nunique())
    figures = {"lines": len(lines), "writers": writers} | _figures(lines, "", scales)
    if lines["ordinary_points"].any():
        figures["without_capped_and_zero"] = _figures(lines, "ordinary_", scales)
    return figures


def _figures(lines: pd.DataFrame, kind: str, scales: Scales) -> Figures:
    """The figures of all targets (kind ""), or of the ordinary ones only."""
    points, move = int(lines[f"{kind}points"].sum()), float(lines[f"{kind}move_nll"].sum())
    lift, error = float(lines[f"{kind}lift_nll"].sum()), float(lines[f"{kind}squared_error"].sum())
    a_line = points / len(lines)
    shifts = {unit: shift_to(size, scales) for unit, size in units_of(scales).items()}
    return {
        "points": points,
        "nll_nats_per_point": {unit: (move + lift) / points + shift for unit, shift in shifts.items()},
        "nll_nats_per_line": {unit: ((move + lift) / points + shift) * a_line for unit, shift in shifts.items()},
        "offset_nll_nats_per_point": {unit: move / points + shift for unit, shift in shifts.items()},
        "lift_nll_nats_per_point": lift / points,
        "sse_z_score_per_point": error / points,
    }
