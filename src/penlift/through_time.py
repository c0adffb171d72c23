"""What cells whose backward through time is written by hand have in common.

PyTorch's own GRU and RNN, and any loop under autograd, keep some ten small tensors a step on a CPU and go back through
each of them. What a gradient is multiplied by on its way through a gate does not depend on the gradient: it is computed
for all of time at once, so that a step back is the product with the weights and little else.
"""

import torch
from torch import Tensor
from torch.nn import functional

through_sigmoid = torch.ops.aten.sigmoid_backward  # of a gradient and of what came out
through_tanh = torch.ops.aten.tanh_backward


def input_products(x: Tensor, weight: Tensor, bias: Tensor, h: Tensor) -> Tensor:
    """(B, T, inputs) to (T, B, gates x H): what the inputs send to the gates, all at once, in the precision of h."""
    return functional.linear(x.transpose(0, 1).contiguous(), weight, bias).to(h.dtype)


def states_behind(h: Tensor, steps: int) -> Tensor:
    """(T + 1, B, H), of which the first is h and the others are not yet written."""
    states = h.new_empty(steps + 1, *h.shape)
    states[0] = h
    return states


def backwards(grad_outputs: Tensor, *others: Tensor) -> "zip[tuple[Tensor, ...]]":
    """Steps from the last to the first: what reaches the outputs of the step before, and a part of each other array."""
    before = torch.cat([torch.zeros_like(grad_outputs[:1]), grad_outputs[:-1]])
    return zip(*(reversed(each.unbind()) for each in (before, *others)), strict=True)
