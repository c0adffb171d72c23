"""Lines read once by what predicts them: their scores, where in a line it predicts well, and its calibration."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from penlift.evaluation.calibration import DRAWS, Calibration, Transformed, depth, through
from penlift.evaluation.comparison.intervals import Names
from penlift.ink.lines import LIFT, Ink
from penlift.ink.scales import Scales
from penlift.ink.windows import Batch
from penlift.model.scores import Predicted, TargetScores, line_scores, score_targets

Noise = npt.NDArray[np.float32]
SUMS = ("points", "move_nll", "lift_nll", "squared_error")
LAST = (10, 30, 100, 300, 1000)  # targets of each stretch of a line, counted from 1
STROKES = ("stroke starts", "inside strokes")  # at a start the pen comes down: its offset is the jump from the lift
_FIRST = (1, *(last + 1 for last in LAST))
STRETCHES = (*(f"points {a} to {b}" for a, b in zip(_FIRST, LAST, strict=False)), f"points from {_FIRST[-1]}")
PLACES = (*STROKES, *STRETCHES)


class Examined(NamedTuple):
    """What some lines came to."""

    lines: pd.DataFrame  # a row a line, as `scores.line_scores` has it
    places: pd.DataFrame  # a row a line and place, as `place_sums` has it
    calibration: Calibration


def examine(batches: Iterable[Predicted], ink: Ink, scales: Scales, seed: int) -> Examined:
    """Go once through predicted lines of an ink; `seed`: of the jitter and the draws that calibration needs."""
    lines, places, calibration = [], [], Calibration()
    for predicted in batches:
        scores = score_targets(predicted, scales)
        lines.append(line_scores(ink, predicted.lines, scores, scales))
        names = ink.index["line"].to_numpy()[predicted.lines.numbers]
        places.append(place_sums(names, predicted.lines.batch, scores))
        calibration.add(transformed(predicted, scales, seed))
    by_line = pd.concat(lines).sort_values("line", ignore_index=True)
    return Examined(by_line, pd.concat(places, ignore_index=True), calibration)


def transformed(predicted: Predicted, scales: Scales, seed: int) -> Transformed:
    """Send targets through their densities.

    Coordinates are integers: each offset is first spread evenly over the tablet unit that it stands for, or what goes
    through a density as narrow as that unit would fall on few places.
    """
    lines, targets, mask, mixture, _ = predicted
    jitter, draws = (targets.new_tensor(part) for part in _noise(seed, lines.numbers, targets.shape[1]))
    move = targets[..., :2] + jitter / targets.new_tensor(scales.scale)
    with torch.inference_mode():
        return Transformed(
            through(mixture, move).double().cpu().numpy(),
            depth(mixture, move, draws).cpu().numpy(),
            mixture.lift.sigmoid().double().cpu().numpy(),
            targets[..., LIFT].double().cpu().numpy(),
            mask.cpu().numpy(),
        )


def _noise(seed: int, numbers: list[int], length: int) -> tuple[Noise, Noise]:
    """(B, T, 2) jitter and (B, T, DRAWS, 3) for draws: each line's own, whatever stands beside it."""

    def streams(purpose: int) -> list[np.random.Generator]:
        return [np.random.default_rng([seed, number, purpose]) for number in numbers]

    jitter = np.stack([rng.uniform(-0.5, 0.5, (length, 2)) for rng in streams(0)])
    uniform = np.stack([rng.random((length, DRAWS, 1), np.float32) for rng in streams(1)])
    normal = np.stack([rng.standard_normal((length, DRAWS, 2), np.float32) for rng in streams(2)])
    return jitter.astype(np.float32), np.concatenate([uniform, normal], axis=-1)


def place_sums(names: Names, batch: Batch, scores: TargetScores) -> pd.DataFrame:
    """A row a line and place: its targets, and their scores summed."""
    parts = (batch.mask.astype(np.float64), *scores)
    sums = np.einsum("sbt,pbt->bps", np.stack(parts), _within(batch).astype(np.float64))
    columns = {name: sums[..., column].ravel() for column, name in enumerate(SUMS)}
    keys = {"line": np.repeat(names, len(PLACES)), "place": np.tile(PLACES, len(names))}
    return pd.DataFrame(keys | columns)


def _within(batch: Batch) -> npt.NDArray[np.bool_]:
    """(P, B, T): which targets are in each place."""
    starts = batch.inputs[..., LIFT] > 0.5
    starts[:, 0] = False  # START is no lift of this line: the pen is down already
    at = np.broadcast_to(np.arange(1, starts.shape[1] + 1), starts.shape)
    bounds = (0, *LAST, np.inf)
    stretches = [(first < at) & (at <= last) for first, last in pairwise(bounds)]
    return np.stack([starts, ~starts, *stretches]) & batch.mask
