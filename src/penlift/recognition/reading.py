"""Lines read to text, letter by letter, with where in the ink each letter was seen; and how likely a text is."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from penlift.common.geometry import Array
from penlift.recognition.edits import edits
from penlift.recognition.features import Features, features_of
from penlift.recognition.network import RATIO, Lines, Recogniser, read_rows, together

OTHER = "\N{REPLACEMENT CHARACTER}"  # what a letter is read as that shares its number with all that are rare
CHUNK = 256  # lines looked at together, those of like length side by side
SMALL = 1e-6  # an edit weighs more than any number of nats
BUDGET = 32_768  # rows of features of a batch, padding included: bounds the memory


class Reading(NamedTuple):
    """What was read of a line."""

    text: str
    points: list[int]  # of each letter, the point of the line where it was seen


def read(recogniser: Recogniser, lines: Iterable[Array]) -> Iterator[Reading]:
    """Read lines, (n, 3 or more) of x, y, lift each, in any unit, by the likeliest sign at each place.

    No words are known, and none is guessed.
    """
    rest = iter(lines)
    while chunk := [features_of(line) for line in islice(rest, CHUNK)]:
        readings = dict[int, Reading]()
        for numbers, batch in _of_like_length(chunk):
            best = _predicted(recogniser, batch).argmax(-1).cpu().numpy()
            for number, codes, rows in zip(numbers, best, read_rows(batch.lengths), strict=True):
                readings[number] = _reading(recogniser, codes[:rows], chunk[number])
        yield from (readings[number] for number in range(len(chunk)))


def nats_of(recogniser: Recogniser, lines: Sequence[Array], texts: Sequence[str]) -> list[float]:
    """NLL of the text of each line, nats, over all ways to write it; 0 where the line is too short for it."""
    nats = [0.0] * len(lines)
    codes = [recogniser.alphabet.codes(text)[:-1] for text in texts]
    for first in range(0, len(lines), CHUNK):
        chunk = [features_of(line) for line in lines[first : first + CHUNK]]
        for numbers, batch in _of_like_length(chunk):
            parts = _tensors(recogniser, together(
                [chunk[number] for number in numbers], [codes[first + number] for number in numbers]
            ))  # fmt: skip
            costs = recogniser.nll_of_each(_predicted(recogniser, batch), parts)
            for number, cost in zip(numbers, costs.tolist(), strict=True):
                nats[first + number] = cost
    return nats


def costs_of(recogniser: Recogniser, lines: Sequence[Array], texts: Sequence[str]) -> list[float]:
    """How badly each line is read as its text: edits a letter, and, among lines with as many, nats a letter."""
    plain = [recogniser.alphabet.plain(text) for text in texts]
    nats, readings = nats_of(recogniser, lines, texts), read(recogniser, lines)
    wrong = (edits(text, reading.text).rate for text, reading in zip(plain, readings, strict=True))
    return [rate + SMALL * cost / max(1, len(text)) for rate, cost, text in zip(wrong, nats, plain, strict=True)]


def _of_like_length(chunk: list[Features]) -> Iterator[tuple[list[int], Lines]]:
    """The lines of a chunk by their numbers, the longest first, as many at once as there is room for."""
    waiting = sorted(range(len(chunk)), key=lambda number: -len(chunk[number].rows))
    while waiting:
        count = max(1, BUDGET // len(chunk[waiting[0]].rows))
        numbers, waiting = waiting[:count], waiting[count:]
        yield numbers, together([chunk[number] for number in numbers], [np.zeros(0, np.int64)] * len(numbers))


def _tensors(recogniser: Recogniser, batch: Lines) -> Any:
    """The same arrays as tensors."""
    return Lines._make(torch.from_numpy(part).to(recogniser.device) for part in batch)


def _predicted(recogniser: Recogniser, batch: Lines) -> torch.Tensor:
    with torch.inference_mode():
        return recogniser.eval().predict(_tensors(recogniser, batch))


def _reading(recogniser: Recogniser, codes: npt.NDArray[np.int64], features: Features) -> Reading:
    alphabet = recogniser.alphabet
    seen = np.flatnonzero((codes != alphabet.end) & (codes != np.append(-1, codes[:-1])))
    signs = [alphabet.signs[code] if code < len(alphabet.signs) else OTHER for code in codes[seen]]
    return Reading("".join(signs), features.points[seen * RATIO].tolist())
