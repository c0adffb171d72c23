"""What stage evaluate leaves: the few figures of metrics.json that runs are compared by, and tables to go on from.

docs/metrics.md says what each key of metrics.json means.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from penlift.evaluation.calibration import Calibration
from penlift.evaluation.comparison.kinematics import MOVEMENTS
from penlift.evaluation.comparison.movement import compared, measured
from penlift.evaluation.evaluate import FreeRunning, ReadSplit
from penlift.evaluation.likelihood import figures_by_writer, summarise, tabulate
from penlift.evaluation.reading import Reading
from penlift.evaluation.results import A_POINT, ALL, OFFSET_NLL, Calibrated, judged_split, write_table
from penlift.ink.lines import save_ink
from penlift.ink.scales import Scales, shift_to
from penlift.sampling.health import shares

ROUNDED = 6  # decimals: beyond them nothing is known


def likelihoods(splits: dict[str, ReadSplit], scales: Scales, seed: int) -> pd.DataFrame:
    """All figures of all splits, of the network and of the baseline, with intervals."""
    tables = [
        tabulate(found.lines, found.places, scales, seed).assign(split=split, predictor=predictor)
        for split, read in splits.items()
        for predictor, found in read._asdict().items()
    ]
    return pd.concat(tables, ignore_index=True).set_index(["split", "predictor"]).reset_index()


def save_findings(
    folder: Path,
    splits: dict[str, ReadSplit],
    written: FreeRunning,
    table: pd.DataFrame,
    scales: Scales,
    reading: Reading | None = None,
) -> None:
    """Write everything into an existing folder."""
    read = splits[judged_split(splits)]
    dreamt, real = [pair.dreamt for pair in written.pairs], [pair.real for pair in written.pairs]
    nearest = {"dreamt": written.likeness.to_training, "real": written.likeness.to_training_real}
    tables = {
        "likelihood": table,
        "lines": _lines(splits, scales),
        "writers": figures_by_writer(read.network.lines, scales),
        "movement": written.movement.reset_index(),
        "percentiles": compared(measured(dreamt, MOVEMENTS), measured(real, MOVEMENTS)).reset_index(names="measure"),
        "health": written.health.reset_index(names="sample"),
        "likeness": pd.DataFrame({"line": [line.name for line in real]} | nearest),
    }
    for predictor, found in read._asdict().items():
        parts = _calibrated(found.calibration)._asdict()
        tables |= {f"{part}-{predictor}": rows for part, rows in parts.items()}
    if reading:
        tables["reading"] = reading.lines
        for number, under in enumerate(reading.windows, 1):
            np.save(folder / f"window-{number}.npy", under.astype(np.float32))
    for name, rows in tables.items():
        write_table(folder / f"{name}.csv", rows)
    (folder / "dreamt").mkdir()
    save_ink(folder / "dreamt", dreamt)


def _calibrated(found: Calibration) -> Calibrated:
    coverage = pd.DataFrame(found.coverage().items(), columns=["level", "covered"])
    return Calibrated(found.histogram(), coverage, found.dependence().reset_index(), found.reliability())


def _lines(splits: dict[str, ReadSplit], scales: Scales) -> pd.DataFrame:
    """A row a line: sums of scores in normalised units, and nats in tablet units, of the network and the baseline."""
    tables = []
    for read in splits.values():
        shift = shift_to((1.0, 1.0), scales) * read.network.lines["points"]
        nats = [found.lines["move_nll"] + found.lines["lift_nll"] + shift for found in read]
        tables.append(read.network.lines.assign(nll_tablet=nats[0], baseline_nll_tablet=nats[1]))
    return pd.concat(tables).sort_values("line")


def metrics_of(
    splits: dict[str, ReadSplit],
    tables: pd.DataFrame,
    written: FreeRunning,
    drawn: pd.DataFrame,
    scales: Scales,
    text: dict[str, Any] | None = None,
    legibility: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """All figures of a run; `tables` as `likelihoods` has them, `drawn` the health of stage sample's lines.

    `text`: as `reading.figures_of` has it, of a network with text; `legibility`: what a recogniser says, if there
    is one. What is NaN, as JSON has none, is left out.
    """
    figures: dict[str, Any] = {split: _of_split(split, read, tables, scales) for split, read in splits.items()}
    calibration = splits[judged_split(splits)].network.calibration
    dx, dy = calibration.distances()
    figures["calibration"] = {
        "ks_dx": dx,
        "ks_dy": dy,
        **{f"coverage_{100 * level:.0f}": reached for level, reached in calibration.coverage().items()},
        "largest_correlation": float(calibration.dependence().abs().max().max()),
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
    if text:
        figures["text"] = text
    if legibility:
        figures["legibility"] = legibility
    if scales.rate is not None:
        figures["rate_hz"] = scales.rate
    return dict(_rounded(figures))


def _of_split(split: str, read: ReadSplit, tables: pd.DataFrame, scales: Scales) -> dict[str, Any]:
    """With the interval and what is known without a network; of training, which only stands beside, the likelihood."""
    figures = summarise(read.network.lines, scales)
    if split == "train":
        return {"lines": figures["lines"], A_POINT: _tablet(figures[A_POINT])}
    figures[OFFSET_NLL] = _tablet(figures[OFFSET_NLL])
    if ordinary := figures.get("without_capped_and_zero"):
        ordinary[A_POINT] = _tablet(ordinary[A_POINT])
    of = {"split": split, "place": ALL, "figure": A_POINT, "unit": "tablet"}
    whole = tables[(tables[list(of)] == list(of.values())).all(axis=1)]
    found = whole.set_index("predictor")[["value", "low", "high"]].to_dict()
    figures[f"{A_POINT}_low"] = {"tablet": found["low"]["network"]}
    figures[f"{A_POINT}_high"] = {"tablet": found["high"]["network"]}
    figures[f"baseline_{A_POINT}"] = {"tablet": found["value"]["baseline"]}
    return figures


def _tablet(figure: dict[str, float]) -> dict[str, float]:
    return {"tablet": figure["tablet"]}


def _rounded(figures: Any) -> Any:
    """The same without what is NaN, since there was too little ink for it."""
    if isinstance(figures, dict):
        rounded = {key: _rounded(value) for key, value in figures.items()}
        return {key: value for key, value in rounded.items() if value == value and value != {}}  # noqa: PLR0124
    return round(figures, ROUNDED) if isinstance(figures, float) else figures
