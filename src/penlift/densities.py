"""What a network expected at each point of a line, as numbers to draw and to keep."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]


class Densities(NamedTuple):
    """Next-point densities of n points, in tablet units; row i belongs to the i-th offset."""

    weight: Array  # (n, K), sums to one
    mean: Array  # (n, K, 2): dx, dy from the pen's position before
    std: Array  # (n, K, 2)
    correlation: Array  # (n, K), in (-1, 1)
    lift: Array  # (n,): probability that the pen leaves the paper
