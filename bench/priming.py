"""Does a network go on in the hand that it was primed with? `python bench/priming.py MODELS INK [BIAS]`.

Takes ten writers of INK who are in no training, five lines of each as primes, and measures the continuation of each as
`penlift compare` measures ink. Prints for how many of the fifty the nearest of the ten writers, by their other lines,
is the prime's own: 5 by chance. Beside that, the same for what the writers really wrote, as many points of it.

A network that reads texts is told what its prime says, and to write what another writer's line does. No line that the
judge compares with has either text, so that words decide nothing. Lines are as dense as the network learned from.
Printed beside: how many continuations ended by themselves, and how often `penlift write --hand` would warn that a
prime's words are not its own, of its very words, and of another's. The bias is 0 if none is said.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

import numpy as np
import numpy.typing as npt

from penlift.common.terminal import shown
from penlift.evaluation.comparison.kinematics import MEASURES
from penlift.handwriting import write
from penlift.ink.alphabet import Alphabet
from penlift.ink.lines import Ink, Line
from penlift.ink.offsets import thinned
from penlift.io.extraction import open_ink
from penlift.model.checkpoint import load_model
from penlift.sampling.page import Hand, says_so

WRITERS, PRIMES, POINTS = 10, 5, 600
MEASURED = [name for name in MEASURES if "character" not in name and "letter" not in name and "time" not in name]
PERCENTILES = (25, 50, 75)
Floats = npt.NDArray[np.float64]


def features(line: Line) -> Floats:
    """Percentiles of all that can be measured of a line without its text and its clock; NaN where there is nothing."""
    found = [MEASURES[name](line) for name in MEASURED]
    return np.concatenate([np.percentile(values, PERCENTILES) if len(values) else [np.nan] * 3 for values in found])


def writers_of(ink: Ink, alphabet: Alphabet | None) -> dict[str, list[int]]:
    """The lines of the ten held-out writers who have most of them; those that the alphabet can say, if there is one."""
    held_out = ink.index[ink.index["split"].isin(["valid", "test"]) & (ink.index["writer"] != "")]
    if alphabet:
        held_out = held_out[[bool(text) and not alphabet.unknown(text) for text in held_out["text"]]]
    lines = {str(writer): list(map(int, part.index)) for writer, part in held_out.groupby("writer")}
    most = sorted(lines, key=lambda writer: (-len(lines[writer]), writer))[:WRITERS]
    if len(most) < WRITERS or len(lines[most[-1]]) < PRIMES + 2:
        sys.exit(f"needs {WRITERS} held-out writers of {PRIMES + 2} lines; {len(lines)} writers are held out")
    return {writer: lines[writer] for writer in most}


def nearest(measured: Floats, others: dict[str, Floats], spread: Floats) -> str:
    """The writer whose lines, (n, features), lie nearest in the mean, feature by feature in standard deviations."""
    apart = {
        writer: np.nanmean(((measured - np.nanmean(lines, axis=0)) / spread) ** 2) for writer, lines in others.items()
    }
    return min(apart, key=lambda writer: apart[writer])


def as_line(points: npt.NDArray[np.floating]) -> Line:
    rows = np.column_stack([points[:, :3], np.zeros(len(points))]).astype(np.float32)
    return Line("", "", "", "", "", 0.0, rows)


def main(models: Path, folder: Path, bias: float) -> None:
    model = load_model(models)
    reads = model.network.alphabet is not None
    with open_ink(folder, print) as ink:
        lines, texts = writers_of(ink, model.network.alphabet), ink.index["text"]
        rows = {
            number: thinned(np.array(ink.rows_of(number)), model.scales.rate)
            for own in lines.values()
            for number in own
        }
        table = {number: features(as_line(points[:POINTS])) for number, points in rows.items()}
        spread = np.nanstd(np.stack(list(table.values())), axis=0) + 1e-9
        hits, warned = {"continuations": 0, "real lines": 0}, {"their own words": 0, "another's words": 0}
        ended = 0
        primes = [(writer, number) for writer, own in lines.items() for number in own[:PRIMES]]
        for place, (writer, number) in shown(iter(list(enumerate(primes))), "prime", len(primes)):
            _, said = primes[place - PRIMES]  # of the writer before
            apart = {number, said} if reads else {number}
            others = {name: np.stack([table[each] for each in own if each not in apart]) for name, own in lines.items()}
            told = {"text": texts[said], "says": texts[number]} if reads else {"points": POINTS}
            (dreamt,) = write(model, prime=rows[number], seed=number, bias=bias, **told).lines
            ended += dreamt.ended
            written = features(as_line(dreamt.points[dreamt.primed :]))
            hits["continuations"] += nearest(written, others, spread) == writer
            hits["real lines"] += nearest(table[number], others, spread) == writer
            for name, words in zip(warned, (texts[number], texts[said]), strict=True):
                warned[name] += reads and not says_so(model, Hand(rows[number], words))
    for name, count in hits.items():
        print(f"{name:14} nearest to their own writer: {count} of {len(primes)}")
    if reads:
        print(f"ended by themselves: {ended} of {len(primes)}")
        for name, count in warned.items():
            print(f"warned of {name:15}: {count} of {len(primes)}")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: python bench/priming.py MODELS INK [BIAS]")
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) == 4 else 0.0)
