"""Are two sets of lines of one kind? Windows of both, the distance between these, and a judge that tells them apart.

Gretton et al., "A Kernel Two-Sample Test", JMLR 13 (2012): the unbiased squared maximum mean discrepancy of equation 3,
and its significance by permutation. The judge is a small network, scored on windows of other writers than it learned
from: 0.5 where it can do no better than guess.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from penlift.common.errors import InputError
from penlift.common.geometry import Floats
from penlift.evaluation.comparison.intervals import Names, Sides, halvings
from penlift.ink.lines import LIFT, Line

LENGTH = 64  # offsets of a window: two or three letters
UNIT = 20.0  # tablet units; offsets far longer count as their logarithm, or the few pen-up jumps would decide alone
MOST, WAYS = 1000, 10  # windows of a side that a distance is taken over; halvings that a figure is the mean of
STEPS, BATCH, RATE = 400, 64, 3e-3  # of the judge
SEEN = 32  # channels of its convolutions


class Cuts(NamedTuple):
    """Windows of many lines and who wrote them."""

    offsets: Floats  # (n, LENGTH, 3): dx, dy as asinh of so many UNITs; lift
    writers: Names  # (n,)

    def where(self, chosen: Sides) -> "Cuts":
        """Some of them; `chosen`: (n,)."""
        return Cuts(self.offsets[chosen], self.writers[chosen])


def windows_of(lines: Iterable[Line]) -> Cuts:
    """All windows of these lines, end to end; what is left at the end of a line is too short and left out."""
    cut = [(windows_of_line(line), line.writer or line.form) for line in lines]
    parts, writers = zip(*cut, strict=True)
    return Cuts(np.concatenate(parts), np.repeat(np.array(writers, dtype=object), [len(part) for part in parts]))


def windows_of_line(line: Line) -> Floats:
    """(n, LENGTH, 3), as `Cuts.offsets`; none where the line is shorter."""
    steps = np.arcsinh(np.diff(line.rows[:, :2].astype(np.float64), axis=0) / UNIT)
    rows = np.column_stack([steps, line.rows[1:, LIFT]])
    return rows[: len(rows) // LENGTH * LENGTH].reshape(-1, LENGTH, 3)


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


class Discrepancy(NamedTuple):
    """How far apart two sets are, and how likely as far they would be, were they of one kind."""

    squared: float  # about 0, and sometimes below, where they are of one kind; NaN, as p is, where there are too few
    p_value: float  # share of the ways to exchange units that set them as far apart or farther


def of_pairs(
    first: list[Floats], second: list[Floats], units: Names, ways: int, rng: np.random.Generator
) -> Discrepancy:
    """Compare the windows of lines with those of their counterparts, each line's (n, ...).

    Were they of one kind, lines and their counterparts could be exchanged: all of a unit together, as `Clusters.names`
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


class TwoSampleTest(NamedTuple):
    """How far an ink is from another, beside how far the two halves of the other's writers are from each other."""

    distance: float
    distance_of_halves: float  # mean over ways to halve
    area: float  # mean over ways to part writers learnt from and asked about
    area_of_halves: float


def two_sample_test(first: Cuts, second: Cuts, rng: np.random.Generator) -> TwoSampleTest:
    """Compare two inks; InputError where one has fewer than four writers with lines of a window's length."""
    for name, side in (("first", first), ("second", second)):
        if (writers := len(set(side.writers))) < 4:
            raise InputError(f"the {name} ink has {writers} writers with lines of {LENGTH} offsets; 4 are needed")
    parts = [(second.where(half), second.where(~half)) for half in halvings(second.writers, WAYS, rng)]
    distances = [
        squared_distance(_some(one.offsets, rng), _some(other.offsets, rng)) for one, other in [(first, second), *parts]
    ]
    areas = [judge_area(first, second, rng) for _ in range(WAYS)], [judge_area(one, other, rng) for one, other in parts]
    return TwoSampleTest(distances[0], float(np.mean(distances[1:])), *(float(np.mean(found)) for found in areas))


def _some(windows: Floats, rng: np.random.Generator) -> Floats:
    """No more than MOST of them, drawn without return, in their order."""
    return windows[np.sort(rng.permutation(len(windows))[:MOST])]


def judge_area(first: Cuts, second: Cuts, rng: np.random.Generator) -> float:
    """How well a small network tells windows of two inks by unseen writers apart: the area under its ROC curve."""
    from sklearn.metrics import roc_auc_score

    halves = [(side.offsets, halvings(side.writers, 1, rng)[0]) for side in (first, second)]
    learnt, asked = zip(*((_tensor(windows[half]), _tensor(windows[~half])) for windows, half in halves), strict=True)
    judge = _learn(learnt, int(rng.integers(2**31)))
    with torch.inference_mode():
        scores = [judge(side) for side in asked]
    kinds = np.repeat([0, 1], [len(side) for side in scores])
    return float(roc_auc_score(kinds, torch.cat(scores).numpy()))


def _learn(sides: Iterable[Tensor], seed: int) -> Callable[[Tensor], Tensor]:
    """A judge whose output is high for windows of the second of two kinds; each step shows it as many of both."""
    torch.manual_seed(seed)
    see = nn.Sequential(nn.Conv1d(3, SEEN, 5), nn.ReLU(), nn.Conv1d(SEEN, SEEN, 5, 2), nn.ReLU())
    say = nn.Linear(2 * SEEN, 1)

    def judge(windows: Tensor) -> Tensor:
        """(n, LENGTH, 3) to (n,): convolutions along the window, then the mean and the largest of what they see."""
        seen = see(windows.transpose(1, 2))
        return torch.as_tensor(say(torch.cat([seen.mean(-1), seen.amax(-1)], dim=-1))).squeeze(-1)

    optimiser = torch.optim.Adam([*see.parameters(), *say.parameters()], lr=RATE)
    labels = torch.arange(2.0).repeat_interleave(BATCH)
    for _ in range(STEPS):
        shown = torch.cat([side[torch.randint(len(side), (BATCH,))] for side in sides])
        optimiser.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(judge(shown), labels).backward()
        optimiser.step()
    return judge


def _tensor(offsets: Floats) -> Tensor:
    return torch.from_numpy(offsets.astype(np.float32))
