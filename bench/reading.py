"""Time and memory of reading 1,000 lines: `python bench/reading.py [RECOGNISER [INK]]`, on one thread.

Defaults: reports/recogniser and data/ink. Lines are taken evenly from all; where there are fewer, from the first again.
"""

import resource
import sys
import time
from itertools import cycle, islice
from pathlib import Path

import torch

from penlift.ink.lines import evenly, load_points
from penlift.recognition.checkpoint import load_recogniser
from penlift.recognition.reading import read

LINES = 1000


def main(recogniser: Path, ink: Path) -> None:
    torch.set_num_threads(1)
    known, lines = load_recogniser(recogniser), load_points(ink)
    chosen = list(islice(cycle(evenly(range(len(lines)), LINES)), LINES))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    letters = sum(len(reading.text) for reading in read(known, (lines.rows_of(number) for number in chosen)))
    seconds, peak = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{LINES} lines, {letters} letters read: {seconds:.1f} CPU s, {1000 * seconds / LINES:.1f} ms a line")
    print(f"memory: {peak // 1024} MiB at most, {(peak - before) // 1024} more than before the first")


if __name__ == "__main__":
    main(*map(Path, (sys.argv[1:] + ["reports/recogniser", "data/ink"][len(sys.argv) - 1 :])[:2]))
