"""What a trained network is worth as a start where real ink is scarce: `python bench/scarce.py FOLDER INK MODELS`.

Trains on 50 of the training lines of INK, from random weights and from those in MODELS, with three seeds (which also
choose the lines), two trainings at a time on one thread each. Prints the NLL of INK's test writers, who are in neither
training. The best epoch of each is chosen on the validation lines of INK. A training that is there is not done again.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import pandas as pd
from clone import copy_tree, finish, make_data, set_params

from penlift.evaluation.transfer import score_ink
from penlift.io.extraction import open_ink
from penlift.model.checkpoint import load_model

LINES = 50
SEEDS = (1, 2, 3)
AT_ONCE = 2
FROM_CHANCE = {"epochs": 60, "learning_rate": 0.005, "beta2": 0.999}
FINE_TUNED = {"epochs": 40, "learning_rate": 0.002, "beta2": 0.999}


class Run(NamedTuple):
    """A training."""

    start: str
    seed: int


def train(folder: Path, run: Run, values: dict[str, Any], ink: Path) -> float:
    """Train in a copy of this tree, once; nats a point of the test writers, tablet units."""
    place = folder / f"{run.start}-{run.seed}"
    if not (place / "models" / "model.json").is_file():
        copy_tree(place)
        set_params(place, {"train": {"seed": run.seed, "threads": 1} | values})
        make_data(place, ink)
        index = place / "data" / "windows" / "index.csv"
        pd.read_csv(index).sample(LINES, random_state=run.seed).sort_index().to_csv(index, index=False)
        finish(place, "train")
    with open_ink(place / "data" / "ink", print) as lines:
        return float(score_ink(load_model(place / "models"), lines, "test")["nll_nats_per_point"]["tablet"])


def main(folder: Path, ink: Path, models: Path) -> None:
    recipes: dict[str, dict[str, Any]] = {
        "chance": FROM_CHANCE,
        "model": FINE_TUNED | {"start": str(models)},
    }
    runs = [Run(start, seed) for seed in SEEDS for start in recipes]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        scores = list(pool.map(lambda run: train(folder, run, recipes[run.start], ink), runs))
    print(f"{LINES} training lines; NLL of the test writers, nats a point, tablet units")
    for start in recipes:
        those = [score for run, score in zip(runs, scores, strict=True) if run.start == start]
        print(f"from {start:8} mean {mean(those):.3f}  {' '.join(f'{score:.3f}' for score in those)}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: python bench/scarce.py FOLDER INK MODELS")
    main(*(Path(each).resolve() for each in sys.argv[1:]))
