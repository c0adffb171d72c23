"""Lines composed a second and peak memory, by the size of the corpus: `python bench/corpus.py`.

Each size is a process of its own that does the work of the stage, archives and all, on as many processes as there are
cores. Peak memory is that of the main process and of the largest of those that write.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

SIZES = (1000, 3000, 6000)


def measure(lines: int) -> dict[str, float]:
    from penlift.common.machine import cores
    from penlift.common.params import read_section
    from penlift.corpus.archives import save_archives
    from penlift.corpus.compose import ComposeParams, compose, read_words
    from penlift.corpus.typeface import read_typefaces

    params = read_section(ROOT / "params.yaml", "compose", ComposeParams).model_copy(update={"lines": lines})
    source = ROOT / "src" / "penlift" / "corpus"
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        written = compose(
            params,
            read_typefaces(source / "fonts"),
            read_words(source / "prose" / "sentences.txt"),
            cores(),
        )
        save_archives(Path(folder), written)
    peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {"seconds": time.perf_counter() - began, "main": peaks[0], "writer": peaks[1]}


def main() -> None:
    print(f"{'lines':>6} {'s':>6} {'lines/s':>8} {'main MiB':>9} {'writer MiB':>11}")
    for lines in SIZES:
        answer = subprocess.run([sys.executable, __file__, str(lines)], capture_output=True, text=True, check=True)
        found = json.loads(answer.stdout)
        rate = lines / found["seconds"]
        print(f"{lines:6} {found['seconds']:6.1f} {rate:8.1f} {found['main']:9.0f} {found['writer']:11.0f}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(json.dumps(measure(int(sys.argv[1]))))
    else:
        main()
