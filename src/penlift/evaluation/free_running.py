"""What a network writes while nothing corrects it, beside as many lines that were held out, of the same lengths."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from penlift.common.geometry import Array
from penlift.ink.lines import Ink, Line
from penlift.ink.offsets import to_points
from penlift.ink.scales import Scales
from penlift.model.mixture import PLAIN, Steering
from penlift.model.network import Network
from penlift.sampling.sampler import SIDE_BY_SIDE, most_points, noise_of, sample
from penlift.sampling.samples import Sample


class Pair(NamedTuple):
    """A held-out line, and one that the network dreamt of as many points."""

    real: Line  # on whole tablet units, its offsets capped as the network's
    dreamt: Line  # likewise; its name is the real one's
    as_drawn: Sample  # before it was brought to whole units


def free_run(network: Network, offsets: Ink, numbers: list[int], scales: Scales, seed: int) -> list[Pair]:
    """A pair for each of these lines, in their order; drawn from the density itself, from nothing.

    A network with text writes that of the real line, and ends by itself; another as many points as the line has.
    """
    real = [real_line(offsets, number, scales) for number in numbers]
    texts = offsets.index["text"].iloc[numbers].tolist()
    dreamt = write_lines(network, scales, numbers, texts, seed, points=[len(line.rows) for line in real])
    return [Pair(line, _line(line, drawn.points), drawn) for line, drawn in zip(real, dreamt, strict=True)]


def write_lines(
    network: Network,
    scales: Scales,
    numbers: list[int],
    texts: list[str],
    seed: int,
    steering: Steering = PLAIN,
    points: list[int] | None = None,
) -> list[Sample]:
    """A line for each of these numbers, which choose its noise, whatever stands beside it.

    A network with text writes `texts`, and ends by itself; another writes so many `points`.
    """
    if network.alphabet or points is None:
        points = [most_points(network, text) for text in texts]
    found: dict[int, Sample] = {}
    by_length = sorted(range(len(numbers)), key=lambda row: -points[row])
    for first in range(0, len(numbers), SIDE_BY_SIDE):
        rows = by_length[first : first + SIDE_BY_SIDE]
        noise = _noise(seed, [numbers[row] for row in rows], [points[row] for row in rows])
        lines = sample(network, scales, noise, steering, texts=[texts[row] for row in rows])
        found |= {row: line._replace(points=line.points[: points[row]]) for row, line in zip(rows, lines, strict=True)}
    return [found[row] for row in range(len(numbers))]


def _noise(seed: int, numbers: list[int], points: list[int]) -> npt.NDArray[np.float32]:
    """(L, most, 4): the noise of each line by its number, whatever stands beside it; zeros behind its end."""
    noise = np.zeros((len(numbers), max(points) - 1, 4), np.float32)
    for row, (number, count) in enumerate(zip(numbers, points, strict=True)):
        noise[row, : count - 1] = noise_of(seed, range(number, number + 1), count - 1)[0]
    return noise


def real_line(offsets: Ink, number: int, scales: Scales) -> Line:
    """A line of some offsets as it was written, on whole tablet units, but for what the cap cut off."""
    line = offsets.line(number)
    return _line(line, to_points(np.asarray(line.rows[1:]), scales))


def _line(named: Line, points: Array) -> Line:
    """A line of that name, writer and split, on whole tablet units, without times."""
    rows = np.column_stack([np.rint(points[:, :2]), points[:, 2], np.zeros(len(points))]).astype(np.float32)
    return Line(named.name, named.form, named.writer, "", named.split, float("nan"), rows)
