"""Mixtures for tests, and the same densities computed independently."""

import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from penlift.model.mixture import Mixture

FLOOR = torch.tensor([0.025, 0.025])


def random_mixture(*shape: int, components: int = 4, dtype: torch.dtype = torch.float64) -> Mixture:
    raw = torch.randn(*shape, Mixture.outputs(components), generator=torch.Generator().manual_seed(5), dtype=dtype)
    return Mixture.from_raw(raw, FLOOR.to(dtype))


def independent(mixture: Mixture) -> MixtureSameFamily:
    """The same density, built from full covariances by torch.distributions."""
    std, rho = mixture.log_std.exp(), mixture.correlation.tanh()
    across = rho * std[..., 0] * std[..., 1]
    covariance = torch.stack(
        [torch.stack([std[..., 0] ** 2, across], -1), torch.stack([across, std[..., 1] ** 2], -1)], -1
    )
    weights = Categorical(logits=mixture.log_weight)
    return MixtureSameFamily(weights, MultivariateNormal(mixture.mean, covariance))
