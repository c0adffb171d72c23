"""Draw one text in several hands, one below another: `python bench/hands.py OUT.svg [TEXT] [BIAS]`; -h has the rest.

The hands are lines of six training writers drawn with seed 1, each read with its own text before what is written; none
is written again. The README's picture is that of `make repro PRESET=text`.
"""

import argparse
from pathlib import Path

from penlift.common.files import write_bytes
from penlift.drawing.svg import draw_plain, page_of
from penlift.handwriting import as_drawn, write
from penlift.ink.lines import Ink, hands_in, load_ink
from penlift.model.checkpoint import load_model

HANDS = 6


def hands_of(ink: Ink, count: int = HANDS) -> list[int]:
    """The number of a line, of usual length, of each of so many training writers, or forms, drawn with seed 1."""
    index = ink.index.iloc[ink.of_split("train", with_text=True)]
    far = (index["text"].map(len) - index["text"].map(len).median()).abs()
    return far.groupby(hands_in(index), sort=True).idxmin().sample(count, random_state=1).tolist()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("out", type=Path)
    asked.add_argument("text", nargs="?", default="Write what I say, in my own hand")
    asked.add_argument("bias", nargs="?", type=float, default=0.5)
    asked.add_argument("--model", type=Path, default=Path("models"))
    asked.add_argument("--ink", type=Path, default=Path("data/ink"))
    given = asked.parse_args()
    model, ink = load_model(given.model), load_ink(given.ink)
    drawn = []
    for number in hands_of(ink):
        hand = ink.line(number)
        lines = write(model, text=given.text, bias=given.bias, prime=hand.rows, says=hand.text).lines
        (line,) = as_drawn(lines, model.scales)
        drawn.append(line.points[line.primed + 1 :])
        print(f"{hand.writer or hand.form}, by {hand.name}: {'ended by itself' if line.ended else 'had to be ended'}")
    write_bytes(given.out, draw_plain(page_of(drawn)))


if __name__ == "__main__":
    main()
