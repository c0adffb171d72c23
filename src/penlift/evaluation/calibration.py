"""Whether the predicted densities and lift probabilities are right, from counts over many targets.

Gneiting, Balabdaoui and Raftery, "Probabilistic Forecasts, Calibration and Sharpness" (2007): what has gone through the
densities should be uniform, and each point's independent of those before it. Brier (1950) for the lift.

Offsets are sent through the densities as Rosenblatt did, "Remarks on a Multivariate Transformation", Ann. Math. Stat.
23 (1952). In closed form for a mixture of bivariate normals: dx by its marginal, then dy by its density given dx, whose
components weigh anew. And the depth of an offset: the share of the density that is higher than where it fell (Hyndman,
"Computing and Graphing Highest Density Regions", 1996), by its rank among a few draws, which is exactly uniform too,
however few they are.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from penlift.common.geometry import Floats
from penlift.model.mixture import Mixture

FINE = 1000  # bins that distances are read from
SHOWN = 20  # bins that are drawn
LAGS = (1, 2, 3, 5, 10, 20)  # points apart
LEVELS = (0.5, 0.8, 0.95)  # of highest-density regions
LIFT_BINS = 10  # of lift probabilities
SERIES = ("dx", "dy", "size of dx", "size of dy")
DRAWS = 19  # an offset and its draws stand in 20 ranks: the bounds of 50, 80 and 95 per cent are among them


class Transformed(NamedTuple):
    """Targets of B lines side by side, T the longest, sent through their densities."""

    shares: Floats  # (B, T, 2): of `through`
    depth: npt.NDArray[np.int64]  # (B, T): of `depth`, of DRAWS draws
    probability: Floats  # (B, T): of a lift
    lift: Floats  # (B, T): 0 or 1
    mask: npt.NDArray[np.bool_]  # (B, T): whether there is a target


class Calibration:
    """Counts of transformed targets; its size does not grow with them."""

    def __init__(self) -> None:
        self.shares = np.zeros((2, FINE))
        self.depths = np.zeros(DRAWS + 1)
        self.pairs, self.moments = np.zeros(len(LAGS)), np.zeros((5, len(LAGS), len(SERIES)))
        self.lifts = np.zeros((LIFT_BINS, 3))  # targets, their probabilities, their lifts
        self.squares = 0.0

    @property
    def targets(self) -> int:
        """That were counted."""
        return int(self.depths.sum())

    def add(self, batch: Transformed) -> None:
        """Count a batch of lines."""
        mask = batch.mask
        bins = np.minimum((batch.shares[mask] * FINE).astype(np.int64), FINE - 1)
        self.shares += [np.bincount(column, minlength=FINE) for column in bins.T]
        self.depths += np.bincount(batch.depth[mask], minlength=DRAWS + 1)
        self._add_lags(batch)
        probability, lift = batch.probability[mask], batch.lift[mask]
        self.squares += float(((probability - lift) ** 2).sum())
        groups = np.minimum((probability * LIFT_BINS).astype(np.int64), LIFT_BINS - 1)
        weights = (np.ones_like(lift), probability, lift)
        self.lifts += np.stack([np.bincount(groups, weight, LIFT_BINS) for weight in weights], axis=1)

    def _add_lags(self, batch: Transformed) -> None:
        """Sums over neighbours so many points apart: of both, of their squares, and of their products."""
        series = np.concatenate([batch.shares, np.abs(2 * batch.shares - 1)], axis=-1) - 0.5
        for row, lag in enumerate(LAGS):
            both = batch.mask[:, lag:] & batch.mask[:, :-lag]
            late, early = series[:, lag:][both], series[:, :-lag][both]
            sums = (late, early, late**2, early**2, late * early)
            self.moments[:, row] += [part.sum(axis=0) for part in sums]
            self.pairs[row] += both.sum()

    def distances(self) -> tuple[float, float]:
        """Kolmogorov-Smirnov distances of the shares of dx and dy from uniform, to a thousandth; 0 is right."""
        reached = self.shares.cumsum(axis=1) / self.targets
        apart = np.abs(reached - np.arange(1, FINE + 1) / FINE).max(axis=1)
        return float(apart[0]), float(apart[1])

    def coverage(self) -> dict[float, float]:
        """The share of targets inside the highest-density region of each level: the level itself is right."""
        reached = self.depths.cumsum() / self.targets
        return {level: float(reached[round(level * (DRAWS + 1)) - 1]) for level in LEVELS}

    def dependence(self) -> pd.DataFrame:
        """Correlation between points a lag apart, a row a lag; 0 is right, and nothing is left to be predicted.

        Lags that no line is long enough for have no row.
        """
        seen = self.pairs > 1
        late, early, late2, early2, product = self.moments[:, seen] / self.pairs[seen, None]
        spread = np.sqrt((late2 - late**2) * (early2 - early**2))
        found = np.divide(product - late * early, spread, out=np.zeros_like(spread), where=spread > 1e-12)
        return pd.DataFrame(found, index=pd.Index(np.array(LAGS)[seen], name="lag"), columns=list(SERIES))

    def brier(self) -> float:
        """Mean squared difference of lift probability and lift."""
        return self.squares / self.targets

    def reliability(self) -> pd.DataFrame:
        """A row for each tenth of lift probability that was predicted: targets, their mean probability, their lifts."""
        counts, predicted, lifted = self.lifts[self.lifts[:, 0] > 0].T
        return pd.DataFrame({"targets": counts.astype(int), "predicted": predicted / counts, "lifted": lifted / counts})

    def lift_error(self) -> float:
        """How far lift probabilities are from lift rates, a mean over the targets; 0 is right."""
        return float(np.abs(self.lifts[:, 1] - self.lifts[:, 2]).sum() / self.targets)

    def histogram(self) -> pd.DataFrame:
        """How often the shares of dx and dy fell into each of so many bins, beside how often is right: once."""
        coarse = self.shares.reshape(2, SHOWN, -1).sum(axis=2) * SHOWN / self.targets
        return pd.DataFrame({"from": np.arange(SHOWN) / SHOWN, "dx": coarse[0], "dy": coarse[1]})


def through(mixture: Mixture, move: Tensor) -> Tensor:
    """(..., 2) dx, dy to (..., 2): the share of dx below it, and given dx, the share of dy below it."""
    z = (move[..., None, :] - mixture.mean) * torch.exp(-mixture.log_std)  # (..., K, 2)
    zx, zy = z.unbind(dim=-1)
    rho = mixture.correlation.tanh()
    below_x = (mixture.log_weight.exp() * torch.special.ndtr(zx)).sum(-1)
    given_x = (mixture.log_weight - mixture.log_std[..., 0] - 0.5 * zx.square()).softmax(-1)
    narrowing = (1 - rho.square()).rsqrt()
    below_y = (given_x * torch.special.ndtr((zy - rho * zx) * narrowing)).sum(-1)
    return torch.stack([below_x, below_y], dim=-1).clamp(0, 1)


def draw_moves(mixture: Mixture, noise: Tensor) -> Tensor:
    """Draws from the density at each place, S of them by (..., S, 3) of a uniform and two normals; (..., S, 2)."""
    reach = mixture.log_weight.exp().cumsum(-1)
    component = torch.searchsorted(reach[..., :-1].contiguous(), noise[..., 0].contiguous())
    pair = component[..., None].expand(*component.shape, 2)
    mean, log_std = mixture.mean.gather(-2, pair), mixture.log_std.gather(-2, pair)
    rho = mixture.correlation.gather(-1, component).tanh()
    x, y = noise[..., 1], noise[..., 2]
    z = torch.stack([x, rho * x + (1 - rho.square()).sqrt() * y], dim=-1)
    return mean + log_std.exp() * z


def depth(mixture: Mixture, move: Tensor, noise: Tensor) -> Tensor:
    """How many of S draws, by (..., S, 3) numbers, fall where the density is higher than at (..., 2) dx, dy; (...)."""
    apart = Mixture(*(part.unsqueeze(noise.dim() - 2) for part in mixture))
    higher = apart.log_prob_move(draw_moves(mixture, noise)) > mixture.log_prob_move(move)[..., None]
    return higher.sum(-1)
