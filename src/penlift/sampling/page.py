"""A text on a page, in one hand: lines as long as that hand needs, each going on from the first.

Real ink and its exact words are read before what is written (Graves 2013, section 5.5), so that the hand stays; no line
is written behind more than one other, however long the page is. Where a line breaks decides over the next one of its
paragraph, and over no other: of several paragraphs the next lines are written side by side.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from penlift.common.geometry import Array
from penlift.ink.alphabet import Codes, side_by_side
from penlift.ink.lines import LIFT, Rows, evenly
from penlift.ink.offsets import to_offsets
from penlift.model.checkpoint import Model
from penlift.sampling.sampler import SIDE_BY_SIDE, SampleParams, check_texts, most_points, noise_of, sample
from penlift.sampling.samples import Sample

LETTERS = 45  # of a line, where no width is asked for: about what people write on one
OTHERS = 9  # texts that a hand's own is held against
ROOM = 1.4  # times the letters that a line usually takes, drawn to see where it is full


class Hand(NamedTuple):
    """A line to go on from."""

    points: Rows  # (n, 3 or more) of x, y, lift, as dense as the network learned from
    says: str


class Choice(NamedTuple):
    """How a line is chosen from several that were drawn for the same text."""

    of: int  # so many
    cost: Callable[[list[Sample]], list[float]]  # of each; the first with the lowest is taken


def says_so(model: Model, hand: Hand) -> bool:
    """Whether the network finds a hand's ink likelier under what it says than under any of some other texts as long.

    These are of held-out lines; chance has it right one time in one more than there are of them.
    """
    others = " ".join(text for text in model.texts if text != hand.says)
    length, alphabet = len(hand.says), model.network.alphabet
    words = [0, *(place + 1 for place, sign in enumerate(others) if sign == " ")]
    starts = [start for start in words if start + length <= len(others)]
    texts = [hand.says, *(others[start : start + length] for start in evenly(starts, OTHERS))]
    if alphabet is None or len(texts) == 1:
        return True
    codes = torch.from_numpy(side_by_side([alphabet.codes(text) for text in texts]))
    rows = torch.from_numpy(to_offsets(hand.points, model.scales)).expand(len(texts), -1, -1)
    with torch.inference_mode():
        mixture, _ = model.network(rows[:, :-1], text=codes)
        return int(mixture.log_prob(rows[:, 1:]).sum(1).argmax()) == 0


def write_page(
    model: Model, paragraphs: list[str], params: SampleParams, hand: Hand | None = None, choice: Choice | None = None
) -> Iterator[list[Sample]]:
    """The lines of each paragraph, broken at spaces where the pen is about to leave `params.width` tablet units.

    Without a hand the first line is drawn from nothing, and all others go on from it. Of `params`, texts, lines and
    points are not asked. No line has its densities any more: a book of them fits into no memory. Raises InputError
    where a text has signs that the network does not know.
    """
    check_texts(paragraphs, model.network.alphabet)
    usual = model.scales.mean[0] / model.network.pace  # tablet units that a letter takes
    width, number, of = params.width or LETTERS * usual, 0, choice.of if choice else 1
    left, pages = [paragraph.split() for paragraph in paragraphs], [list[Sample]() for _ in paragraphs]
    for first, page in enumerate(pages):
        while left[first]:
            begun = [place for place in range(first, len(pages)) if left[place]]
            begun = begun[: max(1, SIDE_BY_SIDE // of) if hand else 1]
            texts = [_beginning(left[place], round(ROOM * width / usual)) for place in begun]
            drawn = _written(model, [text for text in texts for _ in range(of)], params, hand, number)
            for row, place in enumerate(begun):
                kept = _chosen([_that_fit(line, hand, width) for line in drawn[row * of : (row + 1) * of]], choice)
                left[place] = left[place][kept.text.count(" ") + 1 :]
                pages[place].append(kept)
            hand, number = hand or Hand(page[0].points.astype(np.float32), page[0].text), number + len(drawn)
        yield page


def _chosen(lines: list[Sample], choice: Choice | None) -> Sample:
    """Of lines that may end at different words."""
    if choice is None or len(lines) == 1:
        return lines[0]
    costs = choice.cost(lines)
    return lines[costs.index(min(costs))]


def _beginning(words: list[str], letters: int) -> str:
    text = words[0]
    for word in words[1:]:
        if len(text) + 1 + len(word) > letters:
            break
        text += f" {word}"
    return text


def _written(model: Model, texts: list[str], params: SampleParams, hand: Hand | None, number: int) -> list[Sample]:
    points = max(most_points(model.network, text) for text in texts)
    noise, (prime, says) = noise_of(params.seed, range(number, number + len(texts)), points), hand or (None, "")
    return sample(model.network, model.scales, noise, params.steering, prime=prime, texts=texts, says=says)


def _that_fit(line: Sample, hand: Hand | None, width: float) -> Sample:
    """Of a line its own points, without the hand's, to the last word that ends within the width; one at least."""
    own = line.points[line.primed :].copy()
    own[0, LIFT], before = 0.0, len(hand.says) + 1 if hand else 0
    on, lifted = line.signs[line.primed :] - before, own[1:, LIFT] > 0.5
    if line.primed:
        own, on, lifted = own[1:], on[1:], lifted[1:]  # the way from the hand's last point is none of the line
    text, end = line.text, len(own)
    if np.ptp(own[:, 0]) > width:
        spaces = [place for place, sign in enumerate(text) if sign == " "]
        ends = [(space, _behind(on, lifted, space)) for space in spaces]
        fitting = [(space, point) for space, point in ends if point and np.ptp(own[:point, 0]) <= width]
        if ends:
            space, end = (fitting or ends[:1])[-1]
            text, end = text[:space], end or len(own)
    return line.bare()._replace(
        points=own[:end], primed=0, text=text, signs=line.signs[:0], ended=line.ended or end < len(own)
    )


def _behind(on: Codes, lifted: npt.NDArray[np.bool_], space: int) -> int:
    """How many points there are up to the last lift before the pen writes what stands behind a space; 0 where none."""
    begins = np.flatnonzero(on > space)
    ends = np.flatnonzero(lifted[: begins[0]]) if len(begins) else np.zeros(0, np.intp)
    return int(ends[-1]) + 2 if len(ends) else 0


def laid_out(paragraphs: list[list[Sample]], apart: float) -> list[Array]:
    """All lines on one page, ragged right, their baselines so many tablet units apart; a gap between paragraphs."""
    placed, row = list[Array](), 0.0
    for lines in paragraphs:
        for line in lines:
            points = line.points.copy()
            points[:, :2] += [-points[:, 0].min(), row * apart - baseline(points)]
            placed.append(points)
            row += 1
        row += 0.5
    return placed


def baseline(points: Array) -> float:
    """The y, downwards, where strokes of (n, 3) turn up again or end, on most of their ways down: few go below it."""
    y, lifted = points[:, 1], points[:, LIFT] > 0.5
    came_down = np.append(False, (np.diff(y) > 0) & ~lifted[:-1])
    bottoms = y[came_down & (np.append(np.diff(y) <= 0, True) | lifted)]
    return float(np.median(bottoms if len(bottoms) else y))
