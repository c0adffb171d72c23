"""What is predicted without a network is the best that knows nothing of the points before."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import written_line
from sklearn.mixture import GaussianMixture

from penlift.evaluation.baseline import COMPONENTS, FLOOR, fit_baseline
from penlift.evaluation.likelihood import summarise
from penlift.ink.lines import Ink, load_ink, save_ink
from penlift.ink.offsets import normalise, to_tablet
from penlift.ink.scales import NormaliseParams, Scales
from penlift.model.scores import score_lines


@pytest.fixture
def blind(tmp_path: Path) -> tuple[Ink, Scales]:
    """Lines whose points depend on nothing."""
    rng = np.random.default_rng(1)
    lines = []
    for number in range(1, 9):
        line = written_line(number, "train" if number < 6 else "test", 2000)
        line.rows[:, :2] = np.cumsum(rng.normal(0, 30, (2000, 2)), axis=0)
        line.rows[:, 2] = rng.uniform(size=2000) < 0.1
        lines.append(line)
    (tmp_path / "ink").mkdir()
    save_ink(tmp_path / "ink", lines)
    (tmp_path / "offsets").mkdir()
    scales, _ = normalise(
        load_ink(tmp_path / "ink"), NormaliseParams(cap=500.0, scale=7.0, rate=None), tmp_path / "offsets"
    )
    return load_ink(tmp_path / "offsets"), scales


def test_it_finds_the_entropy_of_points_that_depend_on_nothing(blind: tuple[Ink, Scales]) -> None:
    ink, scales = blind

    lines = pd.concat(score_lines(fit_baseline(ink, scales, seed=1), ink, ink.of_split("test"), scales))
    found = summarise(lines, scales)

    offset: object = found["offset_nll_nats_per_point"]
    assert isinstance(offset, dict)
    assert offset["tablet"] == pytest.approx(np.log(2 * np.pi * np.e * 30**2), abs=0.05)
    assert found["lift_nll_nats_per_point"] == pytest.approx(-0.1 * np.log(0.1) - 0.9 * np.log(0.9), abs=0.02)


def test_it_is_the_mixture_that_the_library_fitted(blind: tuple[Ink, Scales]) -> None:
    ink, scales = blind
    baseline = fit_baseline(ink, scales, seed=3)
    moves = np.concatenate([to_tablet(ink.rows_of(number)[1:], scales) for number in ink.of_split("train")])
    some = moves[np.sort(np.random.default_rng(3).choice(len(moves), len(moves), replace=False))]
    library = GaussianMixture(COMPONENTS, reg_covar=FLOOR**2, random_state=3, max_iter=300).fit(some)

    rows = torch.tensor(moves[:50] / scales.scale, dtype=torch.float32)[None]
    mixture, _ = baseline(rows)

    in_tablet = mixture.log_prob_move(rows)[0] - 2 * np.log(7)
    np.testing.assert_allclose(in_tablet, library.score_samples(moves[:50]), atol=2e-3)


def test_it_says_the_same_whatever_it_has_read(blind: tuple[Ink, Scales]) -> None:
    baseline = fit_baseline(*blind, seed=1)

    one, _ = baseline(torch.zeros(2, 5, 3))
    other, _ = baseline(torch.randn(2, 5, 3))

    for part, same in zip(one, other, strict=True):
        torch.testing.assert_close(part, same)
        assert part.shape[:2] == (2, 5)
