"""What does `penlift write --best-of` gain? `python bench/best_of.py [BIAS [LINES]]`, where a run with text lies.

Held-out texts that stand in no training line are written eight times each. The run's recogniser picks of the first two,
four and eight; a second one reads what was picked: of another architecture, another seed, and asked about nothing. It
is trained here first, in .state/second, as long as the first was. Printed: the share of letters that it reads wrongly,
and, beside that, the share by the recogniser that picked, which flatters.
"""

import sys
from contextlib import nullcontext
from pathlib import Path

import torch
from torch import nn

from penlift.common.geometry import Array
from penlift.common.params import read_section
from penlift.common.terminal import shown
from penlift.evaluation.legibility import AGAIN, lines_at
from penlift.ink.alphabet import Alphabet
from penlift.ink.lines import Ink, evenly, load_points
from penlift.model.checkpoint import load_model
from penlift.recognition.checkpoint import load_recogniser
from penlift.recognition.edits import Edits, edits
from penlift.recognition.lesson import as_training, lesson_of
from penlift.recognition.network import CHANNELS, Recogniser
from penlift.recognition.params import RecogniseParams
from penlift.recognition.reading import costs_of, read
from penlift.training import trainer
from penlift.training.distributed import ALONE
from penlift.training.optimisation import make_optimiser
from penlift.training.resume import StateKeeper
from penlift.training.state import TrainState

OF = (1, 2, 4, 8)
SEED = 1


class Second(Recogniser):
    """Three bidirectional layers of gated recurrent units (Cho et al. 2014) in the place of two of LSTM cells."""

    def __init__(self, hidden: int, dropout: float, alphabet: Alphabet) -> None:
        super().__init__(hidden, dropout, alphabet)
        widths = (CHANNELS[-1][1], 2 * hidden, 2 * hidden)
        self.forwards = nn.ModuleList(nn.GRU(width, hidden, batch_first=True) for width in widths)
        self.backwards = nn.ModuleList(nn.GRU(width, hidden, batch_first=True) for width in widths)


def second_of(ink: Ink, params: RecogniseParams, folder: Path) -> Second:
    """The best epoch's; `folder` keeps its state: what was cut short goes on, and what is done is not done again."""
    lesson, training = lesson_of(ink, params.rarest), as_training(params)
    torch.manual_seed(params.seed)
    torch.set_num_threads(params.threads)
    network = Second(params.hidden, params.dropout, lesson.alphabet)
    state = TrainState(network, make_optimiser(network.parameters(), training))
    keeper = StateKeeper(folder, f"Second {params}", params.save_every)
    trainer.run(state, lesson, training, keeper, ALONE, lambda: nullcontext(lambda _: None), lambda: None)
    network.load_state_dict(state.best)
    return network


def wrong(reader: Recogniser, lines: list[Array], texts: list[str]) -> float:
    """The share of letters that a recogniser reads wrongly."""
    pairs = zip(texts, read(reader, lines), strict=True)
    return sum((edits(reader.alphabet.plain(text), found.text) for text, found in pairs), Edits()).rate


def main(bias: float = 0.5, most: int = 200) -> None:
    asked = read_section(Path("params.yaml"), "recognise", RecogniseParams)
    ink, model = load_points(Path("data/ink")), load_model(Path("models"))
    first = load_recogniser(Path("reports/recogniser"))
    params = asked.model_copy(update={"seed": asked.seed + 1, "hidden": 80, "start": None})
    second = second_of(ink, params, Path(".state/second"))
    known = set(ink.index["text"].iloc[ink.of_split("train")])
    unseen = [number for number in ink.of_split("test", with_text=True) if ink.index["text"].iloc[number] not in known]
    numbers = evenly(unseen, most)
    texts = [str(text) for text in ink.index["text"].iloc[numbers]]
    print(f"{len(texts)} unseen texts of the test split at bias {bias:g}")
    real = [ink.rows_of(number) for number in numbers]
    by_second, by_first = wrong(second, real, texts), wrong(first, real, texts)
    print(f"people's lines: {100 * by_second:.1f} % by the second, {100 * by_first:.1f} % by the first")
    drawn, costs = [], []
    for turn in shown(range(max(OF)), "write", max(OF)):
        again = [AGAIN * turn + number for number in numbers]
        lines = lines_at(model, texts, again, bias, SEED)
        drawn.append(lines)
        costs.append(costs_of(first, lines, texts))
    for of in OF:
        picked = [min(range(of), key=lambda turn: costs[turn][row]) for row in range(len(texts))]
        lines = [drawn[turn][row] for row, turn in enumerate(picked)]
        by_second, by_first = wrong(second, lines, texts), wrong(first, lines, texts)
        print(f"best of {of}: {100 * by_second:.1f} % by the second, {100 * by_first:.1f} % by the first, which picked")


if __name__ == "__main__":
    main(*(kind(each) for kind, each in zip((float, int), sys.argv[1:], strict=False)))
