"""A training step against its cell's own matrix products alone, in alternating fresh processes.

`python bench/step.py [WINDOWS]`: so many windows a step, 50 as the article has it, or 8 as the default recipe.
`python bench/step.py text`: the step of a network that reads texts against that of one that reads none, on whole lines.
Variants measured in one process distort each other through the heap, so each measurement is a process of its own, and
the variants take turns. Prints medians, their ratio to the products in float32, or to the step without text, and peak
memory.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from peers import PEERS

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

if TYPE_CHECKING:
    from penlift.ink.windows import TextLines, Windows
    from penlift.model.network import Network

BATCH, LENGTH, HIDDEN, LAYERS, MIXTURES, THREADS = 50, 300, 256, 2, 20, 2
LINES, POINTS, LETTERS = 16, 400, 35  # of a step that reads texts: lines, targets of each, signs of its text
SIGNS = "".join(map(chr, range(32, 104)))  # and two that stand for the others and for the end
ROUNDS, STEPS = 5, 8
CELLS = {
    "lstm": ("lstm", False, "float32"),
    "lstm bfloat16": ("lstm", False, "bfloat16"),
    "peephole lstm": ("lstm", True, "float32"),
    "gru": ("gru", False, "float32"),
    "rnn": ("rnn", False, "float32"),
}
GATES = {"lstm": 4, "gru": 3, "rnn": 1}  # a unit


def products(cell: str, precision: str, batch: int) -> Callable[[], None]:
    """The products of a step of a network and nothing else: those over all of time at once, and those step by step."""
    import torch

    gates, rows, outputs = GATES[cell] * HIDDEN, batch * LENGTH, 1 + 6 * MIXTURES
    fed = [3] + [HIDDEN] * (LAYERS - 1)
    shapes = [(rows, inputs, gates) for inputs in fed]  # forward
    shapes += [(gates, rows, inputs) for inputs in fed] + [(gates, rows, HIDDEN)] * LAYERS  # of the weights' gradients
    shapes += [(rows, gates, inputs) for inputs in fed[1:]]  # of the inputs' gradients
    shapes += [(rows, HIDDEN, outputs), (rows, outputs, HIDDEN), (outputs, rows, HIDDEN)]  # of the head
    shapes += [(batch, HIDDEN, gates), (batch, gates, HIDDEN)] * (LENGTH * LAYERS)  # a step at a time, there and back
    dtype = getattr(torch, precision)
    made = partial(torch.randn, dtype=dtype)
    operands = {shape: (made(shape[:2]), made(shape[1:])) for shape in set(shapes)}
    results = {shape: torch.empty(shape[0], shape[2], dtype=dtype) for shape in operands}

    def multiply() -> None:
        for shape in shapes:
            torch.mm(*operands[shape], out=results[shape])

    return multiply


def made_up_windows(length: int, points: int, texts: bool = False) -> "Windows | TextLines":
    """Windows of made-up ink, 200 lines of so many points; or those lines, whole, each beside a made-up text."""
    import numpy as np
    import pandas as pd

    from penlift.ink.alphabet import Alphabet
    from penlift.ink.lines import INDEX, Ink
    from penlift.ink.scales import Scales
    from penlift.ink.windows import TextLines, WindowParams, Windows, index_windows

    lines, rng = 200, np.random.default_rng(1)
    rows = rng.normal(size=(lines * points, 3)).astype(np.float32)
    rows[:, 2] = rows[:, 2] > 2
    said = ["".join(rng.choice(list(SIGNS), LETTERS)) for _ in range(lines)]
    entries = [(f"l{n:03}", "", "", said[n], "train", 0.0, n * points, points, 1) for n in range(lines)]
    ink = Ink(rows, pd.DataFrame(entries, columns=INDEX))
    index, _ = index_windows(ink, WindowParams(length=length, shortest=1, rarest=1, joined=0.0))
    if not texts:
        return Windows(ink, index, length)
    return TextLines(
        ink, index, Alphabet(SIGNS), Scales(500.0, (0.0, 0.0), (20.0, 20.0), (9.0, 0.0), (20.0, 15.0)), 0.0
    )


def make_network(cell: str, peepholes: bool, hidden: int = HIDDEN, skip: bool = False, text: bool = False) -> "Network":
    """The network of the article's size, untrained."""
    from penlift.ink.alphabet import Alphabet
    from penlift.model.network import ModelParams, Network

    shape = {"cell": cell, "peepholes": peepholes, "layers": LAYERS, "hidden": hidden, "mixtures": MIXTURES}
    params = ModelParams.model_validate(shape | {"dropout": 0.2, "skip": skip, "text": text})
    return Network(params, (0.025, 0.025), Alphabet(SIGNS) if text else None, LETTERS / POINTS)


def training_step(
    cell: str, peepholes: bool, precision: str, batch: int = BATCH, length: int = LENGTH, hidden: int = HIDDEN
) -> Callable[[], None]:
    """One step of `penlift.training.fit` on made-up ink."""
    windows = made_up_windows(length, max(700, 2 * length))
    return step_of(make_network(cell, peepholes, hidden), precision, batch, windows)


