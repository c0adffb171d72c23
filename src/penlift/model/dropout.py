"""Dropout of Srivastava et al. (2014), with four numbers out of each that is drawn."""

import torch
from torch import Tensor, nn

LEVELS = 2**16  # the share is rounded to a part of so many


class Dropout(nn.Module):
    """In training, zeroes a share of what goes in and scales up the rest to keep the mean; else changes nothing."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.dropped = min(round(share * LEVELS), LEVELS - 1)

    def forward(self, x: Tensor) -> Tensor:
        """Any shape, to the same; the global generator decides."""
        if not self.training or self.dropped == 0:
            return x
        drawn = torch.empty(-(-x.numel() // 4), dtype=torch.int64, device=x.device).random_(-(2**63), None)
        level = drawn.view(torch.int16)[: x.numel()].view(x.shape)
        kept = (level >= self.dropped - LEVELS // 2).to(x.dtype)
        return x * kept.mul_(LEVELS / (LEVELS - self.dropped))
