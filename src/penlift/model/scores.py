"""What a network expects of every point of whole lines, state carried from zero; and what each line scores."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol, cast

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from penlift.common.geometry import Floats
from penlift.ink.alphabet import Alphabet
from penlift.ink.lines import LIFT, Ink
from penlift.ink.offsets import at_cap, at_rest, to_tablet
from penlift.ink.scales import Scales, shift_to
from penlift.ink.windows import WholeLines, whole_lines
from penlift.model.cells import State
from penlift.model.cells.lstm import ReadingState
from penlift.model.cells.window import SoftWindow
from penlift.model.mixture import Mixture


class Predictor(Protocol):
    """A network, or whatever else has a density for each next point."""

    @property
    def device(self) -> torch.device:
        """Where its numbers are."""

    @property
    def alphabet(self) -> Alphabet | None:
        """Of the texts that it reads, if it does."""

    def eval(self) -> object:
        """Leave what only training does."""

    def __call__(self, offsets: Tensor, *, text: Tensor) -> tuple[Mixture, list[State]]:
        """(B, T, 3) normalised offsets and (B, U) signs to B x T mixtures, and states behind these, if it has any."""


def readable(predictor: Predictor, ink: Ink, split: str) -> list[int]:
    """The numbers of the lines of a split that it can read: those with a text, where it reads texts, else all."""
    return ink.of_split(split, with_text=bool(predictor.alphabet))


class Predicted(NamedTuple):
    """The targets of a batch of B lines, T the longest, and the density of each before it was seen."""

    lines: WholeLines
    targets: Tensor  # (B, T, 3): dx, dy, lift, normalised; zeros behind a line's end
    mask: Tensor  # (B, T): whether there is a target
    mixture: Mixture  # of B x T
    window: SoftWindow | None = None  # of a network that reads: where it went over the texts meanwhile


def predict_lines(
    predictor: Predictor, ink: Ink, numbers: list[int], said: Mapping[int, str] | None = None
) -> Iterator[Predicted]:
    """Read these lines, batch by batch: memory does not grow with their number; with what is `said` for their texts."""
    predictor.eval()
    for lines in whole_lines(ink, numbers, predictor.alphabet, said):
        inputs, targets, mask, text = (torch.from_numpy(part).to(predictor.device) for part in lines.batch)
        with torch.inference_mode():
            mixture, states = predictor(inputs, text=text)
            window = cast(ReadingState, states[0]).window if predictor.alphabet else None
            yield Predicted(lines, targets, mask, mixture, window)


class TargetScores(NamedTuple):
    """Scores of each target of each line of a batch, (B, T); zero where there is no target."""

    move_nll: Floats  # nats, normalised units
    lift_nll: Floats  # nats
    squared_error: Floats  # squared distance of the offset from the density's mean, in standard deviations of the data


def score_targets(predicted: Predicted, scales: Scales) -> TargetScores:
    """Score a batch of whole lines."""
    _, targets, mask, mixture, _ = predicted
    move, lift = -mixture.log_prob_move(targets[..., :2]), -mixture.log_prob_lift(targets[..., LIFT])
    deviations = np.divide(scales.scale, scales.sd)  # of the data, in one normalised unit
    distance = (targets[..., :2] - mixture.expected_move()) * targets.new_tensor(deviations)
    return TargetScores(*((score * mask).double().cpu().numpy() for score in (move, lift, distance.square().sum(-1))))


def score_lines(predictor: Predictor, ink: Ink, numbers: list[int], scales: Scales) -> Iterator[pd.DataFrame]:
    """Tables of these lines' scores, batch by batch."""
    for predicted in predict_lines(predictor, ink, numbers):
        yield line_scores(ink, predicted.lines, score_targets(predicted, scales), scales)


def line_scores(ink: Ink, lines: WholeLines, scores: TargetScores, scales: Scales) -> pd.DataFrame:
    """A row a line, of summed scores: all targets, and those neither at the cap nor exactly zero (`ordinary`).

    Of thinned points also the letters of its text: what is said of a point then compares with no other rate.
    """
    moves = to_tablet(lines.batch.targets, scales)
    ordinary = lines.batch.mask & ~at_cap(moves, scales.cap) & ~at_rest(moves)
    sums = {}
    for kind, which in (("", lines.batch.mask), ("ordinary_", ordinary)):
        sums[f"{kind}points"] = which.sum(axis=1)
        sums |= {f"{kind}{name}": (score * which).sum(axis=1) for name, score in scores._asdict().items()}
    entries = ink.index.iloc[lines.numbers]
    if scales.rate is not None:
        sums["letters"] = entries["text"].str.len().to_numpy()
    return pd.DataFrame(sums | {name: entries[name].to_numpy() for name in ("line", "writer", "split")})


def nll_over_20(lines: pd.DataFrame, scales: Scales) -> float:
    """Nats per point with offsets divided by 20, as the article has them, whatever they were normalised by."""
    nats = lines[["move_nll", "lift_nll"]].to_numpy().sum()  # not by pandas, which leaves out what is not a number
    return float(nats) / int(lines["points"].sum()) + shift_to((20.0, 20.0), scales)
