"""What can be predicted without any network: each point alone, the same for all.

One Gaussian mixture over offsets and one lift rate. A network is worth what it is better than this.
"""

import math
from typing import NamedTuple

import numpy as np

from penlift.ink import LIFT, Ink
from penlift.offsets import Offsets, offsets_of

COMPONENTS = 20
FLOOR = 0.5  # tablet units, added to each standard deviation in squares: as the network's, which bounds the likelihood
MOST = 20_000  # offsets that the mixture is fitted to


class Baseline(NamedTuple):
    """Nats a point of held-out lines, offsets in tablet units, and its parts."""

    offset_nll: float
    lift_nll: float

    @property
    def nll(self) -> float:
        """Both parts together."""
        return self.offset_nll + self.lift_nll


def baseline(ink: Ink, split: str, cap: float, seed: int) -> Baseline:
    """Fit to the training lines of an ink and score those of another split."""
    from sklearn.mixture import GaussianMixture

    offsets, lifts = _targets(ink, "train", cap)
    some = np.random.default_rng(seed).permutation(len(offsets))[:MOST]
    mixture = GaussianMixture(COMPONENTS, reg_covar=FLOOR**2, random_state=seed, max_iter=300).fit(offsets[some])
    held_out, lifted = _targets(ink, split, cap)
    rate, share = float(lifts.mean()), float(lifted.mean())
    lift_nll = -share * math.log(rate) - (1 - share) * math.log(1 - rate)
    return Baseline(-float(mixture.score(held_out)), lift_nll)


def _targets(ink: Ink, split: str, cap: float) -> tuple[Offsets, Offsets]:
    rows = [ink.rows_of(number) for number in ink.of_split(split)]
    lifts = np.concatenate([line[1:, LIFT] for line in rows]).astype(np.float64)
    return np.concatenate([offsets_of(line, cap) for line in rows]), lifts
