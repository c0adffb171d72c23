"""`nn.GRU`, whose backward through time is written by hand: on a CPU it learns faster, as docs/measured.md shows.

Cho et al. (2014), with the reset gate behind the product with the state, as PyTorch and cuDNN have it.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from penlift.through_time import backwards, input_products, states_behind, through_sigmoid, through_tanh


class GRU(nn.GRU):
    """One layer, with the weights of `nn.GRU` under its names; on a GPU it is `nn.GRU`."""

    weight_ih_l0: Tensor
    weight_hh_l0: Tensor
    bias_ih_l0: Tensor
    bias_hh_l0: Tensor

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__(inputs, hidden, batch_first=True)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """(B, T, inputs) and h, (1, B, hidden), to (B, T, hidden) and the h behind the last step."""
        if x.device.type != "cpu":
            return super().forward(x, state)
        h = state if state is not None else x.new_zeros(1, len(x), self.hidden_size)
        both = 2 * self.hidden_size  # of the gates r and z, whose two biases add up
        bias = self.bias_ih_l0[:both] + self.bias_hh_l0[:both]
        r_z = input_products(x, self.weight_ih_l0[:both], bias, h)
        n = input_products(x, self.weight_ih_l0[both:], self.bias_ih_l0[both:], h)
        output = _scan(r_z, n, self.weight_hh_l0, self.bias_hh_l0[both:], h[0])
        return output.transpose(0, 1), output[-1:]


class _Scan(torch.autograd.Function):
    """Over time: r, z = sigmoid(input + W h), n = tanh(input + r (W h + b)), h' = n + z (h - n).

    Shapes: r_z (T, B, 2 H), n (T, B, H), bias (H,), h (B, H). `r_z` and `n` hold the input products and are
    overwritten with what the gates let through.
    """

    @staticmethod
    def forward(ctx: Any, r_z: Tensor, n: Tensor, weight: Tensor, bias: Tensor, h: Tensor) -> Tensor:
        states, for_n = states_behind(h, len(n)), torch.empty_like(n)
        of_both, of_n = weight.t().split([r_z.shape[-1], n.shape[-1]], -1)
        parts = (r_z, *r_z.chunk(2, -1), n, for_n, states, states[1:])
        for both, r, z, new, reset, before, behind in zip(*parts, strict=False):
            both.addmm_(before, of_both).sigmoid_()
            torch.addmm(bias, before, of_n, out=reset)
            new.addcmul_(r, reset).tanh_()
            torch.lerp(new, before, z, out=behind)
        ctx.save_for_backward(r_z, n, for_n, states, weight)
        return states[1:]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        r_z, n, for_n, states, weight = ctx.saved_tensors
        hidden = weight.shape[-1]
        r, z = r_z.chunk(2, -1)
        # what each gate makes of a gradient, and then the gradient: of W h for n, of r, of z, of the input of n
        grad = n.new_empty(*n.shape[:-1], 4 * hidden)
        d_h, d_r, d_z, d_n = grad.chunk(4, -1)
        through_tanh(1 - z, n, grad_input=d_n)
        through_sigmoid(d_n * for_n, r, grad_input=d_r)
        through_sigmoid(states[:-1] - n, z, grad_input=d_z)
        torch.mul(d_n, r, out=d_h)
        of_h = grad[..., : 3 * hidden]
        turned = weight.roll(hidden, 0)  # n, r, z
        grad_h = grads[0][-1]
        for reaches, all_four, to_h, kept in backwards(grads[0], grad.unflatten(-1, (4, -1)), of_h, z):
            all_four.mul_(grad_h[:, None])
            grad_h = torch.addmm(reaches, to_h, turned).addcmul_(grad_h, kept)
        grad_weight = (of_h.flatten(0, 1).t() @ states[:-1].flatten(0, 1)).roll(-hidden, 0)
        return grad[..., hidden : 3 * hidden], d_n, grad_weight, d_h.sum((0, 1)), grad_h


_scan: Callable[..., Tensor] = _Scan.apply
