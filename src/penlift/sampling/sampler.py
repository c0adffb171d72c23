"""New handwriting, in tablet units: from nothing, or from where another's line leaves off; and where a line ends.

Graves, "Generating Sequences With Recurrent Neural Networks" (2013), sections 4, 5.4 (bias) and 5.5 (priming).
"""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import cycle, islice
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from penlift.common.errors import InputError, cut_short, some
from penlift.common.geometry import Array
from penlift.common.params import Params
from penlift.ink.alphabet import FAR, Alphabet, side_by_side
from penlift.ink.lines import LIFT, Rows
from penlift.ink.offsets import START, closes, closing, to_offsets, to_points
from penlift.ink.scales import Scales
from penlift.model.checkpoint import Model
from penlift.model.mixture import PLAIN, Mixture, Steering
from penlift.model.network import Network
from penlift.sampling.samples import Densities, Sample
from penlift.sampling.stepper import FedBack, feed_back

SIDE_BY_SIDE = 64  # lines at a time: bounds the memory, and more of them are hardly faster


class Stops(NamedTuple):
    """Rules that end a line; the first that bites does."""

    strokes: int | None = None  # that it may have
    width: float | None = None  # tablet units that it may take


ENDLESS = Stops()


def kept(points: Array, stops: Stops) -> int:
    """How many of the points, (n, 3) of x, y, lift in tablet units, stay: n where no rule bites.

    The first point is where the pen was. The line ends with its last stroke that the rules allow; within the first
    stroke, at the last point that fits, but it always has one.
    """
    lifted = points[:, LIFT] > 0.5
    allowed = len(points)
    if stops.strokes is not None and lifted.sum() >= stops.strokes:
        allowed = int(np.flatnonzero(lifted)[stops.strokes - 1]) + 1
    if stops.width is not None:
        x = points[:, 0]
        reach = np.maximum.accumulate(x) - np.minimum.accumulate(x)
        beyond = np.flatnonzero((reach > stops.width) & np.isfinite(reach))  # what is not finite stays, to be seen
        if len(beyond) and beyond[0] < allowed:
            ends = np.flatnonzero(lifted[: beyond[0]])
            allowed = int(ends[-1] + 1 if len(ends) else max(beyond[0], 2))
    return allowed


class SampleParams(Params):
    """Section `sample` of params.yaml."""

    texts: list[Annotated[str, Field(min_length=1, max_length=1000)]] | None = Field(
        min_length=1, max_length=1000, description="what they say, one after another; or null"
    )
    lines: int = Field(ge=1, le=1_000_000, description="samples drawn, 1 or more")
    points: int = Field(ge=1, le=1_000_000, description="of each sample at most, 1 or more")
    strokes: int | None = Field(ge=1, description="of each sample at most, or null")
    width: float | None = Field(gt=0, description="of each sample at most, tablet units, or null")
    bias: float = Field(ge=0, le=10, description="0 draws from the density itself, more is neater; 0 to 10")
    weights_temperature: float = Field(gt=0, le=100, description="of the components' weights, above 0 to 100")
    spread_temperature: float = Field(gt=0, le=100, description="of the components' variances, above 0 to 100")
    lift_temperature: float = Field(gt=0, le=100, description="of the pen lift, above 0 to 100")
    seed: int = Field(ge=0, lt=2**63, description="of the samples")

    @property
    def steering(self) -> Steering:
        """By bias and temperatures together."""
        return Steering.of(self.bias, self.weights_temperature, self.spread_temperature, self.lift_temperature)


def noise_of(seed: int, lines: range, points: int) -> npt.NDArray[np.float32]:
    """(lines, points, 4): each line has its own random stream, so that more lines change none of the first."""
    streams = [np.random.default_rng([seed, line]) for line in lines]
    drawn = [np.hstack([rng.random((points, 2)), rng.standard_normal((points, 2))]) for rng in streams]
    return np.stack(drawn).astype(np.float32)


def sample(
    network: Network,
    scales: Scales,
    noise: npt.NDArray[np.float32],
    steering: Steering = PLAIN,
    stops: Stops = ENDLESS,
    prime: Rows | None = None,
    texts: Sequence[str] = (),
    says: str = "",
) -> list[Sample]:
    """Write a line for each row of the noise, (L, n, 4), side by side.

    They all begin with `prime`, (p, 3 or more) of x, y, lift in tablet units, if there is one. A network that reads
    writes `texts`, one a line, behind what the prime `says`; each line ends where its text does, or with the noise.
    Raises InputError where the prime has fewer than two points, or one that is not finite.
    """
    if prime is not None and (len(prime) < 2 or not np.isfinite(prime).all()):
        raise InputError(f"a prime of {len(prime)} points, not all of them finite or too few to go on from; mend it")
    read = to_offsets(prime, scales) if prime is not None else np.array([START], np.float32)
    primed = len(read) - 1
    codes = None
    if network.alphabet:
        codes = side_by_side([network.alphabet.codes(f"{says} {text}" if says else text) for text in texts])
    fed = feed_back(
        network, read, noise, steering, lambda offsets: _all_end(offsets, primed, scales, stops), codes,
        partial(closes, scales=scales) if network.ends else None,
    )  # fmt: skip
    said, before = texts if network.alphabet else [""] * len(noise), len(says) + 1 if says else 0
    return [
        _line(FedBack(*parts), primed, text, before, network, scales, steering, stops)
        for *parts, text in zip(*fed, said, strict=True)
    ]


