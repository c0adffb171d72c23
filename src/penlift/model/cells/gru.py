"""`nn.GRU`, whose backward through time is written by hand: on a CPU it learns faster, as docs/measured.md shows.

Cho et al. (2014), with the reset gate behind the product with the state, as PyTorch and cuDNN have it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from penlift.common.geometry import Floats32
from penlift.model.cells.scan import (
    HALVES,
    OneState,
    as_array,
    backwards,
    gate_views,
    input_products,
    states_from,
    through_sigmoid,
    through_tanh,
)


class GRU(OneState, nn.GRU):  # type: ignore[misc]  # nn.GRU takes packed sequences, too
    """One layer."""

    def scan(self, x: Tensor, h: Tensor) -> Tensor:
        """As `OneState` has it."""
        both = 2 * self.hidden_size  # of gates r and z, whose two biases add up
        bias = self.bias_ih_l0 + functional.pad(self.bias_hh_l0[:both], (0, self.hidden_size))
        gates = input_products(x, self.weight_ih_l0, bias, h)
        return _scan(gates, self.weight_hh_l0, self.bias_hh_l0[both:], h)


class _Scan(torch.autograd.Function):
    """Over time: r, z = sigmoid(input + W h), n = tanh(input + r (W h + b)), h' = n + z (h - n).

    Shapes: gates (T, B, 3 H), in the order r, z, n; weight (3 H, H); bias (H,); h (B, H). `gates` holds the input
    products and is overwritten with what the gates let through.
    """

    @staticmethod
    def forward(ctx: Any, gates: Tensor, weight: Tensor, bias: Tensor, h: Tensor) -> Tensor:
        hidden = h.shape[-1]
        states, for_n = states_from(h, len(gates)), gates.new_empty(*gates.shape[:2], hidden)
        of_both, of_n = weight.t().split([2 * hidden, hidden], -1)
        parts = (gates[..., : 2 * hidden], *gates.chunk(3, -1), for_n, states, states[1:])
        for both, r, z, n, from_h, before, behind in zip(*parts, strict=False):
            both.addmm_(before, of_both).sigmoid_()
            torch.addmm(bias, before, of_n, out=from_h)
            n.addcmul_(r, from_h).tanh_()
            torch.lerp(n, before, z, out=behind)
        ctx.save_for_backward(gates, for_n, states, weight)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        gates, for_n, states, weight = ctx.saved_tensors
        hidden = weight.shape[-1]
        r, z, n = gates.chunk(3, -1)
        # what each gate makes of a gradient, and then the gradient: of W h for n, of r, of z, of the input of n
        grad = gates.new_empty(*z.shape[:-1], 4 * hidden)
        d_h, d_r, d_z, d_n = grad.chunk(4, -1)
        through_tanh(1 - z, n, grad_input=d_n)
        through_sigmoid(d_n * for_n, r, grad_input=d_r)
        through_sigmoid(states[:-1] - n, z, grad_input=d_z)
        torch.mul(d_n, r, out=d_h)
        of_h, of_x = grad[..., : 3 * hidden], grad[..., hidden:]
        turned = weight.roll(hidden, 0)  # n, r, z
        grad_h = grads[0][-1]
        for reaches, all_, to_h, kept in backwards(grads[0], grad.unflatten(-1, (4, -1)), of_h, z):
            all_.mul_(grad_h[:, None])
            grad_h = torch.addmm(reaches, to_h, turned).addcmul_(grad_h, kept)
        grad_weight = (of_h.flatten(0, 1).t() @ states[:-1].flatten(0, 1)).roll(-hidden, 0)
        return of_x, grad_weight, d_h.sum((0, 1)), grad_h


_scan: Callable[..., Tensor] = _Scan.apply


class GRUStep:
    """`GRU`: gates reset, update, new; what is new is reset behind the product with the state."""

    def __init__(self, layer: nn.Module) -> None:
        self.hidden = layer.get_parameter("weight_hh_l0").shape[1]
        halves = np.repeat(HALVES[:3], self.hidden)
        reset = np.repeat(HALVES[[2, 2, 0]], self.hidden)  # the half of its sigmoid is in what it lets through
        of_x, bias_x, of_h, bias_h = (
            as_array(layer.get_parameter(f"{kind}_{side}_l0")).T.copy() * halves
            for side in ("ih", "hh")
            for kind in ("weight", "bias")
        )
        self.of_x, self.bias_x, self.of_h, self.bias_h = of_x, bias_x, of_h * reset, bias_h * reset
        self.states = [np.zeros((1, self.hidden), np.float32)]

    def __call__(self, x: Floats32) -> Floats32:
        """(L, inputs) to (L, hidden); the states move on."""
        (h,) = self.states
        from_x, from_h = x @ self.of_x, h @ self.of_h
        from_x += self.bias_x
        from_h += self.bias_h
        gates = from_x[:, : 2 * self.hidden]
        gates += from_h[:, : 2 * self.hidden]
        np.tanh(gates, out=gates)
        r, z, new = gate_views(from_x, 3)
        r += 1
        r *= from_h[:, 2 * self.hidden :]
        new += r
        np.tanh(new, out=new)
        z += 1
        z *= 0.5
        z *= h - new
        z += new
        self.states = [z]
        return z
