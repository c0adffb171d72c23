"""Stage evaluate: what a run is worth, in figures that compare from run to run, and in tables for its page."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))  # which Python leaves out under PYTHONSAFEPATH
from checkout import run, section

from penlift.common.files import whole_folder, write_json
from penlift.common.machine import keep_freed_memory
from penlift.evaluation.evaluate import EvaluateParams, read_splits, write_beside
from penlift.evaluation.findings import likelihoods, metrics_of, save_findings
from penlift.evaluation.legibility import HeldOut, judged_by, save_judged
from penlift.evaluation.reading import figures_of, read_with_texts
from penlift.evaluation.results import judged_split
from penlift.ink.lines import load_ink, load_points
from penlift.model.checkpoint import load_model
from penlift.sampling.health import read_health
from penlift.training.optimisation import TrainParams


def main(models: Path, ink: Path, offsets: Path, recogniser: Path, samples: Path, metrics: Path, report: Path) -> None:
    params = section("evaluate", EvaluateParams)
    keep_freed_memory()
    torch.set_num_threads(section("train", TrainParams).threads)
    model, lines, drawn = load_model(models), load_ink(offsets), read_health(samples / "health.csv")
    splits = read_splits(model, lines, params)
    split = judged_split(splits)
    written = write_beside(model, lines, split, params)
    table = likelihoods(splits, model.scales, params.seed)
    reading = read_with_texts(model, lines, split, params.seed) if model.network.alphabet else None
    text = figures_of(reading.lines, params.seed) if reading else None
    judged = judged_by(recogniser, model, HeldOut(lines, load_points(ink), split), written, params)
    with whole_folder(report) as folder:
        save_findings(folder, splits, written, table, model.scales, reading)
        save_judged(folder, judged)
    write_json(metrics, metrics_of(splits, table, written, drawn, model.scales, text, judged.figures))


if __name__ == "__main__":
    run(main)
