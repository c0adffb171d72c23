"""The LSTM of Graves (2013), equations 7 to 11: its gates look at the cell through diagonal peepholes.

Backward through time is written by hand: autograd would keep some twenty small tensors a step, and takes twice as long.
A test holds it against autograd.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

State = tuple[Tensor, Tensor]

_through_sigmoid = torch.ops.aten.sigmoid_backward  # of a gradient and of what came out
_through_tanh = torch.ops.aten.tanh_backward


class PeepholeLSTM(nn.Module):
    """One layer. With its peepholes at zero it equals `nn.LSTM` with the same weights, gates in the same order."""

    bound: float | None = None  # of the derivatives of the loss by what goes into the gates, while learning

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
        by_time = x.transpose(0, 1).contiguous()
        gates = functional.linear(by_time, self.weight_ih_l0, self.bias_ih_l0).to(h.dtype)  # all input products at once
        output, cell = _scan(gates, self.weight_hh_l0, self.peepholes, h[0], c[0], self.bound)
        return output.transpose(0, 1), (output[-1:], cell[None])


class _Scan(torch.autograd.Function):
    """Equations 7 to 11 over time. Shapes: gates (T, B, 4 H); h, c (B, H); peepholes (3, H).

    `gates` holds the input products and is overwritten with what the gates let through: a second array of that size
    would cost more time than the arithmetic.
    """

    @staticmethod
    def forward(
        ctx: Any, gates: Tensor, weight: Tensor, peepholes: Tensor, h: Tensor, c: Tensor, bound: float | None
    ) -> tuple[Tensor, Tensor]:
        w_c, w_co = peepholes[:2], peepholes[2]
        outputs, cells = gates.new_empty(len(gates) + 1, *h.shape), gates.new_empty(len(gates) + 1, *h.shape)
        outputs[0], cells[0] = h, c
        by_gate = gates.unflatten(-1, (4, -1))  # input, forget, cell and output gate
        for step, (i, f, g, o) in enumerate(by_gate.transpose(1, 2)):
            gates[step].addmm_(outputs[step], weight.t())
            by_gate[step, :, :2].addcmul_(w_c, cells[step, :, None]).sigmoid_()
            g.tanh_()
            torch.mul(f, cells[step], out=cells[step + 1]).addcmul_(i, g)
            o.addcmul_(w_co, cells[step + 1]).sigmoid_()
            torch.mul(o, cells[step + 1].tanh(), out=outputs[step + 1])
        ctx.bound = bound
        ctx.save_for_backward(gates, outputs, cells, weight, peepholes)
        return outputs[1:], cells[-1].clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        activations, outputs, cells, weight, peepholes = ctx.saved_tensors
        grad_outputs, grad_c = grads
        w_ci, w_cf, w_co = peepholes.unbind()
        grad_gates = torch.empty_like(activations)
        grad_h = torch.zeros_like(grad_c)
        for step in reversed(range(len(activations))):
            i, f, g, o = activations[step].chunk(4, dim=-1)
            d_i, d_f, d_g, d_o = grad_gates[step].chunk(4, dim=-1)
            squashed = cells[step + 1].tanh()
            grad_h = grad_h + grad_outputs[step]
            _through_sigmoid(grad_h * squashed, o, grad_input=d_o)
            _clip(d_o, ctx.bound)
            grad_c = grad_c + _through_tanh(grad_h * o, squashed).addcmul_(d_o, w_co)
            _through_sigmoid(grad_c * g, i, grad_input=d_i)
            _through_sigmoid(grad_c * cells[step], f, grad_input=d_f)
            _through_tanh(grad_c * i, g, grad_input=d_g)
            _clip(grad_gates[step], ctx.bound)
            grad_c = (grad_c * f).addcmul_(d_i, w_ci).addcmul_(d_f, w_cf)
            grad_h = grad_gates[step] @ weight
        grad_weight = grad_gates.flatten(0, 1).t() @ outputs[:-1].flatten(0, 1)
        d_i, d_f, _, d_o = grad_gates.chunk(4, dim=-1)
        looks = ((d_i, cells[:-1]), (d_f, cells[:-1]), (d_o, cells[1:]))
        grad_peepholes = torch.stack([(gate * seen).sum((0, 1)) for gate, seen in looks])
        return grad_gates, grad_weight, grad_peepholes, grad_h, grad_c, None


def _clip(gradient: Tensor, bound: float | None) -> None:
    """Graves (2013, section 2.1): inside backpropagation, so that what goes further back is bounded too."""
    if bound is not None:
        gradient.clamp_(-bound, bound)


_scan: Callable[..., tuple[Tensor, Tensor]] = _Scan.apply
