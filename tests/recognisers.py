"""Small recognisers, and lines for them."""

import numpy as np
import torch

from penlift.common.geometry import Array
from penlift.ink.alphabet import Alphabet
from penlift.recognition.network import Recogniser

ALPHABET = Alphabet(" abc")


def make_recogniser(seed: int = 1, alphabet: Alphabet = ALPHABET) -> Recogniser:
    """With random weights, larger than those that training begins with, so that it reads something."""
    torch.manual_seed(seed)
    recogniser = Recogniser(6, 0.0, alphabet)
    with torch.no_grad():
        recogniser.head.weight.mul_(20)
        recogniser.head.bias[alphabet.end] -= 2
    return recogniser.eval()


def some_lines(count: int) -> list[Array]:
    """Lines of unequal length, (n, 3)."""
    rng = np.random.default_rng(5)
    lines = []
    for number in range(count):
        steps = rng.normal((8, 0), (10, 25), (40 + 30 * number, 2))
        lifts = rng.random(len(steps)) < 0.1
        lifts[-1] = True
        lines.append(np.column_stack([steps.cumsum(axis=0), lifts]))
    return lines
