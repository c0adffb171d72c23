"""Graves's form of RMSProp: centred, with momentum, and with its constant inside the root."""

from collections.abc import Iterable

import torch
from torch import nn, optim

DECAY, MOMENTUM, CONSTANT = 0.95, 0.9, 1e-4  # Graves (2013), equations 42 to 45


class GravesRMSprop(optim.Optimizer):
    """Graves (2013), equations 38 to 41. PyTorch's own adds its constant to the root, which is another method."""

    def __init__(self, weights: Iterable[nn.Parameter], lr: float) -> None:
        super().__init__(weights, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002  (no second look at the loss)
        """Move each weight by its momentum."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state |= {name: torch.zeros_like(weight) for name in ("n", "g", "delta")}
                n, g, delta = state["n"], state["g"], state["delta"]
                n.mul_(DECAY).addcmul_(weight.grad, weight.grad, value=1 - DECAY)
                g.mul_(DECAY).add_(weight.grad, alpha=1 - DECAY)
                root = (n - g.square() + CONSTANT).sqrt_()
                delta.mul_(MOMENTUM).addcdiv_(weight.grad, root, value=-group["lr"])
                weight.add_(delta)
