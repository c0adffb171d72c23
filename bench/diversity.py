"""How unlike are lines of one text in different hands of the built-in corpus? `python bench/diversity.py`.

Twenty texts by twenty writers of section `compose` of params.yaml, evenly taken; the mean distance in shape of two
lines of one text, in tablet units, as `legibility.tablet_units_apart` of metrics.json has it of what a network writes.
"""

from pathlib import Path

import numpy as np

from penlift.common.params import read_section
from penlift.common.terminal import shown
from penlift.corpus.compose import ComposeParams, Place, hand, line_of, lists_of, read_words, texts
from penlift.corpus.typeface import read_typefaces
from penlift.evaluation.comparison.shape import all_distances, shape_of
from penlift.ink.lines import evenly

ROOT = Path(__file__).resolve().parents[1]
TEXTS, HANDS = 20, 20


def main() -> None:
    asked = read_section(ROOT / "params.yaml", "compose", ComposeParams)
    typefaces = read_typefaces(ROOT / "src/penlift/corpus/fonts")
    words = read_words(ROOT / "src/penlift/corpus/prose/sentences.txt")
    params = asked.model_copy(update={"lines": TEXTS, "writers": HANDS})
    numbers = evenly(range(asked.writers), HANDS)
    hands = [hand(number, asked.seed, typefaces) for number in numbers]
    apart = []
    for turn, text in enumerate(shown(texts(params, words), "write", TEXTS)):
        places = ((turn * HANDS + number, Place(number, "a01-000u", 1), text) for number in range(HANDS))
        lines = [line_of(place, params, hands, lists_of(HANDS)) for place in places]
        apart.append(all_distances(np.stack([shape_of(np.concatenate(line.strokes)) for line in lines])).mean())
    print(f"{TEXTS} texts by {HANDS} writers: {np.mean(apart):.1f} tablet units apart")


if __name__ == "__main__":
    main()
