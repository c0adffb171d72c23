"""What cells whose backward through time is written by hand have in common.

Autograd keeps some ten small tensors a step and goes back through each. What a gate multiplies a gradient by does not
depend on the gradient: here it is computed for all of time at once, so that a step back is the product with the weights
and little else. Under autocast only the products with the inputs are in bfloat16, all else in float32.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

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
