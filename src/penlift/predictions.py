"""What a network expects of every point of whole lines: state carried from zero, dropout off."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from penlift.ink import Ink
from penlift.mixture import Mixture
from penlift.network import Network
from penlift.whole_lines import WholeLines, whole_lines


class Predicted(NamedTuple):
    """The targets of a batch of B lines, T the longest, and the density of each before it was seen."""

    lines: WholeLines
    targets: Tensor  # (B, T, 3): dx, dy, lift, normalised; zeros behind a line's end
    mask: Tensor  # (B, T): whether there is a target
    mixture: Mixture  # of B x T


def predict_lines(network: Network, ink: Ink, numbers: list[int]) -> Iterator[Predicted]:
    """Read these lines, batch by batch: memory does not grow with their number."""
    network.eval()
    for lines in whole_lines(ink, numbers):
        inputs, targets, mask = (torch.from_numpy(part).to(network.device) for part in lines.batch)
        with torch.inference_mode():
            mixture, _ = network(inputs)
            yield Predicted(lines, targets, mask, mixture)
