"""What cells whose backward through time is written by hand have in common.

Autograd keeps some ten small tensors a step and goes back through each. What a gate multiplies a gradient by does not
depend on the gradient: here it is computed for all of time at once, so that a step back is the product with the weights
and little else. Under autocast only the products with the inputs are in bfloat16, all else in float32.
"""

from collections.abc import Iterator

import torch
from torch import Tensor
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
