"""Counts come out flat where predictions are right, and do not where they are wrong in a known way."""

from typing import Any

import numpy as np
import pytest
import torch
from mixtures import independent, random_mixture
from torch import Tensor

from penlift.evaluation.calibration import DRAWS, LAGS, LEVELS, Calibration, Transformed, through
from penlift.evaluation.prediction import transformed
from penlift.ink.scales import Scales
from penlift.ink.windows import Batch, WholeLines
from penlift.model.mixture import Mixture
from penlift.model.scores import Predicted

LINES, LENGTH = 40, 500
TABLET = Scales(500, (0, 0), (1, 1), (0, 0), (1, 1))


def targets_of(mixture: Mixture, whole: bool = False) -> Tensor:
    """A target drawn from the density at each place, by an independent library; on whole tablet units if asked."""
    torch.manual_seed(2)
    moves = independent(mixture).sample()
    lifts = torch.rand(mixture.lift.shape, dtype=torch.float64) < mixture.lift.sigmoid()
    return torch.cat([moves.round() if whole else moves, lifts[..., None].double()], dim=-1)


def counted(predicted: Mixture, targets: Tensor, jitter: bool = False) -> Calibration:
    """Counts of these targets under these predictions."""
    shape = targets.shape[:2]
    mask = torch.ones(shape, dtype=torch.bool)
    inputs, unread = np.zeros((*shape, 3), np.float32), np.zeros((shape[0], 0), np.int64)
    batch = Batch(inputs, targets.numpy().astype(np.float32), mask.numpy(), unread)
    lines = WholeLines(list(range(shape[0])), batch)
    scales = TABLET if jitter else TABLET._replace(scale=(1e9, 1e9))  # half a unit of a billionth: none
    calibration = Calibration()
    calibration.add(transformed(Predicted(lines, targets, mask, predicted), scales, seed=1))
    return calibration


@pytest.fixture(scope="module")
def true() -> Mixture:
    return random_mixture(LINES, LENGTH)


def test_right_predictions_come_out_flat(true: Mixture) -> None:
    found = counted(true, targets_of(true))

    assert found.targets == LINES * LENGTH
    assert max(found.distances()) < 0.015
    assert all(abs(reached - level) < 0.012 for level, reached in found.coverage().items())
    assert found.dependence().abs().to_numpy().max() < 0.03
    assert found.lift_error() < 0.02
    reliability = found.reliability()
    assert (reliability["predicted"] - reliability["lifted"]).abs().max() < 0.05
    np.testing.assert_allclose(found.histogram()[["dx", "dy"]], 1, atol=0.15)


@pytest.mark.parametrize(("by", "sign"), [(0.5, 1), (-0.5, -1)])
def test_too_wide_covers_too_much_and_too_narrow_too_little(true: Mixture, by: float, sign: int) -> None:
    found = counted(true._replace(log_std=true.log_std + by), targets_of(true))

    assert max(found.distances()) > 0.03
    assert all(sign * (reached - level) > 0.015 for level, reached in found.coverage().items())


def test_a_shift_shows_in_its_own_axis(true: Mixture) -> None:
    shifted = true.mean.clone()
    shifted[..., 1] += 1

    dx, dy = counted(true._replace(mean=shifted), targets_of(true)).distances()

    assert dx < 0.015 < 0.08 < dy


def test_lifts_that_come_too_often_are_seen_and_cost(true: Mixture) -> None:
    targets = targets_of(true)

    right, wrong = (counted(true._replace(lift=true.lift + by), targets) for by in (0.0, 1.0))

    assert right.lift_error() < 0.02 < 0.1 < wrong.lift_error()
    assert right.brier() < wrong.brier()


