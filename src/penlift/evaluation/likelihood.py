"""From the scores of lines to figures, each with its unit, its interval, and what is known without a network."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from penlift.evaluation.comparison.intervals import INTERVAL, Clusters, clusters_of, resampled
from penlift.evaluation.prediction import PLACES, SUMS
from penlift.evaluation.results import A_LETTER, A_LINE, A_POINT, ALL, LIFT_NLL, OFFSET_NLL, ORDINARY, SSE
from penlift.ink.scales import Scales, shift_to, units_of

COLUMNS = ["place", "figure", "unit", "value", "low", "high", "drawn", "points"]


def figures_of(sums: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """Figures of sums over some lines: rows as in `sums`, columns (figure, unit), the unit empty where there is none.

    `sums` has columns lines and `prediction.SUMS`, NLLs in nats and normalised units. SSE is Graves's (2013, section
    4.2): the squared distance of the offset from the mean of its density, in standard deviations of the training split,
    as a mean over points.
    """
    points = sums["points"]
    a_point, a_line = (sums["move_nll"] + sums["lift_nll"]) / points, points / sums["lines"]
    shifts = {unit: shift_to(size, scales) for unit, size in units_of(scales).items()}
    columns = {(A_POINT, unit): a_point + shift for unit, shift in shifts.items()}
    columns |= {(A_LINE, unit): (a_point + shift) * a_line for unit, shift in shifts.items()}
    columns |= {(OFFSET_NLL, unit): sums["move_nll"] / points + shift for unit, shift in shifts.items()}
    columns[(LIFT_NLL, "")] = sums["lift_nll"] / points
    columns[(SSE, "")] = sums["squared_error"] / points
    return pd.DataFrame(columns)


def tabulate(lines: pd.DataFrame, places: pd.DataFrame, scales: Scales, seed: int) -> pd.DataFrame:
    """All figures of a split, with intervals: a row a place, figure and unit, columns `COLUMNS`.

    `lines` and `places` as `prediction.Examined` has them. A place has no figure a line, and none where it is empty.
    """
    units = clusters_of(lines)
    sums = {ALL: _sums(lines, ""), ORDINARY: _sums(lines, "ordinary_")}
    in_order = places.set_index(["place", "line"])[list(SUMS)].assign(lines=1.0).sort_index()
    sums |= {place: in_order.loc[[place]].droplevel("place").reindex(lines["line"]) for place in PLACES}
    tables = [_table(place, part, units, scales, seed) for place, part in sums.items() if part["points"].any()]
    table = pd.concat(tables)
    return table[table["place"].isin([ALL, ORDINARY]) | (table["figure"] != A_LINE)].reset_index(drop=True)


def _table(place: str, sums: pd.DataFrame, units: Clusters, scales: Scales, seed: int) -> pd.DataFrame:
    found = figures_of(sums.sum().to_frame().T, scales).set_axis(["value"])
    ends = figures_of(resampled(sums, units, seed), scales).quantile(INTERVAL).set_axis(["low", "high"])
    table = pd.concat([found, ends]).T.rename_axis(["figure", "unit"]).reset_index()
    return table.assign(place=place, drawn=units.kind, points=int(sums["points"].sum()))[COLUMNS]


def figures_by_writer(lines: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """A row a writer, the worst predicted first: lines, points, and nats a point in tablet units."""
    sums = _sums(lines, "").groupby(lines["writer"].to_numpy()).sum()
    nll = figures_of(sums, scales)[(A_POINT, "tablet")].rename(A_POINT)
    table = pd.concat([sums[["lines", "points"]].astype(int), nll], axis=1).rename_axis("writer").reset_index()
    return table.sort_values(A_POINT, ascending=False, ignore_index=True)


def summarise(lines: pd.DataFrame, scales: Scales) -> dict[str, Any]:
    """The figures of some lines, as `scores.score_lines` makes them, nested: figure, then unit."""
    writers = int(lines.loc[lines["writer"] != "", "writer"].nunique())
    figures: dict[str, Any] = {"lines": len(lines), "writers": writers, "points": int(lines["points"].sum())}
    figures |= dict(_nested(_sums(lines, ""), scales))
    if "letters" in lines and lines["letters"].any():
        figures[A_LETTER] = {"tablet": _a_letter(lines[lines["letters"] > 0], scales)}
    if lines["ordinary_points"].any():
        ordinary = {"points": int(lines["ordinary_points"].sum())} | dict(_nested(_sums(lines, "ordinary_"), scales))
        figures["without_capped_and_zero"] = {key: ordinary[key] for key in ("points", A_POINT)}
    return figures


def _a_letter(lines: pd.DataFrame, scales: Scales) -> float:
    """Nats a letter, in tablet units, of lines with a text."""
    nats = (lines["move_nll"] + lines["lift_nll"] + shift_to((1.0, 1.0), scales) * lines["points"]).sum()
    return float(nats / lines["letters"].sum())


def _nested(sums: pd.DataFrame, scales: Scales) -> Iterator[tuple[str, Any]]:
    row = figures_of(sums.sum().to_frame().T, scales).iloc[0]
    for figure in row.index.get_level_values(0).unique():
        values = {str(unit): float(value) for unit, value in row[figure].items()}
        yield str(figure), values.get("", values)


def _sums(lines: pd.DataFrame, kind: str) -> pd.DataFrame:
    """A row a line, of all its targets (kind ""), or of the ordinary ones; columns lines and `prediction.SUMS`."""
    columns = {name: lines[f"{kind}{name}"].to_numpy(dtype=np.float64) for name in SUMS}
    return pd.DataFrame(columns).assign(lines=1.0)
