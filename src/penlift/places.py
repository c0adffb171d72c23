"""Where in a line, and where in a stroke, a network predicts well: sums of scores by place."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from penlift.ink import LIFT
from penlift.scores import TargetScores
from penlift.windows import Batch

SUMS = ("points", "move_nll", "lift_nll", "squared_error")
LAST = (10, 30, 100, 300, 1000)  # targets of each stretch of a line, counted from 1
STROKES = ("stroke starts", "inside strokes")  # at a start the pen comes down: its offset is the jump from the lift
_FIRST = (1, *(last + 1 for last in LAST))
STRETCHES = (*(f"points {a} to {b}" for a, b in zip(_FIRST, LAST, strict=False)), f"points from {_FIRST[-1]}")
PLACES = (*STROKES, *STRETCHES)


def place_sums(numbers: list[int], batch: Batch, scores: TargetScores) -> pd.DataFrame:
    """A row a line and place: its targets, and their scores summed."""
    parts = (batch.mask.astype(np.float64), *scores)
    sums = np.einsum("sbt,pbt->bps", np.stack(parts), _within(batch).astype(np.float64))
    columns = {name: sums[..., column].ravel() for column, name in enumerate(SUMS)}
    names = {"number": np.repeat(numbers, len(PLACES)), "place": np.tile(PLACES, len(numbers))}
    return pd.DataFrame(names | columns)


def _within(batch: Batch) -> npt.NDArray[np.bool_]:
    """(P, B, T): which targets are in each place."""
    starts = batch.inputs[..., LIFT] > 0.5
    starts[:, 0] = False  # START is no lift of this line: the pen is down already
    at = np.broadcast_to(np.arange(1, starts.shape[1] + 1), starts.shape)
    bounds = (0, *LAST, np.inf)
    stretches = [(first < at) & (at <= last) for first, last in pairwise(bounds)]
    return np.stack([starts, ~starts, *stretches]) & batch.mask
