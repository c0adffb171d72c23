"""The recogniser: convolutions that see strokes, recurrent layers that see the line from both ends, and CTC.

Graves et al. (2006), "Connectionist temporal classification", and Schuster and Paliwal (1997), "Bidirectional recurrent
neural networks". It reads letter by letter, and knows no words.
"""

from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from penlift.ink.alphabet import Alphabet, Codes, side_by_side
from penlift.recognition.features import COLUMNS, Features

CHANNELS = ((COLUMNS, 64), (64, 96), (96, 112))  # of the convolutions, in and out
STRIDES = (1, 2, 2)
KERNEL = 5
RATIO = 4  # rows of features a row of what is read


class Lines(NamedTuple):
    """Lines side by side, padded behind their ends, with their texts."""

    rows: npt.NDArray[np.float32]  # (B, T, COLUMNS)
    lengths: npt.NDArray[np.int64]  # (B,): rows of each
    text: Codes  # (B, U): the numbers of each line's signs, NOTHING behind the last

    @property
    def size(self) -> int:
        """How many letters there are."""
        return int((self.text >= 0).sum())


def together(features: list[Features], texts: list[Codes]) -> Lines:
    """Lines of features, and the numbers of the signs of each, without that of the end."""
    lengths = np.array([len(each.rows) for each in features])
    rows = np.zeros((len(features), int(lengths.max()), COLUMNS), dtype=np.float32)
    for row, each in zip(rows, features, strict=True):
        row[: len(each.rows)] = each.rows
    return Lines(rows, lengths, side_by_side(texts))


class Recogniser(nn.Module):
    """Rows of features to the likelihood of each sign, and of none, at every fourth of them.

    What it makes of a line does not depend on the lines beside it.
    """

    def __init__(self, hidden: int, dropout: float, alphabet: Alphabet) -> None:
        super().__init__()
        self.hidden, self.alphabet = hidden, alphabet
        self.convolutions = nn.ModuleList(
            nn.Conv1d(*channels, KERNEL, stride, KERNEL // 2)
            for channels, stride in zip(CHANNELS, STRIDES, strict=True)
        )
        widths = (CHANNELS[-1][1], 2 * hidden)
        self.forwards = nn.ModuleList(nn.LSTM(width, hidden, batch_first=True) for width in widths)
        self.backwards = nn.ModuleList(nn.LSTM(width, hidden, batch_first=True) for width in widths)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * hidden, alphabet.size)  # the number that ends a text stands for no sign
        self._begin()

    def _begin(self) -> None:
        """First weights with which CTC soon sees more than gaps: what goes in comes through, and is not forgotten."""
        for weight in self.convolutions.parameters():
            if weight.dim() > 1:
                nn.init.kaiming_normal_(weight, nonlinearity="relu")
            else:
                nn.init.zeros_(weight)
        for name, weight in (*self.forwards.named_parameters(), *self.backwards.named_parameters()):
            if "weight_hh" in name:
                nn.init.orthogonal_(weight)
            elif "bias" in name:
                nn.init.zeros_(weight)
            if "bias_ih" in name:
                nn.init.ones_(weight.data[self.hidden : 2 * self.hidden])  # of the gate that forgets

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.head.weight.device

    def forward(self, rows: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, COLUMNS) rows, so many of them of each line, to (B, T / RATIO, signs) logarithms of likelihoods."""
        x = rows.transpose(1, 2)
        for convolution, stride in zip(self.convolutions, STRIDES, strict=True):
            x, lengths = torch.relu(convolution(x)), -(-lengths // stride)
            x = x * (torch.arange(x.shape[2], device=x.device) < lengths[:, None])[:, None]
        x = x.transpose(1, 2)
        places = torch.arange(x.shape[1], device=x.device)
        back = torch.where(places < lengths[:, None], lengths[:, None] - 1 - places, places)[..., None]
        for ahead, behind in zip(self.forwards, self.backwards, strict=True):
            x = self.dropout(x)
            mirrored, _ = behind(x.gather(1, back.expand_as(x)))
            x = torch.cat([ahead(x)[0], mirrored.gather(1, back.expand_as(mirrored))], dim=-1)
        return cast(Tensor, self.head(self.dropout(x)).log_softmax(-1))

    def predict(self, parts: Any) -> Tensor:
        """The same of `Lines` of tensors."""
        return cast(Tensor, self(parts.rows, parts.lengths))

    def nll(self, predicted: Tensor, parts: Any) -> Tensor:
        """NLL of the texts of `Lines` of tensors, nats, summed over the lines."""
        return self.nll_of_each(predicted, parts).sum()

    def nll_of_each(self, predicted: Tensor, parts: Any) -> Tensor:
        """(B,): NLL of each text, nats, by CTC; 0 where the line has too few rows for its letters."""
        letters = (parts.text >= 0).sum(1)
        return functional.ctc_loss(
            predicted.transpose(0, 1), parts.text.clamp(min=0), read_rows(parts.lengths), letters,
            blank=self.alphabet.end, reduction="none", zero_infinity=True,
        )  # fmt: skip


def read_rows(lengths: Any) -> Any:
    """How many rows of likelihoods there are of so many rows of features."""
    for stride in STRIDES:
        lengths = -(-lengths // stride)
    return lengths


def rows_needed(text: Codes) -> int:
    """How many rows of likelihoods CTC needs for a text: one a letter, and one between two that are alike."""
    return len(text) + int((text[1:] == text[:-1]).sum())