def sample_lines(
    network: Network, scales: Scales, params: SampleParams, prime: Rows | None = None, says: str = ""
) -> Iterator[Sample]:
    """All lines that `params` asks for; `prime` is a line to go on from, and says what it `says`."""
    stops = Stops(params.strokes, params.width)
    texts = cycle(params.texts or [""])
    for first in range(0, params.lines, SIDE_BY_SIDE):
        rows = range(first, min(first + SIDE_BY_SIDE, params.lines))
        noise = noise_of(params.seed, rows, params.points)
        yield from sample(network, scales, noise, params.steering, stops, prime, list(islice(texts, len(rows))), says)


def asking(params: SampleParams, model: Model) -> SampleParams:
    """The same, with texts of held-out lines for a network that writes texts, where none are asked for."""
    check_texts(params.texts, model.network.alphabet)
    return params.model_copy(update={"texts": list(model.texts)}) if params.texts is None and model.texts else params


def check_texts(texts: Sequence[str] | None, alphabet: Alphabet | None) -> None:
    """Refuse what a network cannot write: InputError with what it lacks."""
    if alphabet is None and texts:
        raise InputError(
            f"this network writes no texts, as {cut_short(texts[0])}; let texts be null, or model.text true"
        )
    for text in texts or ():
        if unknown := alphabet.unknown(text) if alphabet else ():
            raise InputError(
                f"{cut_short(text)} has {some(map(repr, unknown))}, which the network does not know; {alphabet}"
            )


def most_points(network: Network, text: str) -> int:
    """How many points a text may take, before it is taken for one that does not end: as many as a line learned from."""
    return math.ceil(FAR * (len(text) + 1) / network.pace)


def _line(
    fed: FedBack, primed: int, text: str, before: int, network: Network, scales: Scales, steering: Steering,
    stops: Stops,
) -> Sample:  # fmt: skip
    """One line, (T, ...), to the end of its text, or of what that may take; so many letters stand `before` its text."""
    end, ended = len(fed.offsets), True
    if network.alphabet:
        most = primed + most_points(network, text)
        ended = bool(0 < fed.said <= most)
        end = int(fed.said) if ended else _likeliest_end(fed, most, primed, before + len(text) - 1, network, scales)
    points = to_points(fed.offsets[:end], scales)
    count = primed + kept(_own(points, primed), stops) - 1
    with torch.inference_mode():
        plain = Mixture.from_raw(torch.from_numpy(fed.outputs[:count]), network.floor.cpu())
    steered = plain.steer(steering)
    mixture = Mixture(*(torch.cat([read[:primed], drawn[primed:]]) for read, drawn in zip(plain, steered, strict=True)))
    return Sample(points[: count + 1], _densities(mixture, scales), primed, text, fed.signs[:count], ended)


def _likeliest_end(fed: FedBack, most: int, primed: int, last: int, network: Network, scales: Scales) -> int:
    """Of a line that has not closed: how many offsets it has up to the lift on its last letter, or behind that, which
    its network would most likely have closed it after; `most`, where it never came so far or has not learned to."""
    own = slice(primed, min(most, len(fed.offsets)) - 1)
    lifts = primed + np.flatnonzero((fed.offsets[own, LIFT] > 0.5) & (fed.signs[own] >= last))
    if not (network.ends and len(lifts)):
        return most
    with torch.inference_mode():
        behind = Mixture.from_raw(torch.from_numpy(fed.outputs[lifts + 1]), network.floor.cpu())
        likely = behind.log_prob(torch.from_numpy(closing(scales)).expand(len(lifts), -1))
    return int(lifts[likely.argmax()]) + 1


def _densities(mixture: Mixture, scales: Scales) -> Densities:
    scale, shift = np.array(scales.scale), np.array(scales.shift)
    return Densities(
        weight=mixture.log_weight.exp().double().numpy(),
        mean=mixture.mean.double().numpy() * scale + shift,
        std=mixture.log_std.exp().double().numpy() * scale,
        correlation=mixture.correlation.tanh().double().numpy(),
        lift=mixture.lift.sigmoid().double().numpy(),
    )


def _all_end(offsets: npt.NDArray[np.float32], primed: int, scales: Scales, stops: Stops) -> bool:
    if stops == ENDLESS:
        return False
    written = (_own(to_points(line, scales), primed) for line in offsets)
    return all(kept(points, stops) < len(points) for points in written)


def _own(points: npt.NDArray[np.float64], primed: int) -> npt.NDArray[np.float64]:
    """What the network itself wrote, from where the pen was; the lift there is the prime's."""
    own = points[primed:].copy()
    own[0, LIFT] = 0
    return own
