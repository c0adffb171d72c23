"""Offsets drawn from a network's outputs, in numpy: of the component that is chosen, nothing of the others.

The tensors of `Mixture`, some forty small ones a point, take longer than the network that they describe.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from penlift.mixture import STEEPEST, WIDEST
from penlift.steering import Steering

Array = npt.NDArray[np.floating[Any]]
NARROWEST = math.exp(-WIDEST)  # inverse of the widest
# Outputs are the lift, K weights, K pairs of means, K pairs of widths, K correlations: of a component, five of them.
_BEHIND = np.array([1, 1, 3, 3, 5])  # so many K, and the lift, stand before the kind
_WITHIN = np.array([0, 1, 0, 1, 0])  # of a pair
_EACH = np.array([2, 2, 2, 2, 1])  # outputs of the kind a component


class Draws:
    """Draws from `Mixture.from_raw(outputs, floor).steer(steering)` for L lines side by side, a point at a call."""

    def __init__(self, noise: Array, floor: Array, steering: Steering) -> None:
        """`noise`, (L, n, 4): uniforms for component and lift, two standard normals for the offset. `floor`: (2,)."""
        self.uniform, self.normal = noise[..., 0, None], noise[..., 2:]
        with np.errstate(divide="ignore"):  # a uniform of 0 lifts, whatever the odds
            self.lift = np.log(noise[..., 1]) - np.log1p(-noise[..., 1])
        self.variance, self.widening = floor**2, math.exp(steering.widening)
        self.power, self.firmness = steering.power, steering.firmness

    def __call__(self, outputs: Array, point: int) -> Array:
        """(L, 1 + 6 K) outputs to (L, 3) offsets, by the noise of this point."""
        components = (outputs.shape[1] - 1) // 6
        chosen = self._component(outputs[:, 1 : 1 + components], self.uniform[:, point])
        lines = np.arange(0, outputs.size, outputs.shape[1])[:, None]
        picked = outputs.ravel().take(lines + chosen[:, None] * _EACH + (1 + components * _BEHIND + _WITHIN))
        rho = np.tanh(STEEPEST * np.tanh(picked[:, 4] / STEEPEST))
        x, y = self.normal[:, point].T
        drawn = np.empty((len(outputs), 3), outputs.dtype)
        drawn[:, 0], drawn[:, 1] = x, rho * x + np.sqrt(1 - rho * rho) * y
        drawn[:, :2] *= self._std(picked[:, 2:4])
        drawn[:, :2] += picked[:, :2]
        drawn[:, 2] = self.lift[:, point] < self.firmness * outputs[:, 0]
        return drawn

    def _component(self, log_weight: Array, uniform: Array) -> npt.NDArray[np.intp]:
        """(L,): which of K components the uniforms, (L, 1), fall on; weights, as logarithms, need not sum to one."""
        reach = np.exp(self.power * (log_weight - log_weight.max(axis=1, keepdims=True))).cumsum(axis=1)
        below: npt.NDArray[np.intp] = (reach[:, :-1] < uniform * reach[:, -1:]).sum(axis=1)
        return below

    def _std(self, log_std: Array) -> Array:
        """The standard deviations of `Mixture.from_raw`, widened: smoothly between the floor and the widest."""
        bounded = 1 / (np.exp(-log_std) + NARROWEST)
        return np.sqrt(bounded * bounded + self.variance) * self.widening
