"""What a network expects of every point of whole lines: state carried from zero, dropout off."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from penlift.ink import Ink
from penlift.mixture import Mixture
from penlift.whole_lines import WholeLines, whole_lines


class Predictor(Protocol):
    """A network, or whatever else has a density for each next point."""

    @property
    def device(self) -> torch.device:
        """Where its numbers are."""

    def eval(self) -> object:
        """Leave what only training does."""

    def __call__(self, offsets: Tensor) -> tuple[Mixture, object]:
        """(B, T, 3) normalised offsets to B x T mixtures, and what follows from having read them."""


class Predicted(NamedTuple):
    """The targets of a batch of B lines, T the longest, and the density of each before it was seen."""

    lines: WholeLines
    targets: Tensor  # (B, T, 3): dx, dy, lift, normalised; zeros behind a line's end
    mask: Tensor  # (B, T): whether there is a target
    mixture: Mixture  # of B x T


def predict_lines(predictor: Predictor, ink: Ink, numbers: list[int]) -> Iterator[Predicted]:
    """Read these lines, batch by batch: memory does not grow with their number."""
    predictor.eval()
    for lines in whole_lines(ink, numbers):
        inputs, targets, mask = (torch.from_numpy(part).to(predictor.device) for part in lines.batch)
        with torch.inference_mode():
            mixture, _ = predictor(inputs)
            yield Predicted(lines, targets, mask, mixture)
