"""A recogniser of some ink, trained in a folder as stage `recognise` trains it, and one of another architecture."""

import math
from contextlib import nullcontext
from pathlib import Path

import torch
from torch import nn

from penlift.ink.alphabet import Alphabet
from penlift.ink.lines import Ink
from penlift.recognition.checkpoint import begin_with, load_recogniser
from penlift.recognition.lesson import as_training, lesson_of
from penlift.recognition.network import CHANNELS, Recogniser
from penlift.recognition.params import RecogniseParams
from penlift.training import trainer
from penlift.training.distributed import ALONE
from penlift.training.folder import JOURNAL, read_events
from penlift.training.optimisation import make_optimiser
from penlift.training.resume import StateKeeper
from penlift.training.state import TrainState


class Second(Recogniser):
    """Three bidirectional layers of gated recurrent units (Cho et al. 2014) in the place of two of LSTM cells."""

    def __init__(self, hidden: int, dropout: float, alphabet: Alphabet) -> None:
        super().__init__(hidden, dropout, alphabet)
        widths = (CHANNELS[-1][1], 2 * hidden, 2 * hidden)
        self.forwards = nn.ModuleList(nn.GRU(width, hidden, batch_first=True) for width in widths)
        self.backwards = nn.ModuleList(nn.GRU(width, hidden, batch_first=True) for width in widths)


def trained(
    ink: Ink, params: RecogniseParams, folder: Path, kind: type[Recogniser] = Recogniser
) -> tuple[Recogniser, float]:
    """The best epoch's recogniser, and the minutes of its steps.

    What was cut short goes on, what is done is not done again: `folder` has its state.
    """
    start = load_recogniser(Path(params.start)) if params.start else None
    lesson = lesson_of(ink, params.rarest, start.alphabet if start else None, params.new_signs)
    torch.manual_seed(params.seed)
    torch.set_num_threads(params.threads)
    network = kind(params.hidden, params.dropout, lesson.alphabet)
    if start:
        begin_with(network, start)
    state = TrainState(network, make_optimiser(network.parameters(), as_training(params)))
    keeper = StateKeeper(folder, f"{kind.__name__} {params}", params.save_every)
    trainer.run(state, lesson, as_training(params), keeper, ALONE, lambda: nullcontext(lambda _: None), lambda: None)
    network.load_state_dict(state.best)
    steps = [event["seconds"] for event in read_events(folder / JOURNAL) if "number" in event]
    return network, sum(steps) / 60 if steps else math.nan