def line_step(text: bool, batch: int) -> Callable[[], None]:
    """The same on whole lines, with skip connections, by a network that reads their texts or one that reads none."""
    windows = made_up_windows(POINTS, POINTS + 1, text)
    return step_of(make_network("lstm", False, skip=True, text=text), "float32", batch, windows)


def plain_step(cell: str, batch: int) -> Callable[[], None]:
    """The same with PyTorch's own GRU or RNN in the place of ours."""
    from torch import nn

    network = make_network(cell, False)
    own = {"gru": nn.GRU, "rnn": nn.RNN}[cell]
    for number, layer in enumerate(network.layers):
        network.layers[number] = own(layer.input_size, layer.hidden_size, batch_first=True)
    return step_of(network, "float32", batch, made_up_windows(LENGTH, 700))


def step_of(network: "Network", precision: str, batch: int, windows: "Windows | TextLines") -> Callable[[], None]:
    """One step of a network's training."""
    from penlift.common.params import read_params
    from penlift.training.loop import fit
    from penlift.training.optimisation import TrainParams
    from penlift.training.writing import start_training

    recipe = read_params(ROOT / "params.yaml")["train"] | {"batch": batch, "threads": THREADS, "precision": precision}
    params = TrainParams.model_validate(recipe | {"epochs": 1000, "learning_rate": 1e-4, "grow": 0})
    steps = fit(start_training(network, params), windows, params)

    def step() -> None:
        next(steps)

    return step


def windows_alone(batch: int) -> Callable[[], None]:
    """Making the windows of one step."""
    windows, numbers = made_up_windows(LENGTH, 700), count()

    def make() -> None:
        windows.batch(1, next(numbers), batch, LENGTH)

    return make


def peer_step(peer: Callable[..., Callable[[], None]], batch: int) -> Callable[[], None]:
    """The step that others take."""
    return peer(batch, LENGTH, HIDDEN, LAYERS, MIXTURES)


def measure(variant: str, batch: int) -> dict[str, float]:
    """Milliseconds of a step, the median of a few after a warm-up, and peak memory in MiB, in this process."""
    import torch

    from penlift.common.machine import keep_freed_memory

    keep_freed_memory()
    torch.set_num_threads(THREADS)
    step = (VARIANTS | TEXTS)[variant].make(batch)
    times = []
    for _ in range(STEPS + 2):
        began = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - began))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"ms": statistics.median(times[2:]), "peak": peak}


class Variant(NamedTuple):
    """What is measured."""

    make: Callable[[int], Callable[[], None]]  # of so many windows a step
    against: str  # the variant that it is set against


def alone(cell: str) -> str:
    """The name of the variant that is a cell's products and nothing else."""
    return f"products of the {cell} alone"


OF_LSTM = alone("lstm")
VARIANTS = {
    **{alone(cell): Variant(partial(products, cell, "float32"), alone(cell)) for cell in GATES},
    f"{OF_LSTM}, bfloat16": Variant(partial(products, "lstm", "bfloat16"), OF_LSTM),
    **{name: Variant(partial(training_step, *what), alone(what[0])) for name, what in CELLS.items()},
    **{f"{cell}, PyTorch's own": Variant(partial(plain_step, cell), alone(cell)) for cell in ("gru", "rnn")},
    "making the windows alone": Variant(windows_alone, OF_LSTM),
    **{name: Variant(partial(peer_step, peer), OF_LSTM) for name, peer in PEERS.items()},
}
TEXTS = {
    "without text": Variant(partial(line_step, False), "without text"),
    "with text": Variant(partial(line_step, True), "without text"),
}


def main(variants: dict[str, Variant], batch: int, title: str) -> None:
    import torch

    from penlift.training.device import computes

    found: dict[str, list[dict[str, float]]] = {variant: [] for variant in variants}
    if not computes("bfloat16", torch.device("cpu")):
        print("this CPU has no bfloat16", file=sys.stderr)
        found = {variant: runs for variant, runs in found.items() if not variant.endswith("bfloat16")}
    for turn in range(ROUNDS):
        for variant, runs in found.items():
            command = [sys.executable, __file__, str(batch), variant]
            answer = subprocess.run(command, capture_output=True, text=True, check=True)
            runs.append(json.loads(answer.stdout))
        print(f"round {turn + 1} of {ROUNDS}", file=sys.stderr)
    medians = {variant: statistics.median(run["ms"] for run in runs) for variant, runs in found.items()}
    print(f"{title:40} {'ms':>7} {'ratio':>6} {'peak MiB':>9}")
    for variant, runs in found.items():
        least = found[variants[variant].against]
        ratio = statistics.median(run["ms"] / other["ms"] for run, other in zip(runs, least, strict=True))
        print(f"{variant:40} {medians[variant]:7.1f} {ratio:6.3f} {max(run['peak'] for run in runs):9.0f}")


if __name__ == "__main__":
    asked = sys.argv[1] if len(sys.argv) > 1 else str(BATCH)
    if len(sys.argv) > 2:
        print(json.dumps(measure(sys.argv[2], int(asked))))
    elif asked == "text":
        main(TEXTS, LINES, f"B {LINES}, T {POINTS}, 2 x 256, skip, {LETTERS} letters")
    else:
        main(VARIANTS, int(asked), f"B {asked}, T 300, 2 x 256, 20 mixtures")
