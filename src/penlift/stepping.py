"""A network that reads a point at a time, in numpy: there a framework's layers cost several times the arithmetic.

The cells are those of `recurrent`, and a test holds each against it. As sigmoid(x) is (1 + tanh(x / 2)) / 2, one tanh
serves all gates of a step; the inner halves are in the weights, and arrays are used again where that saves time.
"""

from collections.abc import Callable
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from penlift.gru import GRU
from penlift.network import Network
from penlift.peephole import PeepholeLSTM
from penlift.rnn import RNN

Array = npt.NDArray[np.float32]
HALVES = np.array([0.5, 0.5, 1, 0.5], np.float32)  # of an LSTM's gates; the first three are a GRU's too


class Cell(Protocol):
    """One layer, and its states for L lines side by side."""

    states: list[Array]  # each (L, hidden), the output first

    def __call__(self, x: Array) -> Array:
        """(L, inputs) to (L, hidden); the states move on."""


class Stepper:
    """Reads offsets of L lines side by side, one of each at a call."""

    def __init__(self, network: Network, lines: int) -> None:
        """From zero states; the weights are copied."""
        self.skip = network.skip
        self.cells = [CELLS[type(layer)](layer) for layer in network.layers]
        self.weight, self.bias = _array(network.head.weight).T.copy(), _array(network.head.bias)
        self.repeat(lines)

    def __call__(self, offsets: Array) -> Array:
        """(L, 3) normalised offsets to (L, 1 + 6 K) outputs, of which `Mixture.from_raw` makes densities."""
        x, outputs = offsets, []
        for cell in self.cells:
            outputs.append(cell(x))
            x = np.concatenate([offsets, outputs[-1]], axis=1) if self.skip else outputs[-1]
        output = (np.concatenate(outputs, axis=1) if self.skip else x) @ self.weight
        output += self.bias
        return cast(Array, output)

    def repeat(self, lines: int) -> None:
        """From one line to so many, all in its state."""
        for cell in self.cells:
            cell.states = [state.repeat(lines, axis=0) for state in cell.states]


class _LSTM:
    """`nn.LSTM`: gates input, forget, cell, output."""

    def __init__(self, layer: nn.Module) -> None:
        hidden = layer.get_parameter("weight_hh_l0").shape[1]
        self.weight, self.bias = (part * np.repeat(HALVES, hidden) for part in _side_by_side(layer))
        self.states = [np.zeros((1, hidden), np.float32) for _ in "hc"]

    def __call__(self, x: Array) -> Array:
        h, c = self.states
        gates = np.concatenate([x, h], axis=1) @ self.weight
        gates += self.bias
        np.tanh(gates, out=gates)
        i, f, g, o = _parts(gates, 4)
        c = _new_cell(i, f, g, c)
        self.states = [_let_out(o, c), c]
        return self.states[0]


class _PeepholeLSTM(_LSTM):
    """`PeepholeLSTM`: gates that look at the cell too, the output gate at the new one."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__(layer)
        self.look_i, self.look_f, self.look_o = 0.5 * _array(layer.get_parameter("peepholes"))

    def __call__(self, x: Array) -> Array:
        h, c = self.states
        gates = np.concatenate([x, h], axis=1) @ self.weight
        gates += self.bias
        i, f, g, o = _parts(gates, 4)
        i += self.look_i * c
        f += self.look_f * c
        np.tanh(gates[:, : 3 * c.shape[1]], out=gates[:, : 3 * c.shape[1]])
        c = _new_cell(i, f, g, c)
        o += self.look_o * c
        self.states = [_let_out(np.tanh(o, out=o), c), c]
        return self.states[0]


class _GRU:
    """`GRU`: gates reset, update, new; what is new is reset behind the product with the state."""

    def __init__(self, layer: nn.Module) -> None:
        self.hidden = layer.get_parameter("weight_hh_l0").shape[1]
        halves = np.repeat(HALVES[:3], self.hidden)
        reset = np.repeat(HALVES[[2, 2, 0]], self.hidden)  # the half of its sigmoid is in what it lets through
        of_x, bias_x, of_h, bias_h = (
            _array(layer.get_parameter(f"{kind}_{side}_l0")).T.copy() * halves
            for side in ("ih", "hh")
            for kind in ("weight", "bias")
        )
        self.of_x, self.bias_x, self.of_h, self.bias_h = of_x, bias_x, of_h * reset, bias_h * reset
        self.states = [np.zeros((1, self.hidden), np.float32)]

    def __call__(self, x: Array) -> Array:
        (h,) = self.states
        from_x, from_h = x @ self.of_x, h @ self.of_h
        from_x += self.bias_x
        from_h += self.bias_h
        gates = from_x[:, : 2 * self.hidden]
        gates += from_h[:, : 2 * self.hidden]
        np.tanh(gates, out=gates)
        r, z, new = _parts(from_x, 3)
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


class _RNN:
    """`RNN`, with tanh."""

    def __init__(self, layer: nn.Module) -> None:
        self.weight, self.bias = _side_by_side(layer)
        self.states = [np.zeros((1, layer.get_parameter("weight_hh_l0").shape[1]), np.float32)]

    def __call__(self, x: Array) -> Array:
        h = np.concatenate([x, self.states[0]], axis=1) @ self.weight
        h += self.bias
        self.states = [np.tanh(h, out=h)]
        return h


def _new_cell(i: Array, f: Array, g: Array, c: Array) -> Array:
    """f c + i g, of gates i and f that lie in -1 to 1 still; in the place of f."""
    i += 1
    i *= g
    f += 1
    f *= c
    f += i
    f *= 0.5
    return f


def _let_out(o: Array, c: Array) -> Array:
    """o tanh(c), of a gate o that lies in -1 to 1 still."""
    h: Array = np.tanh(c)
    o += 1
    o *= 0.5
    h *= o
    return h


def _side_by_side(layer: nn.Module) -> tuple[Array, Array]:
    """The weights of input and state as one, (inputs + hidden, gates x hidden), and the sum of the biases."""
    named = {name: _array(weight) for name, weight in layer.named_parameters()}
    weight = np.hstack([named["weight_ih_l0"], named["weight_hh_l0"]]).T.copy()
    biases = [bias for name, bias in named.items() if name.startswith("bias")]
    return weight, np.sum(biases, axis=0, dtype=np.float32)


def _parts(gates: Array, count: int) -> list[Array]:
    """Views of a gate each."""
    hidden = gates.shape[1] // count
    return [gates[:, gate * hidden : (gate + 1) * hidden] for gate in range(count)]


def _array(weight: Tensor) -> Array:
    return cast(Array, weight.detach().cpu().float().numpy())


CELLS: dict[type[nn.Module], Callable[[nn.Module], Cell]] = {
    nn.LSTM: _LSTM,
    PeepholeLSTM: _PeepholeLSTM,
    GRU: _GRU,
    RNN: _RNN,
}
