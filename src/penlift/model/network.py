"""The network: recurrent layers, and a mixture of where the pen goes next."""

from collections.abc import Sequence
from functools import partial
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from penlift.common.params import Params
from penlift.model.cells import CELLS, State
from penlift.model.mixture import Mixture
from penlift.model.regularisation import Dropout


class ModelParams(Params):
    """Section `model` of params.yaml."""

    cell: Literal["lstm", "gru", "rnn"] = Field(description="lstm, gru or rnn")
    peepholes: bool = Field(description="true or false; lstm only")
    layers: int = Field(ge=1, le=16, description="1 to 16")
    hidden: int = Field(ge=1, le=8192, description="units a layer")
    mixtures: int = Field(ge=1, le=1000, description="components of the mixture")
    dropout: float = Field(ge=0, lt=1, description="share of each layer's outputs, 0 to below 1")
    skip: bool = Field(description="true or false: connections past the layers, as Graves has them")

    @model_validator(mode="after")
    def _peepholes_need_a_cell(self) -> Self:
        if self.peepholes and self.cell != "lstm":
            raise ValueError(f"peepholes is true but cell is {self.cell!r}; only lstm has peepholes")
        return self


class Network(nn.Module):
    """Reads offsets, predicts after each the density of the next.

    Graves (2013), equations 1 to 5. With skip connections the input goes to every layer, and every layer to the output.
    """

    floor: Tensor
    bound: float | None = None  # of the derivatives of the loss by the outputs, while learning

    def __init__(self, params: ModelParams, floor: tuple[float, float]) -> None:
        """`floor`: the least standard deviation of a component, x and y, in normalised units."""
        super().__init__()
        self.skip = params.skip
        make = CELLS[params.cell, params.peepholes]
        fed = [3] + [params.hidden + 3 * params.skip] * (params.layers - 1)
        self.layers = nn.ModuleList(make(inputs, params.hidden) for inputs in fed)
        self.dropout = Dropout(params.dropout)
        read = params.hidden * (params.layers if params.skip else 1)
        self.head = nn.Linear(read, Mixture.outputs(params.mixtures))
        self.register_buffer("floor", torch.tensor(floor))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.floor.device

    def forward(self, offsets: Tensor, states: list[State] | None = None) -> tuple[Mixture, list[State]]:
        """(B, T, 3) normalised offsets, and the states behind the row before them, to B x T mixtures and new states.

        Dropout acts on the output of each layer, while training only; never on the input or on the state.
        """
        x, outputs, behind = offsets, [], []
        before: Sequence[State | None] = states or [None] * len(self.layers)
        for layer, state in zip(self.layers, before, strict=True):
            output, state_behind = layer(x, state)
            outputs.append(self.dropout(output.float()))
            behind.append(state_behind)
            x = torch.cat([offsets, outputs[-1]], dim=-1) if self.skip else outputs[-1]
        with torch.autocast(offsets.device.type, enabled=False):  # the head and the density stay in float32
            raw = self.head(torch.cat(outputs, dim=-1) if self.skip else outputs[-1])
            if self.bound is not None and raw.requires_grad:
                raw.register_hook(partial(torch.clamp, min=-self.bound, max=self.bound))
            return Mixture.from_raw(raw, self.floor), behind


def floor_of(scale: tuple[float, float]) -> tuple[float, float]:
    """Half a tablet unit in normalised units, x and y: coordinates are integers, so nothing finer is known."""
    return 0.5 / scale[0], 0.5 / scale[1]
