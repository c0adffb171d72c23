"""What the cells share: in torch, backward through time written by hand; in numpy, what a step at a time needs.

As sigmoid(x) is (1 + tanh(x / 2)) / 2, one tanh serves all gates of a step in numpy; the inner halves are in the
weights, and arrays are used again where that saves time.
"""

from collections.abc import Iterator
from typing import Protocol, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from penlift.common.geometry import Floats32

through_sigmoid = torch.ops.aten.sigmoid_backward  # of a gradient and of what came out
through_tanh = torch.ops.aten.tanh_backward


def input_products(x: Tensor, weight: Tensor, bias: Tensor, h: Tensor) -> Tensor:
    """(B, T, inputs) to (T, B, gates x H): what the inputs send to the gates, all at once, in the precision of h."""
    return functional.linear(x.transpose(0, 1).contiguous(), weight, bias).to(h.dtype)


def states_from(h: Tensor, steps: int) -> Tensor:
    """(T + 1, B, H), of which the first is h and the others are not yet written."""
    states = h.new_empty(steps + 1, *h.shape)
    states[0] = h
    return states


def backwards(grad_outputs: Tensor, *others: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Steps from the last to the first: what reaches the outputs of the step before, and a part of each other array."""
    before = [torch.zeros_like(grad_outputs[0]), *grad_outputs[:-1].unbind()]
    return zip(reversed(before), *(reversed(each.unbind()) for each in others), strict=True)


class OneState(nn.RNNBase):
    """One layer that carries h alone, with PyTorch's weights under its names; on a GPU it is PyTorch's own.

    To be named before `nn.GRU` or `nn.RNN` among the bases of a class.
    """

    weight_ih_l0: Tensor
    weight_hh_l0: Tensor
    bias_ih_l0: Tensor
    bias_hh_l0: Tensor

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__(inputs, hidden, batch_first=True)  # type: ignore[arg-type,call-arg]  # as nn.GRU takes it

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """(B, T, inputs) and h, (1, B, hidden), to (B, T, hidden) and the h behind the last step."""
        if x.device.type != "cpu":
            output, behind = super().forward(x, state)
            return output, behind
        h = state if state is not None else x.new_zeros(1, len(x), self.hidden_size)
        by_time = self.scan(x, h[0])
        return by_time.transpose(0, 1), by_time[-1:].clone()

    def scan(self, x: Tensor, h: Tensor) -> Tensor:
        """(B, T, inputs) and h, (B, hidden), to the outputs, (T, B, hidden)."""
        raise NotImplementedError


HALVES = np.array([0.5, 0.5, 1, 0.5], np.float32)  # of an LSTM's gates; the first three are a GRU's too


class CellStep(Protocol):
    """One layer, and its states for L lines side by side."""

    states: list[Floats32]  # each (L, hidden), the output first

    def __call__(self, x: Floats32) -> Floats32:
        """(L, inputs) to (L, hidden); the states move on."""


def stacked_weights(layer: nn.Module) -> tuple[Floats32, Floats32]:
    """The weights of input and state as one, (inputs + hidden, gates x hidden), and the sum of the biases."""
    named = {name: as_array(weight) for name, weight in layer.named_parameters()}
    weight = np.hstack([named["weight_ih_l0"], named["weight_hh_l0"]]).T.copy()
    biases = [bias for name, bias in named.items() if name.startswith("bias")]
    return weight, np.sum(biases, axis=0, dtype=np.float32)


def gate_views(gates: Floats32, count: int) -> list[Floats32]:
    """Views of a gate each."""
    hidden = gates.shape[1] // count
    return [gates[:, gate * hidden : (gate + 1) * hidden] for gate in range(count)]


def as_array(weight: Tensor) -> Floats32:
    """A weight, to reckon with in numpy."""
    return cast(Floats32, weight.detach().cpu().float().numpy())
