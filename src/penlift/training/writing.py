"""The lesson of a network that writes: the likelihood of where the pen goes next, and a line it writes by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import ClassVar

import numpy as np
import pandas as pd

from penlift.common.errors import InputError
from penlift.ink.alphabet import Alphabet
from penlift.ink.lines import Ink, evenly
from penlift.ink.scales import Scales, point_of, shift_to
from penlift.ink.windows import TextLines, Windows
from penlift.model.cells.lstm import PeepholeLSTM
from penlift.model.network import Network
from penlift.model.scores import line_scores, nll_over_20, predict_lines, readable, score_targets
from penlift.sampling.sampler import most_points, noise_of, sample
from penlift.training.lesson import Judged
from penlift.training.optimisation import TrainParams, make_optimiser
from penlift.training.state import Epoch, TrainState

NATS = ("train_nll_nats_per_point", "valid_nll_nats_per_point")  # offsets divided by 20
REACHED = 0.95  # of a text: a window that ends behind this share has come to its end
WATCHED = 400  # points of the line dreamt behind each epoch, from the same random numbers
TOLD = 10  # texts of held-out lines that a model keeps, to write them where nobody says what


def start_training(network: Network, params: TrainParams) -> TrainState[Network]:
    """The state before the first step; the network is told how derivatives are clipped on their way back."""
    network.bound = params.clip_outputs
    for layer in network.layers:
        if isinstance(layer, PeepholeLSTM):
            layer.bound = params.clip_gates
        elif params.clip_gates is not None:
            raise InputError(f"train.clip_gates is {params.clip_gates}; only lstm with peepholes clips there")
    return TrainState(network, make_optimiser(network.parameters(), params))


@dataclass(frozen=True)
class Material:
    """What is learned from, and what is held out; see `penlift.training.lesson`."""

    verb: ClassVar = "train"
    counted: ClassVar = "points"
    shared: ClassVar = False
    names: ClassVar = NATS
    ink: Ink  # normalised offsets, all splits
    batches: Windows | TextLines  # of its training split
    scales: Scales
    alphabet: Alphabet | None = None  # of its texts, for a network that reads
    pace: float = 1.0  # letters a point of the training lines
    others: Mapping[str, int] = field(default_factory=dict)  # how often signs of these lines stand that share a number

    @property
    def texts(self) -> tuple[str, ...]:
        """Of some held-out lines, evenly taken, for a network that writes them; none for another."""
        texts = self.ink.index["text"].iloc[self.ink.of_split("valid", with_text=True)]
        return tuple(evenly(texts.tolist(), TOLD)) if self.alphabet else ()

    def shown(self, nll: float) -> float:
        """Nats a point, offsets divided by 20, of nats in normalised units."""
        return nll + shift_to((20.0, 20.0), self.scales)

    def judge(self, network: Network) -> Judged:
        """Validate, and have it dream a line, or write the text of a held-out one."""
        nll, ends = validate(network, self.ink, self.scales)
        more, points, texts = dict[str, float](), WATCHED, list[str]()
        if network.alphabet:  # where its window ends, by the text's length, and the share of lines that it has read
            more = {"window_end": median(ends), "window_reaches": fmean(end >= REACHED for end in ends)}
            texts = [str(self.ink.index["text"].iloc[readable(network, self.ink, "valid")[0]])]
            points = most_points(network, texts[0])
        (dreamt,) = sample(network, self.scales, noise_of(1, range(1), points), texts=texts)
        return Judged(nll, more, dreamt.points.astype(np.float32))

    def look(self, folder: Path) -> str:
        """What there is to see."""
        return f"watch it learn to write: the newest of {folder}/epoch-*.svg"

    def note(self, loss: float, last: Epoch | None) -> str:
        """How it stands."""
        held_out = f", {last.held_out:.3f} held out" if last else ""
        return f"{loss:.3f}{held_out} nats/{point_of(self.scales.rate)} (offsets/20)"

    def said(self, epoch: Epoch) -> str:
        """What became of an epoch."""
        nats = f"{epoch.train:.3f} in training, {epoch.held_out:.3f} held out"
        window = f", its window at {epoch.more['window_end']:.2f} of the text" if epoch.more else ""
        return f"epoch {epoch.epoch}: {nats} (nats/{point_of(self.scales.rate)}, offsets/20){window}{epoch.how}"


def validate(network: Network, ink: Ink, scales: Scales) -> tuple[float, list[float]]:
    """NLL of the valid split, whole lines, dropout off: nats a point, offsets divided by 20.

    With it, of a network with text, where its window stands at the end of each line, in shares of the text's length.
    """
    tables, ends = [], list[float]()
    for read in predict_lines(network, ink, readable(network, ink, "valid")):
        tables.append(line_scores(ink, read.lines, score_targets(read, scales), scales))
        if read.window:
            letters, last = (read.lines.batch.text >= 0).sum(axis=1) - 1, read.lines.batch.mask.sum(axis=1) - 1
            ends += (read.window.along()[0][last, range(len(last))] / letters).tolist()
    return nll_over_20(pd.concat(tables), scales), ends
