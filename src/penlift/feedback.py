"""A network's own offsets fed back to it, side by side for many lines: the loop at the heart of sampling."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from penlift.draws import Draws
from penlift.network import Network
from penlift.steering import Steering
from penlift.stepping import Stepper

Array = npt.NDArray[np.float32]
LOOK = 50  # points between two looks whether all lines have ended


class Fed(NamedTuple):
    """Offsets that a network read or wrote, T of each of L lines, and what it put out before each."""

    offsets: Array  # (L, T, 3), normalised
    outputs: Array  # (L, T, 1 + 6 K), of which `Mixture.from_raw` makes densities


def feed_back(network: Network, read: Array, noise: Array, steering: Steering, ended: Callable[[Array], bool]) -> Fed:
    """Read (p, 3) normalised offsets, the first START, then write one for each row of the noise, (L, n, 4).

    `ended` is asked, of all offsets so far but START, whether more of them are wanted.
    """
    lines, before = len(noise), len(read) - 1
    draws = Draws(noise, network.floor.cpu().numpy(), steering)
    # A point at a time is too small to share among threads; an exponential that overflows ends at the floor or widest.
    with threadpool_limits(1, "blas"), np.errstate(over="ignore"):
        stepper = Stepper(network, 1)
        seen = np.stack([stepper(row) for row in read[:, None]], axis=1)
        stepper.repeat(lines)
        offsets, outputs = (np.empty((lines, before + noise.shape[1], size), np.float32) for size in (3, seen.shape[2]))
        offsets[:, :before], outputs[:, :before] = read[1:], seen[:, :-1]
        output = seen[:, -1].repeat(lines, axis=0)
        for point in range(before, before + noise.shape[1]):
            outputs[:, point] = output
            offsets[:, point] = draws(output, point - before)
            if (point - before) % LOOK == LOOK - 1 and ended(offsets[:, : point + 1]):
                break
            output = stepper(offsets[:, point])
    return Fed(offsets[:, : point + 1], outputs[:, : point + 1])
