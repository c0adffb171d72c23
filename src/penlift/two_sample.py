"""Are two inks drawn from one distribution? Windows of offsets, the distance between two sets of them, and a judge.

The distance is the unbiased squared maximum mean discrepancy of Gretton et al., "A Kernel Two-Sample Test", JMLR 13
(2012), equation 3. The judge is a small network that learns to tell the sets apart, scored on windows of other writers:
0.5 where it can do no better than guess.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from penlift.curves import Floats
from penlift.ink import LIFT, Ink, Line

LENGTH = 64  # offsets of a window: two or three letters
UNIT = 20.0  # tablet units; offsets far longer count as their logarithm, or the few pen-up jumps would decide alone
MOST, WAYS = 1000, 10  # windows of a side that a distance is taken over; halvings that a figure is the mean of
STEPS, BATCH, RATE = 400, 64, 3e-3  # of the judge


class Windows(NamedTuple):
    """Windows of many lines and who wrote them."""

    offsets: Floats  # (n, LENGTH, 3): dx, dy as asinh of so many UNITs; lift
    writers: npt.NDArray[np.str_]  # (n,)

    def by(self, writers: Iterable[str]) -> "Windows":
        """The windows of these writers."""
        chosen = np.isin(self.writers, list(writers))
        return Windows(self.offsets[chosen], self.writers[chosen])

    def some(self, most: int, rng: np.random.Generator) -> "Windows":
        """No more than so many windows, drawn without return, in their order."""
        chosen = np.sort(rng.permutation(len(self.writers))[:most])
        return Windows(self.offsets[chosen], self.writers[chosen])


def windows_of(ink: Ink, numbers: Iterable[int]) -> Windows:
    """All windows of these lines, end to end; what is left at the end of a line is too short and left out."""
    lines = [ink.line(number) for number in numbers]
    parts = [_windows(line) for line in lines]
    writers = [line.writer or line.form for line in lines]
    return Windows(np.concatenate(parts), np.repeat(np.array(writers, dtype=np.str_), [len(part) for part in parts]))


def halves(writers: Iterable[str], rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """The different writers in two halves."""
    shuffled = rng.permutation(sorted(set(writers))).tolist()
    return shuffled[: len(shuffled) // 2], shuffled[len(shuffled) // 2 :]


def squared_distance(first: Floats, second: Floats) -> float:
    """Unbiased squared discrepancy of two sets of windows: about 0, and sometimes below, where they are of one kind.

    The kernel is Gaussian; its width is the median distance between any two windows of both sets.
    """
    rows = torch.from_numpy(np.concatenate([first, second])).flatten(1)
    distances = torch.cdist(rows, rows).square().numpy()
    n, m = len(first), len(second)
    kernel = np.exp(-distances / (2 * np.median(distances[np.triu_indices(n + m, 1)])))
    np.fill_diagonal(kernel, 0)  # a window's likeness to itself says nothing
    within = kernel[:n, :n].sum() / (n * (n - 1)) + kernel[n:, n:].sum() / (m * (m - 1))
    return float(within - 2 * kernel[:n, n:].mean())


def judged(first: Windows, second: Windows, rng: np.random.Generator) -> float:
    """How well a small network tells windows of two inks by unseen writers apart: the area under its ROC curve."""
    learnt, asked = zip(*(halves(side.writers, rng) for side in (first, second)), strict=True)
    judge = _learn(first.by(learnt[0]).offsets, second.by(learnt[1]).offsets, int(rng.integers(2**31)))
    with torch.inference_mode():
        scores = [judge(_tensor(side.by(names).offsets)) for side, names in zip((first, second), asked, strict=True)]
    kinds = np.repeat([0, 1], [len(side) for side in scores])
    return float(roc_auc_score(kinds, torch.cat(scores).numpy()))


class Difference(NamedTuple):
    """How far an ink is from another, beside how far the two halves of the other's writers are from each other."""

    distance: float
    distance_of_halves: float  # mean over ways to halve
    area: float  # mean over ways to part writers learnt from and asked about
    area_of_halves: float


def difference(first: Windows, second: Windows, rng: np.random.Generator) -> Difference:
    """Compare two inks, the second with at least four writers."""
    parts = [(second.by(one), second.by(other)) for one, other in (halves(second.writers, rng) for _ in range(WAYS))]
    pairs = [(first, second), *parts]
    distances = [squared_distance(one.some(MOST, rng).offsets, other.some(MOST, rng).offsets) for one, other in pairs]
    areas = [judged(first, second, rng) for _ in range(WAYS)], [judged(one, other, rng) for one, other in parts]
    return Difference(distances[0], float(np.mean(distances[1:])), *(float(np.mean(found)) for found in areas))


def _windows(line: Line) -> Floats:
    steps = np.arcsinh(np.diff(line.rows[:, :2].astype(np.float64), axis=0) / UNIT)
    rows = np.column_stack([steps, line.rows[1:, LIFT]])
    return rows[: len(rows) // LENGTH * LENGTH].reshape(-1, LENGTH, 3)


def _learn(first: Floats, second: Floats, seed: int) -> nn.Module:
    """A judge whose output is high for windows of the second kind; each step shows it as many of both."""
    torch.manual_seed(seed)
    judge = _Judge()
    optimiser = torch.optim.Adam(judge.parameters(), lr=RATE)
    sides, labels = [_tensor(first), _tensor(second)], torch.arange(2.0).repeat_interleave(BATCH)
    for _ in range(STEPS):
        shown = torch.cat([side[torch.randint(len(side), (BATCH,))] for side in sides])
        optimiser.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(judge(shown), labels).backward()
        optimiser.step()
    return judge.eval()


class _Judge(nn.Module):
    """Two convolutions along the window, then the mean and the largest of what they see."""

    def __init__(self, channels: int = 32) -> None:
        super().__init__()
        self.see = nn.Sequential(nn.Conv1d(3, channels, 5), nn.ReLU(), nn.Conv1d(channels, channels, 5, 2), nn.ReLU())
        self.say = nn.Linear(2 * channels, 1)

    def forward(self, windows: Tensor) -> Tensor:
        """(n, LENGTH, 3) to (n,)."""
        seen = self.see(windows.transpose(1, 2))
        verdict: Tensor = self.say(torch.cat([seen.mean(-1), seen.amax(-1)], dim=-1))
        return verdict.squeeze(-1)


def _tensor(offsets: Floats) -> Tensor:
    return torch.from_numpy(offsets.astype(np.float32))
