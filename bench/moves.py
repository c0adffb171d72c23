"""Does each figure move as it should while a network learns? `python bench/moves.py FOLDER [INK]`.

Trains the default recipe with seed 1, in a copy of this tree in FOLDER, on the built-in corpus or on the archives of
INK, and prints all figures of metrics.json before the first step, half-way, and behind the last. The network is judged
as it is by then, not as it was at its best. Writes moves.csv to FOLDER.
"""

import sys
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import pandas as pd
import torch
from clone import copy_tree, make_data
from trainings import begun

from penlift.common.machine import keep_freed_memory
from penlift.common.params import flatten, read_section
from penlift.common.terminal import shown
from penlift.evaluation.evaluate import EvaluateParams, read_splits, write_beside
from penlift.evaluation.findings import likelihoods, metrics_of
from penlift.evaluation.results import judged_split
from penlift.ink.lines import Ink
from penlift.model.checkpoint import Model
from penlift.training.loop import fit
from penlift.training.schedule import Schedule
from penlift.training.writing import start_training


def figures(model: Model, ink: Ink, params: EvaluateParams) -> dict[str, Any]:
    """The leaves of metrics.json; the lines of stage sample are those that stand beside held-out ones."""
    splits = read_splits(model, ink, params)
    written = write_beside(model, ink, judged_split(splits), params)
    table = likelihoods(splits, model.scales, params.seed)
    return dict(flatten(metrics_of(splits, table, written, written.health, model.scales)))


def main(folder: Path, given: Path | None) -> None:
    keep_freed_memory()
    if not (folder / "data" / "windows").is_dir():
        copy_tree(folder)
        make_data(folder, given)
    model, ink, windows, recipe = begun(folder)
    params = read_section(folder / "params.yaml", "evaluate", EvaluateParams)
    torch.set_num_threads(recipe.threads)
    steps = fit(start_training(model.network, recipe), windows, recipe)
    whole = Schedule.of(windows, recipe).steps
    found = {"before": figures(model, ink, params)}
    for name, count in (("half-way", whole // 2), ("behind", whole - whole // 2)):
        for _ in shown(islice(steps, count), name, count):
            pass
        found[name] = figures(model, ink, params)
    table = pd.DataFrame(found)
    table.to_csv(folder / "moves.csv", lineterminator="\n")
    print(table.to_string(float_format=lambda value: f"{value:.4f}"))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python bench/moves.py FOLDER [INK]")
    main(*(Path(each).resolve() for each in sys.argv[1:]), *([None] if len(sys.argv) == 2 else []))
