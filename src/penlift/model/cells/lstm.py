"""The LSTM, and that of Graves (2013), equations 7 to 11: its gates look at the cell through diagonal peepholes.

Backward through time is written by hand, which is faster; a test holds it against autograd.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from penlift.common.geometry import Floats32
from penlift.ink.alphabet import Codes
from penlift.model.cells.scan import (
    HALVES,
    as_array,
    backwards,
    gate_views,
    input_products,
    stacked_weights,
    states_from,
    through_sigmoid,
    through_tanh,
)
from penlift.model.cells.window import COMPONENTS, MIDDLE, SoftWindow, stands_on

LSTMState = tuple[Tensor, Tensor]


class ReadingState(NamedTuple):
    """Of a layer that reads."""

    h: Tensor  # (1, B, H + V)
    c: Tensor  # (1, B, H)
    place: Tensor  # (B, K), of the window's components
    text: Tensor  # (B, U), numbers of symbols, -1 behind the end
    window: SoftWindow | None = None  # of the last pass over time, with all its steps


class PeepholeLSTM(nn.Module):
    """One layer. With its peepholes at zero it equals `nn.LSTM` with the same weights, gates in the same order."""

    bound: float | None = None  # of the derivatives of the loss by what goes into the gates, while learning

    def __init__(self, inputs: int, hidden: int, fed_back: int = 0) -> None:
        """`fed_back`: of what else than its output goes back into it."""
        super().__init__()
        self.hidden = hidden
        self.weight_ih_l0 = nn.Parameter(torch.empty(4 * hidden, inputs))
        self.weight_hh_l0 = nn.Parameter(torch.empty(4 * hidden, hidden + fed_back))
        self.bias_ih_l0 = nn.Parameter(torch.empty(4 * hidden))
        self.peepholes = nn.Parameter(torch.zeros(3, hidden))  # of the input, forget and output gate
        for weight in (self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0):
            nn.init.uniform_(weight, -(hidden**-0.5), hidden**-0.5)
        open_forget_gate(self.bias_ih_l0)

    def forward(self, x: Tensor, state: LSTMState | None = None) -> tuple[Tensor, LSTMState]:
        """(B, T, inputs) and (h, c), each (1, B, hidden), to (B, T, hidden) and the state behind the last step."""
        h, c = state if state is not None else (x.new_zeros(1, len(x), self.hidden),) * 2
        gates = input_products(x, self.weight_ih_l0, self.bias_ih_l0, h)
        output, cell = _scan(gates, self.weight_hh_l0, self.peepholes, h[0], c[0], self.bound)
        return output.transpose(0, 1), (output[-1:].clone(), cell[None])


class ReadingLSTM(PeepholeLSTM):
    """One layer that reads a text through a soft window, which is fed back to it: Graves (2013), equations 46 to 52.

    Its output is its own, H numbers, and behind that what lies under the window, V. Without peepholes they stay zero.
    """

    pace: Tensor

    def __init__(self, inputs: int, hidden: int, symbols: int, pace: float, peepholes: bool) -> None:
        """`pace`: letters a point, where the window knows nothing yet."""
        super().__init__(inputs, hidden, symbols)
        self.symbols = symbols
        self.peepholes.requires_grad_(peepholes)
        self.window = nn.Linear(hidden, 3 * COMPONENTS)
        self.register_buffer("pace", torch.tensor(pace))

    def begin(self, text: Tensor) -> ReadingState:
        """The state before the first point of a text, (B, U) numbers of symbols, -1 behind its end."""
        nothing = self.pace.new_zeros
        h, c, place = (nothing(len(text), size) for size in (self.hidden + self.symbols, self.hidden, COMPONENTS))
        return ReadingState(h[None], c[None], place, text)

    def forward(  # type: ignore[override]  # without a text there is no state to begin with
        self, x: Tensor, state: ReadingState
    ) -> tuple[Tensor, ReadingState]:
        """(B, T, inputs) and a state to (B, T, H + V) and the state behind the last step."""
        h, c, place, text, _ = state
        gates = input_products(x, self.weight_ih_l0, self.bias_ih_l0, h)
        weight, bias = self.window.weight, self.window.bias
        window = SoftWindow(weight.detach(), bias.detach(), place.detach(), self.pace.item(), text, len(gates))
        of_window = (window, weight, bias, place)
        output, cell, place = _scan(gates, self.weight_hh_l0, self.peepholes, h[0], c[0], self.bound, *of_window)
        return output.transpose(0, 1), ReadingState(output[-1:].clone(), cell[None], place, text, window)


def open_forget_gate(bias: Tensor) -> None:
    """Forget gates start at bias 1 (Jozefowicz, Zaremba and Sutskever 2015), so that gradients reach far back."""
    nn.init.ones_(bias.chunk(4)[1])


class _Scan(torch.autograd.Function):
    """Equations 7 to 11 over time. Shapes: gates (T, B, 4 H); weight (4 H, H); h, c (B, H); peepholes (3, H).

    With a window of V symbols, h holds what it read behind the layer's own output, (B, H + V), as does weight; then
    come the window's weights, biases and places.

    `gates` holds the input products and is overwritten with what the gates let through: a second array of that size
    would cost more time than the arithmetic.
    """

    @staticmethod
    def forward(
        ctx: Any,
        gates: Tensor,
        weight: Tensor,
        peepholes: Tensor,
        h: Tensor,
        c: Tensor,
        bound: float | None,
        window: SoftWindow | None = None,
        *_of_window: Tensor,
    ) -> tuple[Tensor, ...]:
        w_c, w_co = peepholes[:2], peepholes[2]
        outputs, cells = states_from(h, len(gates)), states_from(c, len(gates))
        by_gate = gates.unflatten(-1, (4, -1))  # input, forget, cell and output gate
        hs, read = outputs[1:].split([len(w_co), outputs.shape[-1] - len(w_co)], -1)
        parts = (gates, by_gate[:, :, :2], *by_gate.unbind(2), outputs, hs, read, cells, cells[1:])
        for all_four, i_f, i, f, g, o, before, h_behind, w_behind, c_before, c_behind in zip(*parts, strict=False):
            all_four.addmm_(before, weight.t())
            i_f.addcmul_(w_c, c_before[:, None]).sigmoid_()
            g.tanh_()
            torch.mul(f, c_before, out=c_behind).addcmul_(i, g)
            o.addcmul_(w_co, c_behind).sigmoid_()
            torch.mul(o, c_behind.tanh(), out=h_behind)
            if window:
                window.read(h_behind, w_behind)
        ctx.bound, ctx.window = bound, window
        ctx.save_for_backward(gates, outputs, cells, weight, peepholes)
        return outputs[1:], cells[-1].clone(), *([window.places[-1].clone()] if window else [])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        gates, outputs, cells, weight, peepholes = ctx.saved_tensors
        i, f, g, o = gates.chunk(4, -1)
        # what each gate makes of a gradient, and then the gradient
        grad_gates = torch.empty_like(gates)
        d_i, d_f, d_g, d_o = grad_gates.chunk(4, -1)
        squashed = cells[1:].tanh()
        through_sigmoid(g, i, grad_input=d_i)
        through_sigmoid(cells[:-1], f, grad_input=d_f)
        through_tanh(i, g, grad_input=d_g)
        through_sigmoid(squashed, o, grad_input=d_o)
        let_out = through_tanh(o, squashed)
        w_ci, w_cf, w_co = peepholes.unbind()
        grad_output, grad_c, window = grads[0][-1], grads[1].clone(), ctx.window
        if window:
            window.turn(grads[2])
        by_gate = grad_gates.unflatten(-1, (4, -1))[:, :, :3]
        grad_peepholes = cells.new_zeros(len(grad_c), 3, len(w_co))
        grad_w_c, grad_w_co = grad_peepholes[:, :2], grad_peepholes[:, 2]
        parts = (grad_gates, by_gate, d_i, d_f, d_o, let_out, f, cells[:-1], cells[1:])
        for reaches, all_four, but_o, to_i, to_f, to_o, out, kept, before, behind in backwards(grads[0], *parts):
            grad_h = grad_output[:, : len(w_co)]
            if window:
                grad_h = grad_h + window.back(grad_output[:, len(w_co) :])
            _clip(to_o.mul_(grad_h), ctx.bound)
            grad_c.addcmul_(grad_h, out).addcmul_(to_o, w_co)
            _clip(but_o.mul_(grad_c[:, None]), ctx.bound)
            grad_c.mul_(kept).addcmul_(to_i, w_ci).addcmul_(to_f, w_cf)
            grad_w_c.addcmul_(but_o[:, :2], before[:, None])
            grad_w_co.addcmul_(to_o, behind)
            grad_output = torch.addmm(reaches, all_four, weight)
        grad_weight = grad_gates.flatten(0, 1).t() @ outputs[:-1].flatten(0, 1)
        of_window = window.gradients(outputs[1:, :, : len(w_co)]) if window else ()
        return grad_gates, grad_weight, grad_peepholes.sum(0), grad_output, grad_c, None, None, *of_window


def _clip(gradient: Tensor, bound: float | None) -> None:
    """Graves (2013, section 2.1): inside backpropagation, so that what goes further back is bounded too."""
    if bound is not None:
        gradient.clamp_(-bound, bound)


_scan: Callable[..., tuple[Tensor, ...]] = _Scan.apply


class LSTMStep:
    """`nn.LSTM`, and `PeepholeLSTM`, whose output gate looks at the new cell: gates input, forget, cell, output."""

    def __init__(self, layer: nn.Module) -> None:
        hidden = layer.get_parameter("weight_hh_l0").shape[0] // 4
        self.weight, self.bias = (part * np.repeat(HALVES, hidden) for part in stacked_weights(layer))
        self.looks = 0.5 * as_array(layer.peepholes) if isinstance(layer, PeepholeLSTM) else None
        self.states = [np.zeros((1, hidden), np.float32) for _ in "hc"]

    def __call__(self, x: Floats32) -> Floats32:
        """(L, inputs) to (L, hidden); the states move on."""
        h, c = self.states
        gates = np.concatenate([x, h], axis=1) @ self.weight
        gates += self.bias
        i, f, g, o = gate_views(gates, 4)
        if self.looks is not None:
            i += self.looks[0] * c
            f += self.looks[1] * c
        but_o = gates[:, : 3 * c.shape[1]]
        np.tanh(but_o, out=but_o)
        i += 1  # f c + i g, of gates i and f that lie in -1 to 1 still, in the place of f
        i *= g
        f += 1
        f *= c
        f += i
        f *= 0.5
        if self.looks is not None:
            o += self.looks[2] * f
        np.tanh(o, out=o)
        o += 1
        o *= 0.5
        h = np.tanh(f)
        h *= o
        self.states = [h, f]
        return h


class ReadingStep(LSTMStep):
    """`ReadingLSTM`, of a text a line."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__(layer)
        window = cast(nn.Linear, layer.get_submodule("window"))
        self.of_window, self.bias_window = as_array(window.weight).T.copy(), as_array(window.bias)
        self.pace = as_array(layer.get_buffer("pace")) / np.log(np.float32(2))
        self.hidden, fed_back = self.states[0].shape[1], layer.get_parameter("weight_hh_l0").shape
        self.symbols = fed_back[1] - fed_back[0] // 4

    def begin(self, text: Codes) -> None:
        """Stand before the first point of texts, (L, U), one a line."""
        sizes = (self.hidden + self.symbols, self.hidden, self.of_window.shape[1] // 3)
        self.letters = (text[..., None] == np.arange(self.symbols)).astype(np.float32)
        self.on, self.last = np.zeros(len(text), np.intp), (text >= 0).sum(axis=1) - 1  # (L,): places in the text
        self.middles = np.arange(text.shape[1], dtype=np.float32) + np.float32(MIDDLE)
        self.states = [np.zeros((len(text), size), np.float32) for size in sizes]

    def __call__(self, x: Floats32) -> Floats32:
        """(L, inputs) to (L, H + V), what lies under the window behind the layer's own; the states move on."""
        *self.states, before = self.states
        h = super().__call__(x)
        share, width, move = np.split(h @ self.of_window + self.bias_window, 3, axis=1)
        share = np.exp(share - share.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        place = before + self.pace * np.logaddexp(np.float32(0), move)
        apart = place[..., None] - self.middles
        under = np.exp(-np.logaddexp(np.float32(0), width)[..., None] * apart * apart)
        over = (share[:, None] @ under)[:, 0]
        self.on = stands_on(over, (share * place).sum(axis=1), self.last)
        window = (over[:, None] @ self.letters)[:, 0]
        self.states = [np.concatenate([h, window], axis=1), self.states[1], place]
        return self.states[0]
