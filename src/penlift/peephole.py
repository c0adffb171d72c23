"""The LSTM of Graves (2013), equations 7 to 11: its gates look at the cell through diagonal peepholes.

Backward through time is written by hand: autograd would keep some twenty small tensors a step, and takes half as long
again. A test holds it against autograd.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

State = tuple[Tensor, Tensor]


class PeepholeLSTM(nn.Module):
    """One layer. With its peepholes at zero it equals `nn.LSTM` with the same weights, gates in the same order."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.weight_ih_l0 = nn.Parameter(torch.empty(4 * hidden, inputs))
        self.weight_hh_l0 = nn.Parameter(torch.empty(4 * hidden, hidden))
        self.bias_ih_l0 = nn.Parameter(torch.empty(4 * hidden))
        self.peepholes = nn.Parameter(torch.zeros(3, hidden))  # of the input, forget and output gate
        for weight in (self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0):
            nn.init.uniform_(weight, -(hidden**-0.5), hidden**-0.5)

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """(B, T, inputs) and (h, c), each (1, B, hidden), to (B, T, hidden) and the state behind the last step."""
        h, c = state if state is not None else (x.new_zeros(1, len(x), self.hidden),) * 2
        gates = functional.linear(x, self.weight_ih_l0, self.bias_ih_l0).to(h.dtype)  # all input products at once
        output, cell = _scan(gates.transpose(0, 1), self.weight_hh_l0, self.peepholes, h[0], c[0])
        return output.transpose(0, 1), (output[-1:], cell[None])


class _Scan(torch.autograd.Function):
    """Equations 7 to 11 over time. Shapes: gates (T, B, 4 H); h, c (B, H); peepholes (3, H)."""

    @staticmethod
    def forward(
        ctx: Any, gates: Tensor, weight: Tensor, peepholes: Tensor, h: Tensor, c: Tensor
    ) -> tuple[Tensor, Tensor]:
        w_ci, w_cf, w_co = peepholes.unbind()
        activations = torch.empty_like(gates, memory_format=torch.contiguous_format)
        outputs, cells = gates.new_empty(len(gates) + 1, *h.shape), gates.new_empty(len(gates) + 1, *h.shape)
        outputs[0], cells[0] = h, c
        for step, from_input in enumerate(gates):
            i, f, g, o = activations[step].chunk(4, dim=-1)
            torch.addmm(from_input, outputs[step], weight.t(), out=activations[step])
            i.addcmul_(w_ci, cells[step]).sigmoid_()
            f.addcmul_(w_cf, cells[step]).sigmoid_()
            g.tanh_()
            torch.mul(f, cells[step], out=cells[step + 1]).addcmul_(i, g)
            o.addcmul_(w_co, cells[step + 1]).sigmoid_()
            torch.mul(o, cells[step + 1].tanh(), out=outputs[step + 1])
        ctx.save_for_backward(activations, outputs, cells, weight, peepholes)
        return outputs[1:].clone(), cells[-1].clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:
        activations, outputs, cells, weight, peepholes = ctx.saved_tensors
        grad_outputs, grad_cell = grads
        w_ci, w_cf, w_co = peepholes.unbind()
        grad_gates = torch.empty_like(activations)
        grad_c, grad_h = grad_cell, torch.zeros_like(grad_cell)
        for step in reversed(range(len(activations))):
            i, f, g, o = activations[step].chunk(4, dim=-1)
            d_i, d_f, d_g, d_o = grad_gates[step].chunk(4, dim=-1)
            squashed = cells[step + 1].tanh()
            grad_h = grad_outputs[step] + grad_h
            torch.mul(grad_h * squashed, o * (1 - o), out=d_o)
            grad_c = grad_c + grad_h * o * (1 - squashed * squashed) + d_o * w_co
            torch.mul(grad_c * g, i * (1 - i), out=d_i)
            torch.mul(grad_c * cells[step], f * (1 - f), out=d_f)
            torch.mul(grad_c * i, 1 - g * g, out=d_g)
            grad_c = grad_c * f + d_i * w_ci + d_f * w_cf
            grad_h = grad_gates[step] @ weight
        grad_weight = grad_gates.flatten(0, 1).t() @ outputs[:-1].flatten(0, 1)
        d_i, d_f, _, d_o = grad_gates.chunk(4, dim=-1)
        looks = ((d_i, cells[:-1]), (d_f, cells[:-1]), (d_o, cells[1:]))
        grad_peepholes = torch.stack([(gate * seen).sum((0, 1)) for gate, seen in looks])
        return grad_gates, grad_weight, grad_peepholes, grad_h, grad_c


_scan: Callable[..., tuple[Tensor, Tensor]] = _Scan.apply
