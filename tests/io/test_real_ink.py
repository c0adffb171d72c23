"""On the real handwriting that PENLIFT_INK names: nothing is lost, and every cell learns from it."""

import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from as_extracted import as_read
from conftest import ROOT
from networks import CELLS

from penlift.common.params import read_section
from penlift.corpus.compose import ComposeParams, compose, read_words
from penlift.corpus.typeface import read_typefaces
from penlift.evaluation.comparison.movement import OFF, compared, measured
from penlift.evaluation.likelihood import summarise
from penlift.ink.lines import Ink, load_ink
from penlift.ink.offsets import normalise, offsets_of, to_points
from penlift.ink.scales import NormaliseParams, Scales
from penlift.ink.windows import WindowParams, Windows, index_windows
from penlift.io.extraction import extract
from penlift.io.sources import iam
from penlift.model.network import ModelParams, Network, floor_of
from penlift.model.scores import score_lines
from penlift.training.loop import fit
from penlift.training.optimisation import TrainParams
from penlift.training.writing import start_training

pytestmark = pytest.mark.slow
Made = tuple[Ink, Ink, Scales]


@pytest.fixture(scope="module")
def made(real_ink: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("real")
    for name in ("ink", "offsets"):
        (folder / name).mkdir()
    extract(iam.open_source(real_ink), "standard", folder / "ink")
    ink = load_ink(folder / "ink")
    scales, _ = normalise(ink, NormaliseParams(cap=500.0, scale=20.0, rate=None), folder / "offsets")
    return ink, load_ink(folder / "offsets"), scales


def test_every_line_has_its_text_writer_and_split_and_no_writer_is_on_two_sides(made: Made) -> None:
    index = made[0].index

    assert (index[["text", "writer", "split"]] != "").all(axis=None)
    assert index.groupby("writer")["split"].nunique().max() == 1


def test_offsets_give_back_every_line_but_for_its_capped_gaps(made: Made) -> None:
    ink, offsets, scales = made

    for number in range(len(ink)):
        points, back = ink.rows_of(number), to_points(offsets.rows_of(number)[1:], scales)
        np.testing.assert_array_equal(np.rint(np.diff(back[:, :2], axis=0)), offsets_of(points, 500))


def test_no_target_of_a_long_line_is_drawn_twice_as_often_as_another(made: Made) -> None:
    _, coverage = index_windows(made[1], WindowParams(length=300, shortest=50, rarest=1, joined=0.0))

    assert coverage.most_to_least is not None
    assert coverage.most_to_least < 2


@pytest.mark.parametrize(("cell", "peepholes"), CELLS)
def test_a_few_steps_of_every_cell_lower_the_held_out_likelihood(made: Made, cell: str, peepholes: bool) -> None:
    _, offsets, scales = made
    torch.manual_seed(1)
    shape = {"layers": 1, "hidden": 24, "mixtures": 5, "dropout": 0.0, "skip": False, "text": False}
    network = Network(
        ModelParams.model_validate({"cell": cell, "peepholes": peepholes} | shape), floor_of(scales.scale)
    )
    windows = Windows(
        offsets, index_windows(offsets, WindowParams(length=100, shortest=50, rarest=1, joined=0.0))[0], 100
    )
    params = TrainParams(
        optimiser="adam", learning_rate=0.01, beta2=0.999, schedule="constant", warm_up=0.0, decay=1.0, loss="mean",
        clip=10.0, clip_outputs=None, clip_gates=None, weight_noise=0.0, batch=16, grow=0.0,
        epochs=1, patience=None, start=None, new_signs=False, seed=1, threads=2, precision="float32", processes=1,
        device="cpu", save_every=60.0,
    )  # fmt: skip

    def held_out() -> float:
        lines = pd.concat(score_lines(network, offsets, offsets.of_split("test"), scales))
        figures = summarise(lines, scales)
        assert figures["points"] == int((offsets.index["points"] - 1)[offsets.index["split"] == "test"].sum())
        nll = figures["nll_nats_per_point"]
        assert isinstance(nll, dict)
        return float(str(nll["tablet"]))

    before = held_out()
    for _ in itertools.islice(fit(start_training(network, params), windows, params), 60):
        pass

    assert math.isfinite(before)
    assert held_out() < before - 0.5


def test_the_built_in_corpus_moves_as_its_writers_do(made: Made) -> None:
    default = read_section(ROOT / "params.yaml", "compose", ComposeParams)
    prose = read_words(ROOT / "src" / "penlift" / "corpus" / "prose" / "sentences.txt")
    written = compose(default, read_typefaces(ROOT / "src" / "penlift" / "corpus" / "fonts"), prose, processes=2)

    table = compared(measured(as_read(line) for line in written), measured(made[0]))

    off = table[OFF].abs()
    assert set(off.index[off > 25]) <= {"in-stroke steps of length zero, %", "pen-up dy, units"}
