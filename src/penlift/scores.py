"""What each held-out line scores under a network, or under whatever else predicts."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from penlift.ink import LIFT, Ink
from penlift.offsets import Scales, at_cap, at_rest, to_tablet
from penlift.predictions import Predicted, Predictor, predict_lines
from penlift.units import shift_to
from penlift.whole_lines import WholeLines

Array = npt.NDArray[np.float64]


class TargetScores(NamedTuple):
    """Scores of each target of each line of a batch, (B, T); zero where there is no target."""

    move_nll: Array  # nats, normalised units
    lift_nll: Array  # nats
    error: Array  # squared distance of the offset from the density's mean, in standard deviations of the data


def score_targets(predicted: Predicted, scales: Scales) -> TargetScores:
    """Score a batch of whole lines."""
    _, targets, mask, mixture = predicted
    move, lift = -mixture.log_prob_move(targets[..., :2]), -mixture.log_prob_lift(targets[..., LIFT])
    distance = (targets[..., :2] - mixture.expected_move()) * targets.new_tensor(_deviations(scales))
    return TargetScores(*(_array(score * mask) for score in (move, lift, distance.square().sum(-1))))


def score_lines(predictor: Predictor, ink: Ink, numbers: list[int], scales: Scales) -> Iterator[pd.DataFrame]:
    """Tables of these lines' scores, batch by batch."""
    for predicted in predict_lines(predictor, ink, numbers):
        yield line_scores(ink, predicted.lines, score_targets(predicted, scales), scales)


def line_scores(ink: Ink, lines: WholeLines, scores: TargetScores, scales: Scales) -> pd.DataFrame:
    """A row a line, of summed scores: all targets, and those neither at the cap nor exactly zero (`ordinary`)."""
    moves = to_tablet(lines.batch.targets, scales)
    ordinary = lines.batch.mask & ~at_cap(moves, scales.cap) & ~at_rest(moves)
    return pd.DataFrame(_sums(scores, lines, ordinary) | _names(ink, lines.numbers))


def nll_over_20(lines: pd.DataFrame, scales: Scales) -> float:
    """Nats per point with offsets divided by 20, as the article has them, whatever they were normalised by."""
    nats = lines[["move_nll", "lift_nll"]].to_numpy().sum()  # not by pandas, which leaves out what is not a number
    return float(nats) / int(lines["points"].sum()) + shift_to((20.0, 20.0), scales)


def _sums(scores: TargetScores, lines: WholeLines, ordinary: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Columns of sums over a line's targets, then over the ordinary ones among them."""
    return {
        "points": lines.batch.mask.sum(axis=1),
        "move_nll": scores.move_nll.sum(axis=1),
        "lift_nll": scores.lift_nll.sum(axis=1),
        "squared_error": scores.error.sum(axis=1),
    } | {
        "ordinary_points": ordinary.sum(axis=1),
        "ordinary_move_nll": (scores.move_nll * ordinary).sum(axis=1),
        "ordinary_lift_nll": (scores.lift_nll * ordinary).sum(axis=1),
        "ordinary_squared_error": (scores.error * ordinary).sum(axis=1),
    }


def _names(ink: Ink, numbers: list[int]) -> dict[str, Any]:
    entries = ink.index.iloc[numbers]
    return {name: entries[name].to_numpy() for name in ("line", "writer", "split")}


def _deviations(scales: Scales) -> tuple[float, float]:
    """Standard deviations of the data in one normalised unit, x and y."""
    return scales.scale[0] / scales.sd[0], scales.scale[1] / scales.sd[1]


def _array(score: torch.Tensor) -> Array:
    return score.double().cpu().numpy()
