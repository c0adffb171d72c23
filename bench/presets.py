"""What each preset takes on this machine: `python bench/presets.py [INK]`.

Trains the first steps of each preset in a copy of this tree, two threads, on the built-in corpus or on the archives of
INK, and prints the milliseconds of a step of whole windows, or of whole lines where texts are read, such steps an hour,
the steps of the whole training, and an estimate of its hours, without validation. Where windows grow there are more
steps, and shorter ones, of like targets.
"""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import torch
from clone import copy_tree, make_data, set_params
from trainings import begun

from penlift.common.machine import keep_freed_memory
from penlift.common.params import apply
from penlift.training.loop import fit
from penlift.training.schedule import Schedule
from penlift.training.writing import start_training

PRESETS = ("fast", "article", "graves-1x900", "graves-3x400", "text", "graves-text")
WARM, STEPS, THREADS = 2, 6, 2


def measure(folder: Path) -> tuple[float, int, float]:
    """Seconds of a step with whole windows, steps of the training, and its hours by targets."""
    model, _, windows, recipe = begun(folder)
    whole = recipe.model_copy(update={"grow": 0.0, "threads": THREADS})
    steps, seconds = fit(start_training(model.network, whole), windows, whole), []
    for _ in range(WARM + STEPS):
        began = time.perf_counter()
        next(steps)
        seconds.append(time.perf_counter() - began)
    a_step = median(seconds[WARM:])
    hours = a_step * Schedule.of(windows, whole).steps / 3600
    return a_step, Schedule.of(windows, recipe).steps, hours


def main(ink: Path | None) -> None:
    keep_freed_memory()
    torch.set_num_threads(THREADS)
    print(f"{'preset':14} {'ms a step':>9} {'steps an hour':>14} {'steps':>7} {'hours':>6}", flush=True)
    with tempfile.TemporaryDirectory() as place:
        for preset in PRESETS:
            folder = Path(place) / preset
            copy_tree(folder)
            apply(folder / "presets" / f"{preset}.yaml", folder / "params.yaml")
            set_params(folder, {"train": {"threads": THREADS}})
            make_data(folder, ink)
            a_step, steps, hours = measure(folder)
            print(f"{preset:14} {1000 * a_step:9.1f} {3600 / a_step:14,.0f} {steps:7,} {hours:6.2f}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if len(sys.argv) == 2 else None)
