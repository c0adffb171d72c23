"""What an evaluation of lines of 700 points takes: `python bench/evaluation.py [LINES ...]`; 250 500 1000 if not said.

Each size is a process of its own, with the default network, untrained, on made-up ink: seconds and peak memory, whole
and of reading lines alone. Twice the lines should take about twice the time, and no more memory.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

SIZES = (250, 500, 1000)
POINTS, TRAINING, WRITERS = 700, 300, 20


def make_ink(folder: Path, lines: int) -> None:
    """Training and test lines of made-up ink, by twenty writers."""
    import numpy as np

    from penlift.ink.lines import Line, save_ink

    rng = np.random.default_rng(1)

    def line(number: int, split: str) -> Line:
        lifts = rng.random(POINTS) < 0.05
        lifts[-1] = True
        rows = np.column_stack([rng.normal(8, 40, (POINTS, 2)).round().cumsum(axis=0), lifts, np.arange(POINTS) / 70])
        return Line(f"l{number:05}", f"f{number:05}", f"w{number % WRITERS}", "", split, 0.0, rows.astype(np.float32))

    save_ink(folder, (line(number, "test" if number < lines else "train") for number in range(lines + TRAINING)))


def measure(lines: int) -> dict[str, float]:
    """Evaluate in this process."""
    import torch

    from penlift.common.machine import keep_freed_memory
    from penlift.evaluation.evaluate import EvaluateParams, read_splits, write_beside
    from penlift.evaluation.findings import likelihoods, save_findings
    from penlift.evaluation.results import judged_split
    from penlift.ink.lines import load_ink
    from penlift.ink.offsets import normalise
    from penlift.ink.scales import NormaliseParams
    from penlift.model.checkpoint import Model
    from penlift.model.network import ModelParams, Network, floor_of

    keep_freed_memory()
    torch.set_num_threads(2)
    params = EvaluateParams(train_lines=TRAINING, pairs=100, read=200, seed=1)
    shape = ModelParams(
        cell="lstm", peepholes=False, layers=2, hidden=256, mixtures=20, dropout=0.2, skip=False, text=False
    )
    with tempfile.TemporaryDirectory() as place:
        folders = [Path(place) / name for name in ("ink", "offsets", "evaluate")]
        for folder in folders:
            folder.mkdir()
        make_ink(folders[0], lines)
        scales, _ = normalise(load_ink(folders[0]), NormaliseParams(cap=500.0, scale=20.0, rate=None), folders[1])
        model, ink = (
            Model(Network(shape, floor_of(scales.scale)).eval(), shape, scales),
            load_ink(folders[1]),
        )
        began = time.perf_counter()
        splits = read_splits(model, ink, params)
        read = time.perf_counter() - began
        written = write_beside(model, ink, judged_split(splits), params)
        table = likelihoods(splits, scales, params.seed)
        save_findings(folders[2], splits, written, table, scales)
        whole = time.perf_counter() - began
    return {"read": read, "whole": whole, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main(sizes: list[int]) -> None:
    print(f"{'lines':>6} {'reading, s':>11} {'whole, s':>9} {'peak MiB':>9}", flush=True)
    for lines in sizes:
        command = [sys.executable, __file__, "--measure", str(lines)]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        print(f"{lines:6} {found['read']:11.1f} {found['whole']:9.1f} {found['peak']:9.0f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(int(sys.argv[2]))))
    else:
        main([int(size) for size in sys.argv[1:]] or list(SIZES))
