"""A network on ink that it was not trained on: the ink is normalised as the network's own was."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from penlift.checkpoint import Model
from penlift.errors import InputError
from penlift.evaluation import summarise
from penlift.ink import Ink, load_ink, save_ink
from penlift.normalisation import normalised
from penlift.scores import score_lines


def score_ink(model: Model, ink: Ink, split: str) -> dict[str, Any]:
    """The figures of a split of any ink, as metrics.json has them; z-score and vrnn units are the model's."""
    numbers = ink.of_split(split)
    if not numbers:
        raise InputError(f"no line in split {split}; name another with --split")
    with TemporaryDirectory(prefix="penlift-") as folder:
        save_ink(Path(folder), normalised((ink.line(number) for number in numbers), model.scales))
        offsets = load_ink(Path(folder))
        scored = score_lines(model.network, offsets, list(range(len(numbers))), model.scales)
        return summarise(pd.concat(scored), model.scales)
