"""Are two inks drawn from one distribution? The distance between windows of both, and a judge.

The judge is a small network that learns to tell the sets apart, scored on windows of other writers: 0.5 where it can do
no better than guess.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from penlift.common.errors import InputError
from penlift.common.geometry import Floats
from penlift.evaluation.comparison.discrepancy import squared_distance
from penlift.evaluation.comparison.windows import LENGTH, Cuts

MOST, WAYS = 1000, 10  # windows of a side that a distance is taken over; halvings that a figure is the mean of
STEPS, BATCH, RATE = 400, 64, 3e-3  # of the judge


def halves(writers: Iterable[str], rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """The different writers in two halves."""
    shuffled = rng.permutation(sorted(set(writers))).tolist()
    return shuffled[: len(shuffled) // 2], shuffled[len(shuffled) // 2 :]


def judge_area(first: Cuts, second: Cuts, rng: np.random.Generator) -> float:
    """How well a small network tells windows of two inks by unseen writers apart: the area under its ROC curve."""
    learnt, asked = zip(*(halves(side.writers, rng) for side in (first, second)), strict=True)
    judge = _learn(first.by(learnt[0]).offsets, second.by(learnt[1]).offsets, int(rng.integers(2**31)))
    with torch.inference_mode():
        scores = [judge(_tensor(side.by(names).offsets)) for side, names in zip((first, second), asked, strict=True)]
    kinds = np.repeat([0, 1], [len(side) for side in scores])
    return float(roc_auc_score(kinds, torch.cat(scores).numpy()))


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
    parts = [(second.by(one), second.by(other)) for one, other in (halves(second.writers, rng) for _ in range(WAYS))]
    pairs = [(first, second), *parts]
    distances = [squared_distance(one.some(MOST, rng).offsets, other.some(MOST, rng).offsets) for one, other in pairs]
    areas = [judge_area(first, second, rng) for _ in range(WAYS)], [judge_area(one, other, rng) for one, other in parts]
    return TwoSampleTest(distances[0], float(np.mean(distances[1:])), *(float(np.mean(found)) for found in areas))


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
