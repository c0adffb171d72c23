"""What became of each epoch."""

from typing import NamedTuple

import pandas as pd


class Epoch(NamedTuple):
    """One epoch's row of history.csv. NLLs are in nats a point, with offsets divided by 20."""

    epoch: int  # from 1
    steps: int  # done so far
    learning_rate: float  # of its last step
    train_nll_nats_per_point: float  # mean over the epoch's windows, dropout on
    valid_nll_nats_per_point: float  # whole held-out lines, dropout off
    best: bool  # whether it is the lowest so far; the last such epoch's weights are the model

    def __str__(self) -> str:
        nats = f"{self.train_nll_nats_per_point:.3f} in training, {self.valid_nll_nats_per_point:.3f} held out"
        return f"epoch {self.epoch}: {nats} (nats/point, offsets/20){', the best so far' if self.best else ''}"


def to_table(epochs: list[Epoch]) -> pd.DataFrame:
    """A row an epoch; holds nothing that differs between two runs."""
    return pd.DataFrame(epochs, columns=Epoch._fields)
