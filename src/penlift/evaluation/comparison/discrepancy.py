"""The distance between two sets of windows, and how likely as large a one would be, were they of one kind.

Gretton et al., "A Kernel Two-Sample Test", JMLR 13 (2012): the unbiased squared maximum mean discrepancy of equation 3,
and its significance by permutation.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from penlift.common.geometry import Floats
from penlift.evaluation.comparison.intervals import halvings

Sides = npt.NDArray[np.bool_]
Names = npt.NDArray[np.object_]


class Discrepancy(NamedTuple):
    """How far apart two sets are."""

    squared: float  # about 0, and sometimes below, where they are of one kind; NaN, as p is, where there are too few
    p_value: float  # share of the ways to exchange units that set them as far apart or farther


def kernel(windows: Floats) -> Floats:
    """How alike any two windows are, (n, n); 0 with itself, which says nothing.

    Gaussian, as wide as the median distance between any two.
    """
    rows = torch.from_numpy(windows).flatten(1)
    distances: Floats = torch.cdist(rows, rows).square().numpy()
    apart = distances[np.triu_indices(len(rows), 1)]
    alike = np.exp(-distances / (2 * np.median(apart))) if apart.any() else np.ones_like(distances)
    np.fill_diagonal(alike, 0)
    return alike


def squared_distances(alike: Floats, first: Sides) -> Floats:
    """(P,) distances of two sets of n windows, by their kernel, for P ways to part them: `first`, (P, n).

    NaN where a side has fewer than two.
    """
    one, other = first.astype(np.float64), (~first).astype(np.float64)
    n, m = one.sum(axis=1), other.sum(axis=1)
    to_one = one @ alike
    within_one, across = (to_one * one).sum(axis=1), (to_one * other).sum(axis=1)
    within_other = ((other @ alike) * other).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = within_one / (n * (n - 1)) + within_other / (m * (m - 1)) - 2 * across / (n * m)
    return np.where((n > 1) & (m > 1), found, np.nan)


def squared_distance(first: Floats, second: Floats) -> float:
    """The distance of two sets of windows."""
    sides = np.arange(len(first) + len(second)) < len(first)
    return float(squared_distances(kernel(np.concatenate([first, second])), sides[None])[0])


def of_pairs(
    first: list[Floats], second: list[Floats], units: Names, ways: int, rng: np.random.Generator
) -> Discrepancy:
    """Compare the windows of lines with those of their counterparts, each line's (n, ...).

    Were they of one kind, lines and their counterparts could be exchanged: all of a unit together, as `intervals.Units`
    has them, since windows of a line and lines of a writer resemble each other.
    """
    pair = np.repeat([*range(len(first)), *range(len(second))], [len(windows) for windows in (*first, *second)])
    side = np.arange(len(pair)) < sum(map(len, first))
    names, unit = np.unique(units, return_inverse=True)
    exchanged = (rng.random((ways, len(names))) < 0.5)[:, unit]
    found = squared_distances(kernel(np.concatenate([*first, *second])), np.vstack([side, side ^ exchanged[:, pair]]))
    farther = float((found[1:] >= found[0]).sum() + 1) / (ways + 1)
    return Discrepancy(float(found[0]), farther if np.isfinite(found[0]) else float("nan"))


def between_halves(lines: list[Floats], units: Names, ways: int, rng: np.random.Generator) -> float:
    """The distance between the windows of some lines and those of the others, a mean over ways to halve their units."""
    sizes = [len(windows) for windows in lines]
    sides = [half.repeat(sizes) for half in halvings(units, ways, rng)]
    found = squared_distances(kernel(np.concatenate(lines)), np.stack(sides))
    return float(found[np.isfinite(found)].mean()) if np.isfinite(found).any() else float("nan")
