"""Weight noise: a step is taken from where the weights would be with noise on them.

Jim, Giles and Horne, "An analysis of noise in recurrent neural networks", IEEE Trans. Neural Networks 7 (1996).
Graves (2013, section 4.2) has an adaptive kind; this is the fixed one, of one standard deviation for all weights.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def noisy(network: nn.Module, deviation: float, seed: int) -> Iterator[None]:
    """While entered, the weights have normal noise on them; then they are again what they were, to the bit."""
    if deviation == 0:
        yield
        return
    weights, draw = list(network.parameters()), torch.Generator().manual_seed(seed)
    quiet = [weight.detach().clone() for weight in weights]
    with torch.no_grad():
        for weight in weights:
            weight.add_(torch.randn(weight.shape, generator=draw).to(weight.device), alpha=deviation)
    try:
        yield
    finally:
        with torch.no_grad():
            for weight, without in zip(weights, quiet, strict=True):
                weight.copy_(without)
