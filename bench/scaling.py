"""What a training step costs against the length of its windows, its batch, and the network's size.

`python bench/scaling.py FOLDER` writes scaling.csv and scaling.svg there. Each size is a process of its own, the sizes
take turns, and the picture shows medians: straight through the origin is linear.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

SIZES = {
    "length of a window": [100, 200, 300, 500, 700, 1000],
    "windows a step": [1, 4, 8, 16, 32, 50, 100],
    "units of a layer": [64, 128, 256, 512],
}
NAMES = {"length of a window": "length", "windows a step": "batch", "units of a layer": "hidden"}
ROUNDS, STEPS = 3, 4


def measure(what: str, size: int) -> float:
    """Milliseconds of a step in this process, the median of a few after a warm-up."""
    import torch
    from step import THREADS, training_step

    from penlift.common.machine import keep_freed_memory

    keep_freed_memory()
    torch.set_num_threads(THREADS)
    step = training_step("lstm", False, "float32", **{NAMES[what]: size})
    times = []
    for _ in range(STEPS + 2):
        began = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times[2:])


def main(folder: Path) -> None:
    import pandas as pd
    from matplotlib.figure import Figure

    from penlift.drawing.plots import saved

    sizes = [(what, size) for what, all_ in SIZES.items() for size in all_]
    found: dict[tuple[str, int], list[float]] = {size: [] for size in sizes}
    for turn in range(ROUNDS):
        for what, size in sizes:
            answer = subprocess.run([sys.executable, __file__, what, str(size)], capture_output=True, check=True)
            found[what, size].append(json.loads(answer.stdout))
        print(f"round {turn + 1} of {ROUNDS}", file=sys.stderr)
    rows = [(what, size, statistics.median(times)) for (what, size), times in found.items()]
    table = pd.DataFrame(rows, columns=["what", "size", "ms"])
    table["ms_by_size"] = table["ms"] / table["size"]
    print(table.to_string(index=False, float_format=lambda value: f"{value:.2f}"))
    figure = Figure(figsize=(10, 3.2), layout="constrained")
    for axes, what in zip(figure.subplots(1, 3), SIZES, strict=True):
        part = table[table["what"] == what]
        axes.plot(part["size"], part["ms"], marker="o")
        axes.set(xlabel=what, ylabel="ms a step", xlim=(0, None), ylim=(0, None))
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / "scaling.csv", index=False, lineterminator="\n")
    (folder / "scaling.svg").write_bytes(saved(figure, "svg"))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
    elif len(sys.argv) == 2:
        main(Path(sys.argv[1]))
    else:
        sys.exit("usage: python bench/scaling.py FOLDER")
