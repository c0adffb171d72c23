"""A training step against its own matrix products alone, in alternating fresh processes: `python bench/step.py`.

Variants measured in one process distort each other through the heap, so each measurement is a process of its own, and
the variants take turns. Prints medians, their ratio to the products, and peak memory.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

BATCH, LENGTH, HIDDEN, LAYERS, MIXTURES, THREADS = 50, 300, 256, 2, 20, 2
ROUNDS, STEPS = 5, 8
CELLS = {
    "lstm": ("lstm", False, "float32"),
    "lstm bfloat16": ("lstm", False, "bfloat16"),
    "peephole lstm": ("lstm", True, "float32"),
    "gru": ("gru", False, "float32"),
    "rnn": ("rnn", False, "float32"),
}


def products() -> Callable[[], None]:
    """The products of one step of the LSTM and nothing else: those over all of time at once, and those step by step."""
    import torch

    gates, rows, outputs = 4 * HIDDEN, BATCH * LENGTH, 1 + 6 * MIXTURES
    fed = [3] + [HIDDEN] * (LAYERS - 1)
    shapes = [(rows, inputs, gates) for inputs in fed]  # forward
    shapes += [(gates, rows, inputs) for inputs in fed] + [(gates, rows, HIDDEN)] * LAYERS  # of the weights' gradients
    shapes += [(rows, gates, inputs) for inputs in fed[1:]]  # of the inputs' gradients
    shapes += [(rows, HIDDEN, outputs), (rows, outputs, HIDDEN), (outputs, rows, HIDDEN)]  # of the head
    shapes += [(BATCH, HIDDEN, gates), (BATCH, gates, HIDDEN)] * (LENGTH * LAYERS)  # a step at a time, there and back
    operands = {shape: (torch.randn(shape[:2]), torch.randn(shape[1:])) for shape in set(shapes)}
    results = {shape: torch.empty(shape[0], shape[2]) for shape in operands}

    def multiply() -> None:
        for shape in shapes:
            torch.mm(*operands[shape], out=results[shape])

    return multiply


def training_step(cell: str, peepholes: bool, precision: str) -> Callable[[], None]:
    """One step of `penlift.training.fit` on made-up ink."""
    import numpy as np
    import pandas as pd

    from penlift.ink import INDEX, Ink
    from penlift.network import ModelParams, Network
    from penlift.optimisation import TrainParams
    from penlift.training import fit, start_training
    from penlift.windows import WindowParams, Windows, index_windows

    lines, points = 200, 700
    rows = np.random.default_rng(1).normal(size=(lines * points, 3)).astype(np.float32)
    rows[:, 2] = rows[:, 2] > 2
    entries = [(f"l{n:03}", "", "", "", "train", 0.0, n * points, points, 1) for n in range(lines)]
    ink = Ink(rows, pd.DataFrame(entries, columns=INDEX))
    windows = Windows(ink, index_windows(ink, WindowParams(length=LENGTH, shortest=1))[0], LENGTH)
    shape = {"layers": LAYERS, "hidden": HIDDEN, "mixtures": MIXTURES, "dropout": 0.2, "skip": False}
    model = ModelParams.model_validate({"cell": cell, "peepholes": peepholes} | shape)
    recipe = {"optimiser": "adam", "learning_rate": 1e-4, "schedule": "constant", "warm_up": 0.0, "decay": 1.0}
    run = {
        "loss": "mean",
        "clip": 10.0,
        "clip_outputs": None,
        "clip_gates": None,
        "weight_noise": 0.0,
        "batch": BATCH,
        "epochs": 1000,
        "patience": None,
        "start": None,
        "seed": 1,
        "threads": THREADS,
        "precision": precision,
        "processes": 1,
        "device": "cpu",
        "save_every": 60.0,
    }
    params = TrainParams.model_validate(recipe | run)
    steps = fit(start_training(Network(model, (0.025, 0.025)), params), windows, params)

    def step() -> None:
        next(steps)

    return step


def measure(variant: str) -> dict[str, float]:
    """Milliseconds of a step, the median of a few after a warm-up, and peak memory in MiB, in this process."""
    import torch

    from penlift.memory import keep_freed_memory

    keep_freed_memory()
    torch.set_num_threads(THREADS)
    step = products() if variant == "products alone" else training_step(*CELLS[variant])
    times = []
    for _ in range(STEPS + 2):
        began = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - began))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"ms": statistics.median(times[2:]), "peak": peak}


def main() -> None:
    variants = ["products alone", *CELLS]
    found: dict[str, list[dict[str, float]]] = {variant: [] for variant in variants}
    for turn in range(ROUNDS):
        for variant in variants:
            answer = subprocess.run([sys.executable, __file__, variant], capture_output=True, text=True, check=True)
            found[variant].append(json.loads(answer.stdout))
        print(f"round {turn + 1} of {ROUNDS}", file=sys.stderr)
    medians = {variant: statistics.median(run["ms"] for run in runs) for variant, runs in found.items()}
    print(f"{'B 50, T 300, 2 x 256, 20 mixtures':36} {'ms':>6} {'ratio':>6} {'peak MiB':>9}")
    for variant, runs in found.items():
        ratio = statistics.median(
            run["ms"] / alone["ms"] for run, alone in zip(runs, found["products alone"], strict=True)
        )
        print(f"{variant:36} {medians[variant]:6.0f} {ratio:6.2f} {max(run['peak'] for run in runs):9.0f}")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(json.dumps(measure(sys.argv[1])))
    else:
        main()
