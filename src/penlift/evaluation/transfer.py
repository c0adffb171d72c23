"""A network on ink that it was not trained on: the ink is normalised as the network's own was."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from penlift.common.errors import InputError
from penlift.evaluation.baseline import fit_baseline
from penlift.evaluation.likelihood import summarise
from penlift.ink.lines import Ink, load_ink, save_ink
from penlift.ink.offsets import normalised
from penlift.ink.scales import Scales
from penlift.model.checkpoint import Model
from penlift.model.scores import Predictor, readable, score_lines


def score_ink(model: Model, ink: Ink, split: str) -> dict[str, Any]:
    """The figures of a split of any ink, as `summarise` has them; z-score and vrnn units are the model's."""
    with _offsets(ink, (split,), model.scales) as offsets:
        return _figures(model.network, offsets, split, model)


def score_baseline(model: Model, ink: Ink, split: str, seed: int) -> dict[str, Any]:
    """The same lines by what can be predicted without any network, fitted to the ink's own training lines."""
    with _offsets(ink, ("train", split), model.scales) as offsets:
        return _figures(fit_baseline(offsets, model.scales, seed), offsets, split, model)


def _figures(predictor: Predictor, offsets: Ink, split: str, model: Model) -> dict[str, Any]:
    numbers = readable(model.network, offsets, split)
    if not numbers:
        raise InputError(
            f"no line in split {split} has a text, and this network reads one; score another network on it"
        )
    return summarise(pd.concat(score_lines(predictor, offsets, numbers, model.scales)), model.scales)


@contextmanager
def _offsets(ink: Ink, splits: tuple[str, ...], scales: Scales) -> Iterator[Ink]:
    """The normalised offsets of some splits, for a while."""
    for split in splits:
        if not ink.of_split(split):
            raise InputError(f"no line in split {split}; name another with --split")
    numbers = sorted({number for split in splits for number in ink.of_split(split)})
    with TemporaryDirectory(prefix="penlift-") as folder:
        save_ink(Path(folder), normalised((ink.line(number) for number in numbers), scales))
        yield load_ink(Path(folder))
