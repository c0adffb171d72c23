"""Stage evaluate: the likelihood of held-out lines, in every unit that the field prints, and the samples' health."""

from pathlib import Path

import pandas as pd
import torch

from checkout import run, section

from penlift.checkpoint import load_model
from penlift.evaluation import summarise
from penlift.files import write_json, write_text
from penlift.health import read_health, shares
from penlift.ink import load_ink
from penlift.memory import keep_freed_memory
from penlift.optimisation import TrainParams
from penlift.progress import Meter
from penlift.scores import score_lines


def main(models: Path, offsets: Path, samples: Path, metrics: Path, report: Path) -> None:
    keep_freed_memory()
    torch.set_num_threads(section("train", TrainParams).threads)
    model, ink = load_model(models), load_ink(offsets)
    splits = {split: numbers for split in ("valid", "test") if (numbers := ink.of_split(split))}
    tables = []
    with Meter("evaluate", sum(map(len, splits.values()))) as meter:
        for numbers in splits.values():
            for table in score_lines(model.network, ink, numbers, model.scales):
                tables.append(table)
                meter.advance(count=len(table))
    lines = pd.concat(tables).sort_values("line")
    write_text(report / "lines.csv", lines.to_csv(index=False, lineterminator="\n"))
    figures = {split: summarise(lines[lines["split"] == split], model.scales) for split in splits}
    write_json(metrics, figures | {"samples": shares(read_health(samples / "health.csv"))})


if __name__ == "__main__":
    run(main)
