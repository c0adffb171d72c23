"""What goes through its own density comes out uniform; through another it does not."""

import numpy as np
import pytest
import torch
from mixtures import independent, random_mixture
from scipy.stats import binomtest, kstest
from torch import Tensor

from penlift.evaluation.calibration import DRAWS, depth, draw_moves, through
from penlift.model.mixture import Mixture

MANY = 4000


def noise(*shape: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    uniform = torch.rand(*shape, 1, generator=generator, dtype=torch.float64)
    return torch.cat([uniform, torch.randn(*shape, 2, generator=generator, dtype=torch.float64)], dim=-1)


def drawn(mixture: Mixture, seed: int = 1) -> Tensor:
    """One move from the density at each place, by an independent library."""
    torch.manual_seed(seed)
    moves: Tensor = independent(mixture).sample()
    return moves


def test_dx_goes_to_the_mass_on_its_left_and_dy_to_that_below_it_given_dx() -> None:
    mixture, move = random_mixture(1), torch.tensor([[0.4, -0.3]], dtype=torch.float64)
    axis = torch.linspace(-30, 30, 6001, dtype=torch.float64)
    step = float(axis[1] - axis[0])
    left = axis[axis < 0.4]
    area = torch.cartesian_prod(left, axis[::10])
    column = torch.stack([torch.full_like(axis, 0.4), axis], dim=-1)

    below_x, below_y = through(mixture, move)[0]

    mass = independent(mixture).log_prob(area).exp().sum() * step * 10 * step
    along = independent(mixture).log_prob(column).exp()
    assert float(below_x) == pytest.approx(float(mass), abs=2e-3)
    assert float(below_y) == pytest.approx(float(along[axis < -0.3].sum() / along.sum()), abs=2e-3)


def test_what_a_mixture_draws_comes_out_flat_and_independent() -> None:
    mixture = random_mixture(MANY)

    shares = through(mixture, drawn(mixture)).numpy()

    assert kstest(shares[:, 0], "uniform").pvalue > 0.01
    assert kstest(shares[:, 1], "uniform").pvalue > 0.01
    assert abs(np.corrcoef(shares.T)[0, 1]) < 0.05


@pytest.mark.parametrize("change", ["wider", "narrower", "shifted", "uncorrelated"])
def test_what_another_mixture_draws_does_not(change: str) -> None:
    true = random_mixture(MANY, components=1)
    true = true._replace(correlation=torch.full_like(true.correlation, 0.5))
    wrong = {
        "wider": true._replace(log_std=true.log_std + 0.2),
        "narrower": true._replace(log_std=true.log_std - 0.2),
        "shifted": true._replace(mean=true.mean + 0.2 * true.log_std.exp()),
        "uncorrelated": true._replace(correlation=torch.zeros_like(true.correlation)),
    }[change]

    shares = through(wrong, drawn(true)).numpy()

    assert min(kstest(column, "uniform").pvalue for column in shares.T) < 1e-4 or abs(np.corrcoef(shares.T)[0, 1]) > 0.1


def test_our_draws_are_those_of_the_density() -> None:
    mixture = random_mixture(1)
    ours = draw_moves(mixture, noise(1, 40_000))[0]

    torch.manual_seed(4)
    theirs = independent(mixture).sample((40_000,))[:, 0]

    for column in range(2):
        assert kstest(ours[:, column].numpy(), theirs[:, column].numpy()).pvalue > 0.01
    np.testing.assert_allclose(np.corrcoef(ours.T), np.corrcoef(theirs.T), atol=0.03)


def test_depths_of_what_a_mixture_draws_are_uniform_ranks() -> None:
    mixture = random_mixture(MANY)

    ranks = depth(mixture, drawn(mixture), noise(MANY, DRAWS)).numpy()

    counts = np.bincount(ranks, minlength=DRAWS + 1)
    assert len(counts) == DRAWS + 1
    assert min(binomtest(int(count), MANY, 1 / (DRAWS + 1)).pvalue for count in counts) > 1e-4


def test_a_density_too_wide_has_everything_near_its_peak_and_one_too_narrow_far_out() -> None:
    true = random_mixture(MANY)

    wide, narrow = (
        depth(true._replace(log_std=true.log_std + by), drawn(true), noise(MANY, DRAWS)).double().mean()
        for by in (0.5, -0.5)
    )

    assert float(wide) < 0.45 * DRAWS
    assert float(narrow) > 0.55 * DRAWS
