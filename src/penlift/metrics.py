"""metrics.json: the few figures that are compared from run to run. docs/metrics.md says what each key means."""

from typing import Any

import pandas as pd

from penlift.assessment import Read, Written
from penlift.evaluation import summarise
from penlift.health import shares
from penlift.keys import A_POINT, ALL, OFFSET, judged
from penlift.offsets import Scales

ROUNDED = 6  # decimals: beyond them nothing is known


def metrics_of(
    splits: dict[str, Read], tables: pd.DataFrame, written: Written, drawn: pd.DataFrame, scales: Scales
) -> dict[str, Any]:
    """All figures of a run; `tables` as `findings.likelihoods` has them, `drawn` the health of stage sample's lines."""
    figures: dict[str, Any] = {}
    for split, read in splits.items():
        mine = tables[(tables["split"] == split) & (tables["place"] == ALL) & (tables["unit"] == "tablet")]
        figures[split] = _of_split(summarise(read.network.lines, scales), mine, whole=split != "train")
    calibration = splits[judged(splits)].network.calibration
    dx, dy = calibration.distances()
    figures["calibration"] = {
        "ks_dx": dx,
        "ks_dy": dy,
        **{f"coverage_{100 * level:.0f}": reached for level, reached in calibration.coverage().items()},
        "largest_correlation": float(calibration.dependence().abs().to_numpy().max()),
        "lift_brier": calibration.brier(),
        "lift_error": calibration.lift_error(),
    }
    figures["free_running"] = {
        "ks_mean": float(written.movement["ks"].mean()),
        "ks_mean_of_real": float(written.movement["ks_floor"].mean()),
        "mmd_squared": written.discrepancy.squared,
        "mmd_squared_of_real": written.floor,
        "mmd_p_value": written.discrepancy.p_value,
        "nearness_to_training": written.likeness.nearness,
        "copied_share": written.likeness.copied,
        "relative_variety": written.likeness.relative_variety,
        **shares(written.health),
    }
    figures["samples"] = shares(drawn)
    rounded: dict[str, Any] = _rounded(figures)
    return rounded


def _of_split(figures: dict[str, Any], table: pd.DataFrame, whole: bool) -> dict[str, Any]:
    """The figures of a split; of training, which only stands beside, no more than the likelihood."""
    own, blind = (
        table[(table["predictor"] == predictor) & (table["figure"] == A_POINT)].iloc[0]
        for predictor in ("network", "baseline")
    )
    known = {
        f"{A_POINT}_low": {"tablet": float(own["low"])},
        f"{A_POINT}_high": {"tablet": float(own["high"])},
        f"baseline_{A_POINT}": {"tablet": float(blind["value"])},
    }
    if not whole:
        return {"lines": figures["lines"], A_POINT: {"tablet": figures[A_POINT]["tablet"]}}
    parts = {OFFSET: {"tablet": figures[OFFSET]["tablet"]}}
    if "without_capped_and_zero" in figures:
        ordinary = figures["without_capped_and_zero"]
        parts["without_capped_and_zero"] = {
            "points": ordinary["points"],
            A_POINT: {"tablet": ordinary[A_POINT]["tablet"]},
        }
    return figures | parts | known


def _rounded(figures: Any) -> Any:
    """The same without what is NaN, since there was too little ink for it."""
    if isinstance(figures, dict):
        rounded = {key: _rounded(value) for key, value in figures.items()}
        return {key: value for key, value in rounded.items() if value == value and value != {}}  # noqa: PLR0124
    return round(figures, ROUNDED) if isinstance(figures, float) else figures
