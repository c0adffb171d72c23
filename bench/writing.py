"""What `penlift write` takes: `python bench/writing.py MODELS [LINES ...]`; a letter of 20 lines and 1,000 if not said.

MODELS is a folder of a network with text. The text is the built-in prose, in paragraphs of five lines. Prints seconds
of the command in a fresh process, its peak memory, and, in another, how long loading, writing and drawing take.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

PROSE = ROOT / "src" / "penlift" / "corpus" / "prose" / "sentences.txt"
COMMAND = f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); from penlift.cli.main import main; main()"
SIZES, PARAGRAPH = (20, 1000), 5  # lines


def text_of(models: Path, lines: int) -> str:
    """Prose that takes about so many lines, without what the network cannot write."""
    from penlift.model.checkpoint import load_model
    from penlift.sampling.page import LETTERS

    alphabet = load_model(models).network.alphabet
    if alphabet is None:
        sys.exit(f"{models} has a network that writes no texts; give one that was trained with model.text true")
    prose = cycle([line for line in PROSE.read_text(encoding="utf-8").splitlines() if not alphabet.unknown(line)])
    paragraphs, left = [""], lines * LETTERS
    while left > 0:
        if len(paragraphs[-1]) >= PARAGRAPH * LETTERS:
            paragraphs.append("")
        paragraphs[-1] += f"{next(prose)} "
        left = lines * LETTERS - sum(map(len, paragraphs))
    return "\n\n".join(paragraphs)


def inside(models: Path, file: Path) -> dict[str, float]:
    """Seconds of the parts of the command, in this process, and how many lines it made."""
    began = time.perf_counter()
    from penlift.common.machine import keep_freed_memory
    from penlift.handwriting import drawn_page, sample_params
    from penlift.model.checkpoint import load_model
    from penlift.sampling.page import write_page

    keep_freed_memory()
    model, paragraphs = load_model(models), file.read_text(encoding="utf-8").split("\n\n")
    asked = {"lines": 1, "points": 1, "strokes": None, "width": None, "bias": 0.5, "seed": 1}
    loaded = time.perf_counter()
    written = list(write_page(model, paragraphs, sample_params(asked, 1.0)))
    ended = time.perf_counter()
    drawn_page(written, model.scales, "svg", "plain")
    drawn = time.perf_counter()
    times = {"loading": loaded - began, "writing": ended - loaded, "drawing": drawn - ended}
    return times | {"lines": sum(map(len, written))}


def whole(models: Path, file: Path, out: Path) -> tuple[float, float]:
    """Seconds of the command, in a fresh process, and its peak memory in MiB."""
    began = time.perf_counter()
    arguments = ["write", "--file", str(file), "--model", str(models), "--out", str(out)]
    process = subprocess.Popen([sys.executable, "-c", COMMAND, *arguments], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit("penlift write failed")
    return time.perf_counter() - began, used.ru_maxrss / 1024


def main(models: Path, sizes: list[int]) -> None:
    print(f"{'lines':>6} {'signs':>7} {'command, s':>10} {'peak MiB':>9} {'loading':>8} {'writing':>8} {'drawing':>8}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as place:
            file = Path(place) / "text.txt"
            file.write_text(text_of(models, size), encoding="utf-8")
            seconds, peak = whole(models, file, Path(place) / "text.svg")
            parts = [sys.executable, __file__, "inside", str(models), str(file)]
            found = json.loads(subprocess.run(parts, capture_output=True, check=True).stdout)
            signs = len(file.read_text(encoding="utf-8"))
        times = " ".join(f"{found[name]:8.1f}" for name in ("loading", "writing", "drawing"))
        print(f"{found['lines']:6} {signs:7,} {seconds:10.1f} {peak:9.0f} {times}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python bench/writing.py MODELS [LINES ...]")
    if sys.argv[1] == "inside":
        print(json.dumps(inside(Path(sys.argv[2]), Path(sys.argv[3]))))
    else:
        main(Path(sys.argv[1]), [int(each) for each in sys.argv[2:]] or list(SIZES))
