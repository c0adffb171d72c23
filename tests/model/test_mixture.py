"""The mixture is a density, equals an independent one, and stays finite."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mixtures import FLOOR, independent, random_mixture
from torch import Tensor
from torch.distributions import Bernoulli

from penlift.model.mixture import PLAIN, Mixture, Steering
from penlift.sampling.stepper import OffsetSampler


def test_the_log_density_equals_that_of_an_independent_library() -> None:
    mixture = random_mixture(3, 5)
    offset = torch.randn(3, 5, 3, dtype=torch.float64)
    offset[..., 2] = (offset[..., 2] > 0).double()

    expected = independent(mixture).log_prob(offset[..., :2]) + Bernoulli(logits=mixture.lift).log_prob(offset[..., 2])

    torch.testing.assert_close(mixture.log_prob(offset), expected)


def test_the_density_of_the_move_integrates_to_one() -> None:
    mixture = random_mixture(1)
    axis = torch.linspace(-30, 30, 2401, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)

    mass = mixture.log_prob_move(grid).exp().sum() * (axis[1] - axis[0]) ** 2

    assert float(mass) == pytest.approx(1, abs=1e-6)


def test_the_probabilities_of_lift_and_no_lift_add_up_to_one() -> None:
    mixture = random_mixture(7)
    up, down = (mixture.log_prob_lift(torch.full((7,), lift, dtype=torch.float64)).exp() for lift in (1.0, 0.0))

    torch.testing.assert_close(up + down, torch.ones(7, dtype=torch.float64))


def test_the_gradient_is_that_of_the_density() -> None:
    raw = torch.randn(2, Mixture.outputs(3), dtype=torch.float64, requires_grad=True)
    offset = torch.tensor([[0.3, -1.0, 1.0], [2.0, 0.1, 0.0]], dtype=torch.float64)

    def nll(raw: Tensor) -> Tensor:
        return Mixture.from_raw(raw, FLOOR.double()).log_prob(offset)

    assert torch.autograd.gradcheck(nll, raw)


large = st.floats(-1e4, 1e4, width=32)


@given(st.lists(large, min_size=13, max_size=13), st.floats(-1e6, 1e6, width=32), st.floats(-1e6, 1e6, width=32))
def test_value_and_gradient_stay_finite_whatever_the_network_puts_out(raw: list[float], dx: float, dy: float) -> None:
    outputs = torch.tensor(raw, dtype=torch.float32, requires_grad=True)

    log_prob = Mixture.from_raw(outputs, FLOOR).log_prob(torch.tensor([dx, dy, 1.0]))
    log_prob.backward()

    assert math.isfinite(float(log_prob.detach()))
    assert outputs.grad is not None
    assert bool(outputs.grad.isfinite().all())


@given(st.lists(large, min_size=13, max_size=13))
def test_no_standard_deviation_is_below_the_floor_or_above_the_widest(raw: list[float]) -> None:
    std = Mixture.from_raw(torch.tensor(raw), FLOOR).log_std.exp()

    assert bool((std >= FLOOR * (1 - 1e-6)).all())
    assert bool((std <= math.exp(7) * (1 + 1e-6)).all())


def test_draws_have_the_mean_covariance_and_lift_rate_of_the_density() -> None:
    raw = torch.randn(1, Mixture.outputs(4), generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    mixture, count = Mixture.from_raw(raw, FLOOR.double()), 200_000
    numbers = np.random.default_rng(1)
    noise = np.hstack([numbers.random((count, 2)), numbers.standard_normal((count, 2))])

    draws = OffsetSampler(noise[:, None], FLOOR.double().numpy(), PLAIN)
    drawn = torch.from_numpy(draws(raw.numpy().repeat(count, axis=0), 0))

    density = independent(mixture)
    spread = density.variance.squeeze().sqrt() / math.sqrt(count)
    assert bool(((drawn[:, :2].mean(0) - density.mean.squeeze()).abs() < 5 * spread).all())
    torch.testing.assert_close(drawn[:, :2].var(0), density.variance.squeeze(), rtol=0.03, atol=0)
    assert float(drawn[:, 2].mean()) == pytest.approx(float(mixture.lift.sigmoid()), abs=0.006)
    predicted, seen = density.log_prob(density.sample((count,))).mean(), density.log_prob(drawn[:, :2]).mean()
    assert float(predicted) == pytest.approx(float(seen), abs=0.02)  # entropy: correlations are drawn too


def test_a_bias_narrows_and_favours_the_likely_and_none_changes_nothing() -> None:
    mixture = random_mixture(6)

    sharper = mixture.steer(Steering.of(1.0, 1, 1, 1))

    torch.testing.assert_close(sharper.log_std, mixture.log_std - 1)
    weights = mixture.log_weight.exp() ** 2
    torch.testing.assert_close(sharper.log_weight.exp(), weights / weights.sum(-1, keepdim=True))
    for same, was in zip(mixture.steer(PLAIN), mixture, strict=True):
        torch.testing.assert_close(same, was)


def test_the_expected_move_is_the_mean_of_the_density() -> None:
    mixture = random_mixture(6)

    torch.testing.assert_close(mixture.expected_move(), independent(mixture).mean)
