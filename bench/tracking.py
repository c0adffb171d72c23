"""What tracking costs, and what it loses: `python bench/tracking.py`.

First the faults of tests/faults.py, a row each: points that a store should hold of a training, those found there once
all was mended, those found twice. Then what a run pays: the seconds of stage train with the live feed on and off, and
of stage track, while the server is up, hung and down, and with the embedded sqlite file; in turn, medians.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from clone import STAGES, finish, set_params, start
from faults import FAULTS, Bench, suffer

ROUNDS = 3
LONGER = {
    "compose": {"lines": 300, "writers": 30},
    "model": {"hidden": 256, "mixtures": 20},
    "train": {"epochs": 2, "threads": 2, "save_every": 30},
    "evaluate": {"pairs": 10, "train_lines": 20},
}
INK, MODELS, TRAIN, SAMPLES = "data/ink", "models", "reports/train", "reports/samples"
METRICS, EVALUATED, PAGE = "reports/metrics.json", "reports/evaluate", "reports/index.html"
REPORT = (INK, "data/offsets", "data/windows", TRAIN, SAMPLES, METRICS, EVALUATED, PAGE)
TRACK = (INK, MODELS, TRAIN, SAMPLES, METRICS, EVALUATED, PAGE)


def faults(bench: Bench) -> None:
    print(f"{'fault':40} {'expected':>8} {'found':>6} {'twice':>6} {'runs':>5}  status")
    for name in FAULTS:
        result = suffer(bench, name)
        print(
            f"{name:40} {result.expected:8} {result.found:6} {result.twice:6} {result.runs:5}  {result.status}",
            flush=True,
        )


def timed(bench: Bench, stage: str, *paths: str, watched: str) -> float:
    began = time.monotonic()
    process = start(bench.folder, stage, *paths, watched=watched)
    _, said = process.communicate()
    if process.returncode:
        raise RuntimeError(said)
    return time.monotonic() - began


def cost(bench: Bench) -> None:
    """Seconds of train and track, by what the store is doing."""
    set_params(bench.folder, LONGER)
    finish(bench.folder, *list(STAGES)[:4])
    shutil.rmtree(bench.folder / ".state", ignore_errors=True)
    finish(bench.folder, *list(STAGES)[4:])
    start(bench.folder, "report", *REPORT).communicate()
    stores = {"off": "", "up": bench.server.uri, "hung": bench.server.uri, "down": "http://127.0.0.1:9",
              "sqlite": f"sqlite:///{bench.folder / 'mlflow.db'}"}  # fmt: skip
    train: dict[str, list[float]] = {name: [] for name in stores}
    track: dict[str, list[float]] = {name: [] for name in stores}
    for number in range(ROUNDS):
        for name, uri in stores.items():
            shutil.rmtree(bench.folder / ".state", ignore_errors=True)
            if name == "hung":
                bench.server.hang()
            train[name].append(timed(bench, "train", *STAGES["train"], watched=uri))
            if uri:
                set_params(bench.folder, {"sample": {"seed": hash((number, name)) % 2**30}})  # an outcome of its own
                track[name].append(timed(bench, "track", *TRACK, watched=uri))
            bench.server.wake()
    print(f"\n{'store':10} {'train, s':>9} {'more, s':>8} {'track, s':>9} {'added, s':>9}")
    for name in stores:
        more, sent = median(train[name]) - median(train["off"]), median(track[name] or [0.0])
        print(f"{name:10} {median(train[name]):9.1f} {more:8.1f} {sent:9.1f} {more + sent:9.1f}")


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        bench = Bench(Path(place))
        bench.server.start()
        try:
            faults(bench)
            cost(bench)
        finally:
            bench.server.wake()
            bench.server.kill()


if __name__ == "__main__":
    main()
