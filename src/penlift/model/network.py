"""The network: recurrent layers, and a mixture of where the pen goes next."""

from functools import partial
from typing import Any, Literal, Self, cast

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from penlift.common.params import Params
from penlift.ink.alphabet import Alphabet
from penlift.model.cells import CELLS, State
from penlift.model.cells.lstm import ReadingLSTM
from penlift.model.dropout import Dropout
from penlift.model.mixture import Mixture


class ModelParams(Params):
    """Section `model` of params.yaml."""

    cell: Literal["lstm", "gru", "rnn"] = Field(description="lstm, gru or rnn")
    peepholes: bool = Field(description="true or false; lstm only")
    layers: int = Field(ge=1, le=16, description="1 to 16")
    hidden: int = Field(ge=1, le=8192, description="units a layer")
    mixtures: int = Field(ge=1, le=1000, description="components of the mixture")
    dropout: float = Field(ge=0, lt=1, description="share of each layer's outputs, 0 to below 1")
    skip: bool = Field(description="true or false: connections past the layers, as Graves has them")
    text: bool = Field(description="true or false: whether it reads a text, and writes that; lstm only")

    @model_validator(mode="after")
    def _peepholes_and_text_need_a_cell(self) -> Self:
        if self.peepholes and self.cell != "lstm":
            raise ValueError(f"peepholes is true but cell is {self.cell!r}; only lstm has peepholes")
        if self.text and self.cell != "lstm":
            raise ValueError(f"text is true but cell is {self.cell!r}; only lstm has a window on a text")
        return self


class Network(nn.Module):
    """Reads offsets, predicts after each the density of the next.

    Graves (2013), equations 1 to 5. With skip connections the input goes to every layer, and every layer to the output.
    With a text, whose window is in the first layer, what that reads goes to the layers above it and to the output, too.
    """

    floor: Tensor
    bound: float | None = None  # of the derivatives of the loss by the outputs, while learning
    ends = True  # one that reads has learned what `offsets.closed` adds; else a text ends where the window does

    def __init__(
        self, params: ModelParams, floor: tuple[float, float], alphabet: Alphabet | None = None, pace: float = 1.0
    ) -> None:
        """`floor`: the least standard deviation of a component, x and y, in normalised units.

        With a text, `alphabet` has its signs, and `pace` is letters a point, for a start.
        """
        super().__init__()
        self.skip, self.hidden, self.alphabet = params.skip, params.hidden, alphabet
        self.symbols = symbols = alphabet.size if alphabet else 0
        make = CELLS[params.cell, params.peepholes]
        first = ReadingLSTM(3, params.hidden, symbols, pace, params.peepholes) if symbols else make(3, params.hidden)
        above = params.hidden + 3 * params.skip + symbols
        self.layers = nn.ModuleList([first, *(make(above, params.hidden) for _ in range(params.layers - 1))])
        self.dropout = Dropout(params.dropout)
        read = params.hidden * (params.layers if params.skip else 1) + symbols
        self.head = nn.Linear(read, Mixture.outputs(params.mixtures))
        self.register_buffer("floor", torch.tensor(floor))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.floor.device

    @property
    def pace(self) -> float:
        """Letters a point of the lines that it learned from."""
        return float(cast(ReadingLSTM, self.layers[0]).pace)

    def forward(
        self, offsets: Tensor, states: list[State] | None = None, *, text: Tensor | None = None
    ) -> tuple[Mixture, list[State]]:
        """(B, T, 3) normalised offsets, and the states behind the row before them, to B x T mixtures and new states.

        `text`, (B, U): the numbers of the signs to write, where there are no states yet, which then know it. Dropout
        acts on the output of each layer, while training only; never on the input, on the state or on the window.
        """
        before: list[State | None] = list(states) if states else [None] * len(self.layers)
        if text is not None and text.shape[1] and states is None:
            before[0] = cast(ReadingLSTM, self.layers[0]).begin(text)
        x, window = offsets, offsets[..., :0]
        outputs: list[Tensor] = []
        behind: list[State] = []
        for layer, state in zip(self.layers, before, strict=True):
            output, state_behind = layer(x, state)
            if self.symbols and not outputs:
                output, window = output.float().split([self.hidden, self.symbols], dim=-1)
            outputs.append(self.dropout(output.float()))
            behind.append(state_behind)
            x = _joined([*[offsets] * self.skip, outputs[-1], *[window] * bool(self.symbols)])
        with torch.autocast(offsets.device.type, enabled=False):  # the head and the density stay in float32
            raw = self.head(_joined([*(outputs if self.skip else outputs[-1:]), *[window] * bool(self.symbols)]))
            if self.bound is not None and raw.requires_grad:
                raw.register_hook(partial(torch.clamp, min=-self.bound, max=self.bound))
            return Mixture.from_raw(raw, self.floor), behind

    def predict(self, parts: Any) -> Mixture:
        """The density of each target of a `Batch` of tensors, before it is seen."""
        mixture: Mixture = self(parts.inputs, text=parts.text)[0]
        return mixture

    def nll(self, predicted: Mixture, parts: Any) -> Tensor:
        """NLL of the targets of a `Batch` of tensors, nats, normalised units, summed."""
        return -(predicted.log_prob(parts.targets) * cast(Tensor, parts.mask)).sum()


def _joined(parts: list[Tensor]) -> Tensor:
    return torch.cat(parts, dim=-1) if len(parts) > 1 else parts[0]


def floor_of(scale: tuple[float, float]) -> tuple[float, float]:
    """Half a tablet unit in normalised units, x and y: coordinates are integers, so nothing finer is known."""
    return 0.5 / scale[0], 0.5 / scale[1]
