"""`nn.RNN` with tanh, whose backward through time is written by hand: on a CPU it learns faster."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from penlift.common.geometry import Floats32
from penlift.model.cells.scan import OneState, backwards, input_products, stacked_weights, states_from


class RNN(OneState, nn.RNN):  # type: ignore[misc]  # nn.RNN takes packed sequences, too
    """One layer."""

    def scan(self, x: Tensor, h: Tensor) -> Tensor:
        """As `OneState` has it."""
        inputs = input_products(x, self.weight_ih_l0, self.bias_ih_l0 + self.bias_hh_l0, h)
        return _scan(inputs, self.weight_hh_l0, h)


class _Scan(torch.autograd.Function):
    """h' = tanh(input + W h) over time. Shapes: inputs (T, B, H), weight (H, H), h (B, H)."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, h: Tensor) -> Tensor:
        states = states_from(h, len(inputs))
        for x, before, behind in zip(inputs, states, states[1:], strict=False):
            torch.addmm(x, before, weight.t(), out=behind).tanh_()
        ctx.save_for_backward(states, weight)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        states, weight = ctx.saved_tensors
        grad_inputs = 1 - states[1:].square()  # of tanh; then times the gradient
        grad_h = grads[0][-1]
        for reaches, grad_x in backwards(grads[0], grad_inputs):
            grad_x.mul_(grad_h)
            grad_h = torch.addmm(reaches, grad_x, weight)
        return grad_inputs, grad_inputs.flatten(0, 1).t() @ states[:-1].flatten(0, 1), grad_h


_scan: Callable[..., Tensor] = _Scan.apply


class RNNStep:
    """`RNN`, with tanh."""

    def __init__(self, layer: nn.Module) -> None:
        self.weight, self.bias = stacked_weights(layer)
        self.states = [np.zeros((1, layer.get_parameter("weight_hh_l0").shape[1]), np.float32)]

    def __call__(self, x: Floats32) -> Floats32:
        """(L, inputs) to (L, hidden); the states move on."""
        h = np.concatenate([x, self.states[0]], axis=1) @ self.weight
        h += self.bias
        self.states = [np.tanh(h, out=h)]
        return h
