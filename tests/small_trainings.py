"""Small trainings, and what drives them from their beginning to their end."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from penlift.common.processes import alone_in
from penlift.common.terminal import Meter
from penlift.ink.alphabet import Alphabet
from penlift.ink.lines import Ink, load_ink
from penlift.ink.offsets import normalise
from penlift.ink.scales import NormaliseParams, Scales
from penlift.ink.windows import TextLines, WindowParams, Windows, index_windows
from penlift.model.network import ModelParams, Network
from penlift.training.loop import fit, judge_epoch
from penlift.training.optimisation import TrainParams
from penlift.training.resume import StateKeeper
from penlift.training.state import TrainState, to_table
from penlift.training.trainer import train
from penlift.training.writing import NATS, Material, start_training

RECIPE = {
    "optimiser": "adam", "learning_rate": 0.01, "beta2": 0.999, "schedule": "one-cycle", "warm_up": 0.15,
    "decay": 0.95,
    "loss": "mean", "clip": 10.0, "clip_outputs": None, "clip_gates": None, "weight_noise": 0.0,
    "batch": 4, "grow": 0.0, "epochs": 3, "patience": None, "start": None, "new_signs": False, "seed": 1, "threads": 1,
    "precision": "float32", "processes": 1, "device": "cpu", "save_every": 60.0,
}  # fmt: skip


SHAPE = {
    "cell": "lstm",
    "peepholes": False,
    "layers": 2,
    "hidden": 8,
    "mixtures": 3,
    "dropout": 0.2,
    "skip": False,
    "text": False,
}


Data = tuple[Ink, Windows | TextLines, Scales]
ALPHABET = Alphabet(" abc")


def recipe(**changes: Any) -> TrainParams:
    return TrainParams.model_validate(RECIPE | changes)


@pytest.fixture
def data(small_ink: Ink, tmp_path: Path) -> Data:
    (tmp_path / "offsets").mkdir()
    scales, _ = normalise(small_ink, NormaliseParams(cap=500.0, scale=20.0, rate=None), tmp_path / "offsets")
    ink = load_ink(tmp_path / "offsets")
    return (
        ink,
        Windows(ink, index_windows(ink, WindowParams(length=15, shortest=5, rarest=1, joined=0.0))[0], 15),
        scales,
    )


@pytest.fixture
def told(data: Data) -> Data:
    """The same with texts, but for a held-out line; some lines are learned joined to another."""
    ink, _, scales = data
    ink.index["text"] = ["ab c", "a bac ab", "x", "cab", "ba", "abc"]
    ink.index.loc[len(ink.index)] = {**ink.index.iloc[4], "line": "silent", "text": ""}
    index = index_windows(ink, WindowParams(length=15, shortest=5, rarest=1, joined=0.0))[0]
    return ink, TextLines(ink, index, ALPHABET, scales, 0.5), scales


def to_the_end(state: TrainState, data: Data, params: TrainParams) -> TrainState:
    for step in fit(state, data[1], params):
        if step.ends_epoch:
            judge_epoch(state, step, Material(*data))
    return state


def beginning(params: TrainParams, **shape: Any) -> TrainState[Network]:
    torch.manual_seed(params.seed)
    built = ModelParams.model_validate(SHAPE | shape)
    network = Network(built, (0.025, 0.025), ALPHABET if built.text else None, pace=0.1)
    return start_training(network, params)


def unseen(_state: TrainState) -> None:
    """Shows nothing."""


def train_into(data: Data, folder: Path, epochs: int = 2) -> pd.DataFrame:
    """A small training in its folder, done; its history."""
    params, keeper = recipe(epochs=epochs), StateKeeper(folder, folder.name, 60)
    state = beginning(params)
    with alone_in(folder, "is at this very training"), Meter("train", 99) as meter:
        train(state, Material(*data), params, keeper, meter, unseen)
        keeper.save(state, done=True)
    return to_table(state.history, NATS)


SMALL: dict[str, dict[str, Any]] = {
    "compose": {"lines": 40, "writers": 8},
    "model": {"hidden": 12, "mixtures": 3},
    "train": {"epochs": 20, "threads": 1, "batch": 4, "save_every": 0.1},
    "sample": {"lines": 1, "points": 60},
    "evaluate": {"train_lines": 5, "pairs": 4, "read": 4},
}
