"""What does `penlift write --best-of` gain? `python bench/best_of.py [BIAS [LINES]]`, where a run with text lies.

Held-out texts that stand in no training line are written eight times each. The run's recogniser picks of the first two,
four and eight; a second one reads what was picked: of another architecture, another seed, and asked about nothing. It
is trained here first, in .state/second, as long as the first was. Printed: the share of letters that it reads wrongly,
and, beside that, the share by the recogniser that picked, which flatters.
"""

import sys
from pathlib import Path

from readers import Second, trained

from penlift.common.geometry import Array
from penlift.common.params import read_section
from penlift.common.terminal import shown
from penlift.evaluation.legibility import AGAIN, written
from penlift.ink.lines import evenly, load_points
from penlift.model.checkpoint import load_model
from penlift.recognition.checkpoint import load_recogniser
from penlift.recognition.edits import Edits, edits
from penlift.recognition.network import Recogniser
from penlift.recognition.params import RecogniseParams
from penlift.recognition.reading import costs_of, read

OF = (1, 2, 4, 8)
SEED = 1


def wrong(reader: Recogniser, lines: list[Array], texts: list[str]) -> float:
    """The share of letters that a recogniser reads wrongly."""
    pairs = zip(texts, read(reader, lines), strict=True)
    return sum((edits(reader.alphabet.plain(text), found.text) for text, found in pairs), Edits()).rate


def main(bias: float = 0.5, most: int = 200) -> None:
    asked = read_section(Path("params.yaml"), "recognise", RecogniseParams)
    ink, model = load_points(Path("data/ink")), load_model(Path("models"))
    first = load_recogniser(Path("reports/recogniser"))
    params = asked.model_copy(update={"seed": asked.seed + 1, "hidden": 80})
    second, minutes = trained(ink, params, Path(".state/second"), Second)
    known = set(ink.index["text"].iloc[ink.of_split("train")])
    unseen = [number for number in ink.of_split("test", with_text=True) if ink.index["text"].iloc[number] not in known]
    numbers = evenly(unseen, most)
    texts = [str(text) for text in ink.index["text"].iloc[numbers]]
    print(f"{len(texts)} unseen texts of the test split at bias {bias:g}; second recogniser: {minutes:.0f} minutes")
    real = [ink.rows_of(number) for number in numbers]
    by_second, by_first = wrong(second, real, texts), wrong(first, real, texts)
    print(f"people's lines: {100 * by_second:.1f} % by the second, {100 * by_first:.1f} % by the first")
    drawn, costs = [], []
    for turn in shown(range(max(OF)), "write", max(OF)):
        again = [AGAIN * turn + number for number in numbers]
        lines = written(model, texts, again, bias, SEED)
        drawn.append(lines)
        costs.append(costs_of(first, lines, texts))
    for of in OF:
        picked = [min(range(of), key=lambda turn: costs[turn][row]) for row in range(len(texts))]
        lines = [drawn[turn][row] for row, turn in enumerate(picked)]
        by_second, by_first = wrong(second, lines, texts), wrong(first, lines, texts)
        print(f"best of {of}: {100 * by_second:.1f} % by the second, {100 * by_first:.1f} % by the first, which picked")


if __name__ == "__main__":
    main(*(kind(each) for kind, each in zip((float, int), sys.argv[1:], strict=False)))
