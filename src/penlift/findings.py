"""What stage evaluate leaves beside metrics.json: tables that a page, a person or another program goes on from."""

from pathlib import Path

import pandas as pd

from penlift.assessment import Read, Written
from penlift.calibration import Calibration
from penlift.comparison import compared, measured
from penlift.evaluation import by_writer, tabulate
from penlift.files import write_text
from penlift.ink import save_ink
from penlift.keys import judged
from penlift.kinematics import MOVEMENTS
from penlift.offsets import Scales
from penlift.units import shift_to


def likelihoods(splits: dict[str, Read], scales: Scales, seed: int) -> pd.DataFrame:
    """All figures of all splits, of the network and of the baseline, with intervals."""
    tables = [
        tabulate(found.lines, found.places, scales, seed).assign(split=split, predictor=predictor)
        for split, read in splits.items()
        for predictor, found in read._asdict().items()
    ]
    return pd.concat(tables, ignore_index=True).set_index(["split", "predictor"]).reset_index()


def save_findings(folder: Path, splits: dict[str, Read], written: Written, table: pd.DataFrame, scales: Scales) -> None:
    """Write everything into an existing folder."""
    read = splits[judged(splits)]
    _save(folder, "likelihood", table)
    _save(folder, "lines", _lines(splits, scales))
    _save(folder, "writers", by_writer(read.network.lines, scales))
    for name, found in read._asdict().items():
        _save_calibration(folder, name, found.calibration)
    _save(folder, "movement", written.movement.reset_index())
    sides = ([pair.dreamt for pair in written.pairs], [pair.real for pair in written.pairs])
    percentiles = compared(*(measured(lines, MOVEMENTS) for lines in sides))
    _save(folder, "percentiles", percentiles.rename_axis("measure").reset_index())
    _save(folder, "health", written.health.rename_axis("sample").reset_index())
    names = pd.DataFrame({"line": [pair.real.name for pair in written.pairs]})
    nearest = {"dreamt": written.likeness.to_training, "real": written.likeness.to_training_real}
    _save(folder, "likeness", names.assign(**nearest))
    (folder / "dreamt").mkdir()
    save_ink(folder / "dreamt", sides[0])


def _save_calibration(folder: Path, name: str, calibration: Calibration) -> None:
    _save(folder, f"shares-{name}", calibration.histogram())
    coverage = calibration.coverage().items()
    _save(folder, f"coverage-{name}", pd.DataFrame(coverage, columns=["level", "covered"]))
    _save(folder, f"dependence-{name}", calibration.dependence().reset_index())
    _save(folder, f"lifts-{name}", calibration.reliability())


def _lines(splits: dict[str, Read], scales: Scales) -> pd.DataFrame:
    """A row a line: sums of scores in normalised units, and nats in tablet units, of the network and the baseline."""
    tables = []
    for read in splits.values():
        shift = shift_to((1.0, 1.0), scales) * read.network.lines["points"]
        nats = [found.lines["move_nll"] + found.lines["lift_nll"] + shift for found in read]
        tables.append(read.network.lines.assign(nll_tablet=nats[0], baseline_nll_tablet=nats[1]))
    return pd.concat(tables).sort_values("line")


def _save(folder: Path, name: str, table: pd.DataFrame) -> None:
    write_text(folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
