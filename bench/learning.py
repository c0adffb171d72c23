"""What recipes learn in what time: held-out NLL against the seconds spent in steps, by preset and seed.

A step of a preset has the same shapes with each seed, so it counts with the least of what it took with any: other work
on the machine then weighs little.

`python bench/learning.py FOLDER [INK [PRESET ...]]` trains each preset with three seeds, two trainings at a time on one
thread each, on the built-in corpus or on the archives of INK, and writes learning.csv and learning.svg to FOLDER. A
training that is there already is not done again. Epochs of a preset can be set: `fast:20`.
"""

import json
import math
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import numpy as np
import numpy.typing as npt
import pandas as pd
from clone import copy_tree, finish, make_data, set_params

from penlift.common.params import apply
from penlift.training.folder import read_events

SEEDS = (1, 2, 3)
AT_ONCE = 2
NLL = "valid_nll_nats_per_point"


class Run(NamedTuple):
    """A training."""

    preset: str  # with the number of epochs behind a colon, if it is not the preset's own
    seed: int

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.preset.replace(':', '-')}-{self.seed}"


class Trained(NamedTuple):
    """A training that is done."""

    run: Run
    history: pd.DataFrame
    seconds: npt.NDArray[np.float64]  # of each step


def train(folder: Path, run: Run, ink: Path | None) -> Trained:
    """Train in a copy of this tree, once."""
    place, (preset, _, epochs) = folder / run.name, run.preset.partition(":")
    history = place / "reports" / "train" / "history.csv"
    if not history.is_file():
        copy_tree(place)
        apply(place / "presets" / f"{preset}.yaml", place / "params.yaml")
        own = {"epochs": int(epochs)} if epochs else {}
        set_params(place, {"train": {"seed": run.seed, "threads": 1} | own})
        make_data(place, ink)
        finish(place, "train")
    about = json.loads((place / "reports" / "train" / "training.json").read_text(encoding="utf-8"))
    events = read_events(place / ".state" / about["fingerprint"] / "journal.jsonl")
    return Trained(run, pd.read_csv(history), np.array([event["seconds"] for event in events if "number" in event]))


def table_of(trained: list[Trained]) -> pd.DataFrame:
    """The histories, with the seconds that all steps had taken by the end of each epoch."""
    tables = []
    for preset in dict.fromkeys(each.run.preset for each in trained):
        those = [each for each in trained if each.run.preset == preset]
        taken = np.min([each.seconds for each in those], axis=0).cumsum()
        tables += [each.history.assign(seconds=taken[each.history["steps"] - 1], preset=preset, seed=each.run.seed)
                   for each in those]  # fmt: skip
    return pd.concat(tables)


def picture(table: pd.DataFrame) -> bytes:
    from matplotlib.figure import Figure

    from penlift.drawing.plots import saved
    from penlift.drawing.svg import HUES

    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.add_subplot()
    for colour, (preset, runs) in zip(HUES, table.groupby("preset"), strict=False):
        for number, (_, run) in enumerate(runs.groupby("seed")):
            axes.plot(run["seconds"], run[NLL], color=colour, label=str(preset) if number == 0 else None)
    axes.set(
        xlabel="s in steps, on one thread", ylabel="NLL of held-out lines, nats a point (offsets / 20)", xscale="log"
    )
    axes.legend(frameon=False)
    return saved(figure, "svg")


def summary(table: pd.DataFrame, presets: list[str]) -> Iterator[str]:
    """A line a preset, medians over the seeds: the seconds of all steps, the last and the lowest NLL, and by when the
    NLL that the first preset ended with was reached, as a share of the first preset's time; behind it the last NLL of
    each seed."""
    runs = {preset: [run for _, run in table[table["preset"] == preset].groupby("seed")] for preset in presets}
    goal = median(run[NLL].iloc[-1] for run in runs[presets[0]])
    whole = median(run["seconds"].iloc[-1] for run in runs[presets[0]])
    yield f"{'preset':16} {'seconds':>8} {'last':>8} {'lowest':>8} {'reached':>8}  by seed"
    for preset, those in runs.items():
        reached = median(min(run["seconds"][run[NLL] <= goal], default=math.inf) / whole for run in those)
        seconds, last = (median(run[column].iloc[-1] for run in those) for column in ("seconds", NLL))
        lowest, each = median(run[NLL].min() for run in those), ", ".join(f"{run[NLL].iloc[-1]:.3f}" for run in those)
        yield f"{preset:16} {seconds:8.0f} {last:8.3f} {lowest:8.3f} {reached:8.3f}  {each}"


def main(folder: Path, ink: Path | None, presets: list[str]) -> None:
    runs = [Run(preset, seed) for seed in SEEDS for preset in presets]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        table = table_of(list(pool.map(lambda run: train(folder, run, ink), runs)))
    table.to_csv(folder / "learning.csv", index=False, lineterminator="\n")
    (folder / "learning.svg").write_bytes(picture(table))
    print("\n".join(summary(table, presets)))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python bench/learning.py FOLDER [INK [PRESET ...]]; INK - is the built-in corpus")
    given = sys.argv[2] if len(sys.argv) > 2 else "-"
    main(
        Path(sys.argv[1]).resolve(),
        None if given == "-" else Path(given).resolve(),
        sys.argv[3:] or ["article", "fast"],
    )
