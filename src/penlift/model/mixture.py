"""The density of the next offset: a mixture of bivariate normals, a Bernoulli for the lift, and how it is steered."""

import math
from typing import NamedTuple, Self

import torch
from torch import Tensor
from torch.nn import functional

WIDEST = 7.0  # log of the largest standard deviation, in normalised units: 50 times the largest capped offset
STEEPEST = 4.0  # bound of the correlation before tanh: |rho| < 0.9994


class Steering(NamedTuple):
    """What is done to each density before an offset is drawn from it."""

    power: float = 1.0  # of the components' weights, which then sum to one again
    widening: float = 0.0  # added to the logarithms of standard deviations
    firmness: float = 1.0  # factor of the lift's log-odds

    @classmethod
    def of(cls, bias: float, weights: float, spread: float, lift: float) -> Self:
        """Graves's (2013) bias b, equations 61 and 62, weights to the power 1 + b and std times e^-b; and temperatures.

        A probability p at temperature t is p^(1/t), normalised: weights and lift so, and of a component, whose variance
        is thereby multiplied by t, the spread. 1 changes nothing, less is nearer to what is likeliest.
        """
        return cls((1 + bias) / weights, 0.5 * math.log(spread) - bias, 1 / lift)


PLAIN = Steering()  # draws from the density itself


class Mixture(NamedTuple):
    """Densities of offsets, one at each place of the leading shape `...`; K components."""

    log_weight: Tensor  # (..., K), logarithms of weights that sum to one
    mean: Tensor  # (..., K, 2), normalised dx, dy
    log_std: Tensor  # (..., K, 2)
    correlation: Tensor  # (..., K), before tanh
    lift: Tensor  # (...), log-odds that the pen leaves the paper after this point

    @classmethod
    def outputs(cls, components: int) -> int:
        """How many outputs of a network describe a mixture: 121 for 20 components."""
        return 1 + 6 * components

    @classmethod
    def from_raw(cls, raw: Tensor, floor: Tensor) -> Self:
        """(..., 1 + 6 K) outputs of a network to mixtures; equations 18 to 22, with bounds that keep a gradient.

        No standard deviation is below `floor`, (2,), half a tablet unit in normalised units: coordinates are integers,
        and a density that may collapse onto offsets that repeat exactly has no honest likelihood.
        """
        components = (raw.shape[-1] - 1) // 6
        sizes = [1, components, 2 * components, 2 * components, components]
        lift, weight, mean, log_std, correlation = torch.split(raw, sizes, dim=-1)
        bounded = -torch.logaddexp(-log_std.unflatten(-1, (components, 2)), raw.new_tensor(-WIDEST))
        return cls(
            log_weight=weight.log_softmax(-1),
            mean=mean.unflatten(-1, (components, 2)),
            log_std=0.5 * torch.logaddexp(2 * bounded, 2 * floor.log()),
            correlation=STEEPEST * torch.tanh(correlation / STEEPEST),
            lift=lift.squeeze(-1),
        )

    def log_prob_move(self, move: Tensor) -> Tensor:
        """Log-density, in nats, of (..., 2) dx, dy; shape (...). Equations 23 to 25."""
        zx, zy = ((move[..., None, :] - self.mean) * torch.exp(-self.log_std)).unbind(dim=-1)
        rho = self.correlation.tanh()
        log_1_minus_rho2 = 2 * (math.log(2) - self.correlation - functional.softplus(-2 * self.correlation))
        mahalanobis = zy**2 + (zx - rho * zy) ** 2 * torch.exp(-log_1_minus_rho2)  # of y, then of x given y
        log_density = -(math.log(2 * math.pi) + self.log_std.sum(-1) + 0.5 * (log_1_minus_rho2 + mahalanobis))
        return torch.logsumexp(self.log_weight + log_density, dim=-1)

    def log_prob_lift(self, lift: Tensor) -> Tensor:
        """Log-probability, in nats, of (...) lifts, 0 or 1. Equation 26, second part."""
        return -functional.binary_cross_entropy_with_logits(self.lift, lift, reduction="none")

    def log_prob(self, offset: Tensor) -> Tensor:
        """Log-density, in nats, of (..., 3) offsets; shape (...)."""
        return self.log_prob_move(offset[..., :2]) + self.log_prob_lift(offset[..., 2])

    def expected_move(self) -> Tensor:
        """The mean of the density, (..., 2): what SSE is measured from."""
        return (self.log_weight.exp()[..., None] * self.mean).sum(-2)

    def steer(self, steering: Steering) -> Self:
        """The same, more or less cautious; Graves's bias, equations 61 and 62, is one way."""
        return self._replace(
            log_weight=(steering.power * self.log_weight).log_softmax(-1),
            log_std=self.log_std + steering.widening,
            lift=steering.firmness * self.lift,
        )
