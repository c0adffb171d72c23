"""Recurrent layers under one contract: `layer(x, state) -> (output, state)`, the state opaque, None at the start.

A training window and a step of sampling are the same call. x is (B, T, inputs), the output (B, T, hidden). Each cell is
a layer in torch and, beside it, its step in numpy: a point at a time, a framework's layers cost several times the
arithmetic. A test holds each step against its layer.

A new cell is one file here with both, a row in CELLS and in STEPS, and its name in `network.ModelParams`.
"""

from collections.abc import Callable

from torch import Tensor, nn

from penlift.model.cells.gru import GRU, GRUStep
from penlift.model.cells.lstm import LSTMStep, PeepholeLSTM, ReadingLSTM, ReadingState, ReadingStep, open_forget_gate
from penlift.model.cells.rnn import RNN, RNNStep
from penlift.model.cells.scan import CellStep

State = Tensor | tuple[Tensor, Tensor] | ReadingState
STEPS: dict[type[nn.Module], Callable[[nn.Module], CellStep]] = {
    nn.LSTM: LSTMStep,
    PeepholeLSTM: LSTMStep,
    ReadingLSTM: ReadingStep,
    GRU: GRUStep,
    RNN: RNNStep,
}


def _lstm(inputs: int, hidden: int) -> nn.Module:
    layer = nn.LSTM(inputs, hidden, batch_first=True)
    nn.init.zeros_(layer.get_parameter("bias_hh_l0"))  # one bias is enough: the other adds the same
    open_forget_gate(layer.get_parameter("bias_ih_l0"))
    return layer


CELLS: dict[tuple[str, bool], Callable[[int, int], nn.Module]] = {
    ("lstm", False): _lstm,
    ("lstm", True): PeepholeLSTM,
    ("gru", False): GRU,
    ("rnn", False): RNN,
}
