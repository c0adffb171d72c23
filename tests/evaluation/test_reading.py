"""Whether a network reads: its held-out lines under their own text and under others."""

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import written_line

from penlift.evaluation.reading import OTHERS, figures_of, read_with_texts
from penlift.ink.alphabet import Alphabet
from penlift.ink.lines import Ink, load_ink, save_ink
from penlift.ink.offsets import normalise
from penlift.ink.scales import NormaliseParams, shift_to
from penlift.model.checkpoint import Model
from penlift.model.network import ModelParams, Network, floor_of
from penlift.model.scores import nll_over_20, score_lines

SHAPE = {"cell": "lstm", "peepholes": False, "layers": 1, "hidden": 6, "mixtures": 2, "dropout": 0.0, "skip": True}
TEXTS = ["abc", "cab", "bca", "aab", "bbc", "cca", "abba", "caca", "bbbb", "aaa", "ccc"]


@pytest.fixture
def held_out(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Ink]:
    ink, offsets = (tmp_path_factory.mktemp(name) for name in ("ink", "offsets"))
    lines = [written_line(10 + n, "train" if n < 3 else "valid", 20 + n, f"w{n}") for n in range(1, len(TEXTS) + 3)]
    save_ink(ink, lines)
    scales, _ = normalise(load_ink(ink), NormaliseParams(cap=500.0, scale=20.0, rate=None), offsets)
    read = load_ink(offsets)
    read.index["text"] = ["abc", "cab", *TEXTS]
    params = ModelParams.model_validate(SHAPE | {"text": True})
    torch.manual_seed(1)
    return Model(Network(params, floor_of(scales.scale), Alphabet("abc"), 0.2).eval(), params, scales), read


def test_each_line_is_read_under_its_own_text_and_nine_that_all_differ(held_out: tuple[Model, Ink]) -> None:
    model, ink = held_out

    reading = read_with_texts(model, ink, "valid", seed=1)

    assert reading.lines["text"].tolist() == TEXTS
    assert reading.lines["others"].tolist() == [OTHERS] * len(TEXTS)
    assert reading.lines.loc[reading.lines["seen"], "text"].tolist() == ["abc", "cab"]
    alone = pd.concat(score_lines(model.network, ink, ink.of_split("valid"), model.scales))
    over_20 = reading.lines["own"].sum() / reading.lines["points"].sum() - shift_to((1.0, 1.0), model.scales)
    assert over_20 + shift_to((20.0, 20.0), model.scales) == pytest.approx(nll_over_20(alone, model.scales), abs=1e-5)
    assert [under.shape for under in reading.windows] == [(22, 4), (23, 4)]


def test_the_figures_of_texts_that_stand_in_training_are_kept_apart(held_out: tuple[Model, Ink]) -> None:
    lines = read_with_texts(*held_out, "valid", seed=1).lines

    figures = figures_of(lines, seed=1)

    assert {name: part["lines"] for name, part in figures.items()} == {"unseen": 9, "seen": 2}
    unseen = lines[~lines["seen"]]
    assert figures["unseen"]["nll_nats_per_point_own_text"]["tablet"] == pytest.approx(
        unseen["own"].sum() / unseen["points"].sum()
    )
    assert figures["unseen"]["likelier_share"] == pytest.approx(unseen["likelier"].mean())


def test_a_line_that_is_least_likely_under_its_own_text_is_not_counted() -> None:
    table = pd.DataFrame({
        "line": list("abcdef"), "writer": "", "text": "ab", "seen": False, "points": 10,
        "own": 1.0, "other": 2.0, "shuffled": 3.0, "others": 9, "likelier": [True] * 3 + [False] * 3,
    })  # fmt: skip

    found = figures_of(table, seed=1)["unseen"]

    assert found["likelier_share"] == 0.5
    assert found["likelier_share_low"] <= 0.5 <= found["likelier_share_high"]
    assert found["nll_nats_per_letter_own_text"]["tablet"] == pytest.approx(0.5)
    assert np.isfinite(found["nll_nats_per_point_own_text_low"]["tablet"])
