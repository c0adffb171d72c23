"""Two processes of a thread each against one with two threads: `python bench/processes.py`.

Trains the same steps both ways, in turn, in a copy of this tree with a small corpus, for the batch of the default
recipe and for the article's. Prints the median milliseconds of a step, and their ratio.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from clone import copy_tree, finish, make_data, set_params

from penlift.training.folder import read_events

ROUNDS = 3
WAYS = {"one process, two threads": (1, 2), "two processes, a thread each": (2, 1)}
TARGETS = {8: 1, 50: 3}  # epochs by batch: enough steps of each


def step(folder: Path, batch: int, processes: int, threads: int) -> float:
    """Milliseconds of a step, the median of a training."""
    for name in (".state", "models", "reports"):
        shutil.rmtree(folder / name, ignore_errors=True)
    own = {"batch": batch, "epochs": TARGETS[batch], "grow": 0, "processes": processes, "threads": threads}
    set_params(folder, {"train": own})
    finish(folder, "train")
    (journal,) = folder.glob(".state/*/journal.jsonl")
    return 1000 * median(float(event["seconds"]) for event in read_events(journal) if "number" in event)


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        copy_tree(folder)
        set_params(folder, {"compose": {"lines": 150, "writers": 12}})
        make_data(folder)
        print(f"{'windows a step':>14}  {'':30} {'ms a step':>9} {'ratio':>6}", flush=True)
        for batch in TARGETS:
            found: dict[str, list[float]] = {way: [] for way in WAYS}
            for _ in range(ROUNDS):
                for way, (processes, threads) in WAYS.items():
                    found[way].append(step(folder, batch, processes, threads))
            first = next(iter(found.values()))
            for way, times in found.items():
                ratio = median(time / alone for time, alone in zip(times, first, strict=True))
                print(f"{batch:14}  {way:30} {median(times):9.1f} {ratio:6.3f}", flush=True)


if __name__ == "__main__":
    main()
