"""All that is asked of a trained network: how well it predicts lines that it reads, and what it writes by itself."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field

from penlift.common.errors import InputError
from penlift.common.geometry import Floats
from penlift.common.params import Params
from penlift.common.terminal import Meter, shown
from penlift.evaluation.baseline import fit_baseline
from penlift.evaluation.comparison.intervals import clusters_of
from penlift.evaluation.comparison.movement import WAYS, compare_movement
from penlift.evaluation.comparison.shape import Likeness, likeness
from penlift.evaluation.comparison.two_sample import Discrepancy, between_halves, of_pairs, windows_of_line
from penlift.evaluation.free_running import Pair, free_run, real_line
from penlift.evaluation.prediction import Examined, examine
from penlift.ink.lines import SPLITS, Ink, evenly
from penlift.model.checkpoint import Model
from penlift.model.scores import Predicted, Predictor, predict_lines, readable
from penlift.sampling.health import health_of, table_of

EXCHANGES = 999  # of units and their counterparts, that a p-value is counted from
WINDOWS = 1000  # of all lines of a side, at most, or one a line


class EvaluateParams(Params):
    """Section `evaluate` of params.yaml."""

    train_lines: int = Field(ge=1, description="training lines scored beside the held-out ones")
    pairs: int = Field(ge=4, le=1000, description="held-out lines, 4 to 1000, with a sample of the same length each")
    read: int = Field(
        ge=1, le=5000, description="held-out lines that a recogniser reads, 1 to 5000, and as many a bias"
    )
    seed: int = Field(ge=0, lt=2**31, description="of resampling, jitter and samples")


class ReadSplit(NamedTuple):
    """A split, read by the network and by what knows nothing."""

    network: Examined
    baseline: Examined


class FreeRunning(NamedTuple):
    """What the network wrote beside held-out lines, and how the two differ."""

    pairs: list[Pair]  # those whose dreamt line is finite
    movement: pd.DataFrame  # `movement.compare_movement`
    discrepancy: Discrepancy  # of sampled and real lines
    floor: float  # squared discrepancy of real lines from other real ones
    likeness: Likeness
    health: pd.DataFrame  # `health.table_of` all dreamt lines


def read_splits(model: Model, ink: Ink, params: EvaluateParams) -> dict[str, ReadSplit]:
    """Read whole lines of each split: all that are held out, and some of training, evenly taken."""
    numbers = {split: those for split in SPLITS if (those := readable(model.network, ink, split))}
    numbers["train"] = evenly(numbers["train"], params.train_lines)
    predictors = (model.network, fit_baseline(ink, model.scales, params.seed))
    with Meter("read lines", len(predictors) * sum(map(len, numbers.values()))) as meter:

        def read(predictor: Predictor, those: list[int]) -> Iterator[Predicted]:
            for batch in predict_lines(predictor, ink, those):
                yield batch
                meter.advance(count=len(batch.lines.numbers))

        return {
            split: ReadSplit(*(examine(read(each, those), ink, model.scales, params.seed) for each in predictors))
            for split, those in numbers.items()
        }


def write_beside(model: Model, ink: Ink, split: str, params: EvaluateParams) -> FreeRunning:
    """Let the network write beside lines of a held-out split, evenly taken, and compare."""
    held_out = evenly(readable(model.network, ink, split), params.pairs)
    drawn = free_run(model.network, ink, held_out, model.scales, params.seed)
    pairs = [pair for pair in drawn if np.isfinite(pair.dreamt.rows[:, :2]).all()]
    if not pairs:
        raise InputError(f"none of {len(drawn)} samples of this network is finite; train it anew, at a lower rate")
    real, dreamt = [pair.real for pair in pairs], [pair.dreamt for pair in pairs]
    names = pd.DataFrame([(line.name, line.writer) for line in real], columns=["line", "writer"])
    units, rng = clusters_of(names).names, np.random.default_rng(params.seed)
    windows = [[_some(windows_of_line(line), WINDOWS // len(pairs)) for line in side] for side in (dreamt, real)]
    known = ink.of_split("train")
    training = (real_line(ink, number, model.scales) for number in known)
    return FreeRunning(
        pairs,
        compare_movement(real, dreamt, units, rng),
        of_pairs(windows[0], windows[1], units, EXCHANGES, rng),
        between_halves(windows[1], units, WAYS, rng),
        likeness(real, dreamt, shown(training, "compare shapes", len(known))),
        table_of(health_of(pair.as_drawn, model.scales) for pair in drawn),
    )


def _some(windows: Floats, most: int) -> Floats:
    return windows[evenly(range(len(windows)), max(1, most))]
