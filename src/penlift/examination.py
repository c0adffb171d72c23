"""Lines read once by what predicts them: their scores, where in them it predicts well, and whether it is calibrated."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from penlift.calibration import Calibration, Transformed
from penlift.ink import LIFT, Ink
from penlift.offsets import Scales
from penlift.places import place_sums
from penlift.predictions import Predicted
from penlift.rosenblatt import DRAWS, depth, through
from penlift.scores import line_scores, score_targets

Noise = npt.NDArray[np.float32]


class Examined(NamedTuple):
    """What some lines came to."""

    lines: pd.DataFrame  # a row a line, as `scores.line_scores` has it
    places: pd.DataFrame  # a row a line and place, as `places.place_sums` has it; named by line
    calibration: Calibration


def examine(batches: Iterable[Predicted], ink: Ink, scales: Scales, seed: int) -> Examined:
    """Go once through predicted lines of an ink; `seed`: of the jitter and the draws that calibration needs."""
    lines, places, calibration = [], [], Calibration()
    for predicted in batches:
        scores = score_targets(predicted, scales)
        lines.append(line_scores(ink, predicted.lines, scores, scales))
        places.append(place_sums(predicted.lines.numbers, predicted.lines.batch, scores))
        calibration.add(transformed(predicted, scales, seed))
    by_place = pd.concat(places, ignore_index=True)
    by_place.insert(0, "line", ink.index["line"].to_numpy()[by_place.pop("number")])
    return Examined(pd.concat(lines).sort_values("line", ignore_index=True), by_place, calibration)


def transformed(predicted: Predicted, scales: Scales, seed: int) -> Transformed:
    """Send targets through their densities.

    Coordinates are integers: each offset is first spread evenly over the tablet unit that it stands for, or what goes
    through a density as narrow as that unit would fall on few places.
    """
    lines, targets, mask, mixture = predicted
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
