"""What can be predicted without any network: one Gaussian mixture over offsets and one lift rate, at every point.

A network is worth what it is better than this.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from penlift.ink.lines import LIFT, Ink, Rows
from penlift.ink.offsets import to_tablet
from penlift.ink.scales import Scales
from penlift.model.cells import State
from penlift.model.mixture import Mixture

COMPONENTS = 20
FLOOR = 0.5  # tablet units, added to each standard deviation in squares: as the network's, which bounds the likelihood
MOST = 20_000  # offsets that the mixture is fitted to


@dataclass(frozen=True)
class Baseline:
    """Predicts the same, whatever it has read; stands wherever a `Network` does that is only asked to predict."""

    mixture: Mixture  # of no leading shape, normalised units
    device = torch.device("cpu")
    alphabet = None  # it reads no text

    def eval(self) -> None:
        """It was never in training."""

    def __call__(self, offsets: Tensor, *, text: Tensor | None = None) -> tuple[Mixture, list[State]]:  # noqa: ARG002
        """(B, T, 3) offsets to B x T mixtures, all alike."""
        return Mixture(*(part.expand(*offsets.shape[:2], *part.shape) for part in self.mixture)), []


def fit_baseline(offsets: Ink, scales: Scales, seed: int) -> Baseline:
    """Fit to the training lines of normalised offsets; the mixture to some, in tablet units, by scikit-learn."""
    from sklearn.mixture import GaussianMixture

    numbers = offsets.of_split("train")
    moves = to_tablet(_some(offsets, numbers, np.random.default_rng(seed)), scales)
    components = min(COMPONENTS, len(moves))
    fitted = GaussianMixture(components, reg_covar=FLOOR**2, random_state=seed, max_iter=300).fit(moves)
    std = np.sqrt(fitted.covariances_[:, [0, 1], [0, 1]])
    rho = fitted.covariances_[:, 0, 1] / std.prod(axis=1)
    lifts = sum(float(offsets.rows_of(number)[1:, LIFT].sum()) for number in numbers)
    targets = int((offsets.index["points"].to_numpy()[numbers] - 1).sum())
    rate = min(max(lifts, 0.5), targets - 0.5) / targets  # pens that never lift, or always do, may yet do otherwise
    return Baseline(
        Mixture(
            log_weight=_tensor(np.log(fitted.weights_)),
            mean=_tensor((fitted.means_ - scales.shift) / scales.scale),
            log_std=_tensor(np.log(std / scales.scale)),
            correlation=_tensor(np.arctanh(rho)),
            lift=_tensor(np.log(rate) - np.log1p(-rate)),
        )
    )


def _some(offsets: Ink, numbers: list[int], rng: np.random.Generator) -> Rows:
    """Up to MOST targets of these lines, whose rows stay on disk but for those."""
    first, points = (offsets.index[name].to_numpy()[numbers] for name in ("first", "points"))
    targets = points - 1
    ends = targets.cumsum()
    chosen = np.sort(rng.choice(ends[-1], min(MOST, int(ends[-1])), replace=False))
    line = np.searchsorted(ends, chosen, side="right")
    rows: Rows = offsets.rows[first[line] + 1 + chosen - (ends - targets)[line]]
    return rows


def _tensor(values: Any) -> Tensor:
    return torch.as_tensor(np.asarray(values, dtype=np.float32))
