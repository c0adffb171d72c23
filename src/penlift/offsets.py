"""From pen positions to what the network predicts: offsets, capped and scaled; and exactly back.

Graves (2013, section 4) gives the network (dx, dy, lift); capping the gaps between strokes at 500 tablet units and
dividing by 20 is the article's.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from penlift.errors import InputError
from penlift.ink import LIFT, Rows
from penlift.params import Params

START = (0.0, 0.0, 1.0)  # the network's first input: no movement, pen up; never a target

STILL = 1e-6  # tablet units, the standard deviation of an axis along which nothing moves

Offsets = npt.NDArray[np.float64]  # (n, 2): dx, dy in tablet units
Points = npt.NDArray[np.float64]  # (n, 3): x, y, lift in tablet units


class NormaliseParams(Params):
    """Section `normalise` of params.yaml."""

    cap: float = Field(gt=0, le=1e6, description="tablet units, above 0")
    scale: float | Literal["std"] = Field(description="tablet units, above 0, or std")

    @model_validator(mode="after")
    def _scale_is_a_length(self) -> Self:
        if self.scale != "std" and not 0 < self.scale <= 1e4:
            raise ValueError(f"scale is {self.scale!r}; it should be 'std' or a number above 0 and at most 10000")
        return self


class Scales(NamedTuple):
    """How offsets were normalised, and the moments that other units need. All in tablet units, x then y."""

    cap: float
    shift: tuple[float, float]  # subtracted first
    scale: tuple[float, float]  # then divided by
    mean: tuple[float, float]  # of the capped offsets of the training split
    sd: tuple[float, float]  # likewise


class Moments:
    """Mean and standard deviation, per axis, of the capped offsets of many lines, one line at a time.

    By Chan, Golub and LeVeque's (1979) update of centred sums, which loses no digits where the mean is far from zero.
    """

    def __init__(self) -> None:
        self.count = 0
        self._mean, self._squares = np.zeros(2), np.zeros(2)

    def add(self, offsets: Offsets) -> None:
        """Count the offsets of one line."""
        mean, before = offsets.mean(axis=0), self.count
        self.count += len(offsets)
        apart = mean - self._mean
        self._mean += apart * len(offsets) / self.count
        self._squares += ((offsets - mean) ** 2).sum(axis=0) + apart**2 * before * len(offsets) / self.count

    def scales(self, params: NormaliseParams) -> Scales:
        """The scales that `params` asks for, given what was counted."""
        if not self.count:
            raise InputError("no line in split train, so there is nothing to normalise by; see extract.splits")
        mean, sd = self._mean, np.sqrt(self._squares / self.count)
        for axis, spread in zip("xy", sd, strict=True):
            if spread < STILL:
                raise InputError(f"all offsets along {axis} are equal, so there is nothing to learn; is this ink?")
        shift, scale = (mean, sd) if params.scale == "std" else (np.zeros(2), np.full(2, params.scale))
        return Scales(params.cap, _pair(shift), _pair(scale), _pair(mean), _pair(sd))


def offsets_of(points: Rows, cap: float) -> Offsets:
    """The movements from each point to the next, capped per axis; (n - 1, 2) in tablet units."""
    return np.clip(np.diff(points[:, :2].astype(np.float64), axis=0), -cap, cap)


def to_offsets(points: Rows, scales: Scales) -> Rows:
    """(n, 4) of x, y, lift, time in tablet units to (n, 3) of dx, dy, lift in normalised ones.

    Row 0 is START: the first point has no offset, and the network never predicts it.
    """
    moves = (offsets_of(points, scales.cap) - scales.shift) / scales.scale
    rows = np.column_stack([moves, points[1:, LIFT]])
    return np.vstack([START, rows]).astype(np.float32)


def to_tablet(offsets: Rows, scales: Scales) -> Offsets:
    """Normalised offsets, (..., 2 or 3), to (..., 2) of dx, dy in tablet units: the inverse of the scaling."""
    return offsets[..., :2].astype(np.float64) * scales.scale + scales.shift


def to_points(offsets: Rows, scales: Scales) -> Points:
    """(n, 3) normalised offsets, without START, to (n + 1, 3) of x, y, lift; row 0 is where the pen is set down."""
    path = np.vstack([np.zeros(2), to_tablet(offsets, scales).cumsum(axis=0)])
    return np.column_stack([path, np.append(0.0, offsets[:, LIFT])])


class Extremes(NamedTuple):
    """How many offsets there are, how many stand at the cap, and how many are exactly zero."""

    offsets: int
    capped: int
    zero: int


def at_cap(offsets: Offsets, cap: float) -> npt.NDArray[np.bool_]:
    """Which offsets, in tablet units, were cut by the cap or just reach it; to a thousandth of a unit."""
    return np.asarray((np.abs(offsets) >= cap - 1e-3).any(axis=-1))


def at_rest(offsets: Offsets) -> npt.NDArray[np.bool_]:
    """Which offsets, in tablet units, are exactly zero; to a thousandth of a unit."""
    return np.asarray((np.abs(offsets) <= 1e-3).all(axis=-1))


def count_extremes(lines: Iterable[Offsets], cap: float) -> Extremes:
    """Count over the capped offsets of many lines."""
    counts = [(len(line), at_cap(line, cap).sum(), at_rest(line).sum()) for line in lines]
    return Extremes(*(int(sum(column)) for column in zip(*counts, strict=True)))


def _pair(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    return float(values[0]), float(values[1])