def test_what_depends_on_the_point_before_is_seen() -> None:
    one = random_mixture(1, components=1)
    mixture = one._replace(correlation=torch.zeros_like(one.correlation))
    mixture = Mixture(*(part.expand(LINES, LENGTH, *part.shape[1:]) for part in mixture))
    targets = targets_of(mixture)
    targets[:, 1:, 0] = 0.6 * targets[:, :-1, 0] + 0.8 * targets[:, 1:, 0]

    dependence = counted(mixture, targets).dependence()

    dx, dy = (dependence[name].to_numpy()[0] for name in ("dx", "dy"))
    assert dx > 0.2
    assert abs(dy) < 0.03
    assert list(dependence.index) == list(LAGS)


def test_what_is_wrong_everywhere_alike_is_no_dependence(true: Mixture) -> None:
    shifted = true._replace(mean=true.mean + 1, log_std=true.log_std - 0.5)

    found = counted(shifted, targets_of(true))

    assert max(found.distances()) > 0.05
    assert found.dependence().abs().to_numpy().max() < 0.03


def test_correlations_are_those_of_an_independent_library(true: Mixture) -> None:
    targets = targets_of(true)
    shares = through(true, targets[..., :2]).numpy()

    found = counted(true, targets).dependence()

    expected = np.corrcoef(shares[:, 5:, 1].ravel(), shares[:, :-5, 1].ravel())[0, 1]
    assert found["dy"].to_numpy()[list(LAGS).index(5)] == pytest.approx(expected, abs=1e-6)


def test_offsets_on_whole_units_come_out_flat_once_they_are_spread_over_their_units() -> None:
    one = random_mixture(1, components=1)
    one = one._replace(log_std=torch.full_like(one.log_std, np.log(2.0)), correlation=torch.zeros_like(one.correlation))
    narrow = Mixture(*(part.expand(LINES, LENGTH, *part.shape[1:]) for part in one))
    targets = targets_of(narrow, whole=True)

    spread, lumped = (counted(narrow, targets, jitter) for jitter in (True, False))

    assert max(spread.distances()) < 0.02
    assert all(abs(reached - level) < 0.02 for level, reached in spread.coverage().items())
    assert max(lumped.distances()) > 3 * max(spread.distances())


def test_counts_do_not_depend_on_how_lines_are_batched(true: Mixture) -> None:
    targets = targets_of(true)
    mask = torch.ones(LINES, LENGTH, dtype=torch.bool)
    mask[:20, 300:] = False

    def counts(groups: list[list[int]]) -> Calibration:
        calibration = Calibration()
        for group in groups:
            longest = int(mask[group].sum(dim=1).max())  # a batch is no longer than its longest line
            some, inside = targets[group][:, :longest], mask[group][:, :longest]
            inputs, unread = np.zeros((len(group), longest, 3), np.float32), np.zeros((len(group), 0), np.int64)
            batch = Batch(inputs, some.numpy(), inside.numpy(), unread)
            part = Mixture(*(values[group][:, :longest] for values in true))
            predicted = Predicted(WholeLines(group, batch), some, inside, part)
            calibration.add(transformed(predicted, TABLET, seed=1))
        return calibration

    together, apart = counts([list(range(LINES))]), counts([[*range(20, LINES)], [*range(20)]])

    assert together.targets == apart.targets == int(mask.sum())
    np.testing.assert_array_equal(together.shares, apart.shares)
    np.testing.assert_array_equal(together.depths, apart.depths)
    np.testing.assert_allclose(together.moments, apart.moments)


def test_every_level_is_a_bound_of_ranks() -> None:
    assert all(abs(level * (DRAWS + 1) - round(level * (DRAWS + 1))) < 1e-9 for level in LEVELS)


def test_a_padded_target_counts_for_nothing() -> None:
    zeros: Any = np.zeros((1, 3))
    batch = Transformed(np.full((1, 3, 2), 0.5), zeros.astype(int), zeros, zeros, np.array([[True, False, False]]))
    calibration = Calibration()

    calibration.add(batch)

    assert calibration.targets == 1
    assert calibration.lifts[:, 0].sum() == 1
