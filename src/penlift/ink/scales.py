"""The scales of normalised offsets, measured, on disk, and the units that likelihoods of this field are printed in."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, TypeAdapter, model_validator

from penlift.common.errors import InputError, cut_short
from penlift.common.files import made_by_stage
from penlift.common.params import Params

STILL = 1e-6  # tablet units, the standard deviation of an axis along which nothing moves
MOST = 1e6  # tablet units, more than any scale
Offsets = npt.NDArray[np.float64]  # (n, 2): dx, dy in tablet units
Units = Mapping[str, tuple[float, float]]  # name -> tablet units in one such unit, x and y


class NormaliseParams(Params):
    """Section `normalise` of params.yaml."""

    cap: float = Field(gt=0, le=MOST, description="tablet units, above 0")
    scale: float | Literal["std"] = Field(description="tablet units, 0.001 to 10000, or std")
    rate: float | None = Field(gt=0, le=MOST, description="Hz: points a second at most, or null: as they came")

    @model_validator(mode="after")
    def _scale_is_a_length(self) -> Self:
        if self.scale != "std" and not 1e-3 <= self.scale <= 1e4:
            raise ValueError(f"scale is {self.scale!r}; it should be 'std' or a number from 0.001 to 10000")
        return self


Size = Annotated[float, Field(ge=STILL, le=MOST, allow_inf_nan=False)]
Shift = Annotated[float, Field(ge=-MOST, le=MOST, allow_inf_nan=False)]


class Scales(NamedTuple):
    """How offsets were normalised, and the moments that other units need. All in tablet units, x then y."""

    cap: Size
    shift: tuple[Shift, Shift]  # subtracted first
    scale: tuple[Size, Size]  # then divided by
    mean: tuple[Shift, Shift]  # of the capped offsets of the training split
    sd: tuple[Size, Size]  # likewise
    rate: Annotated[float, Field(gt=0, le=MOST, allow_inf_nan=False)] | None = None  # Hz; None: as points came

    def as_json(self) -> dict[str, Any]:
        """What `load_scales` reads; points that were not thinned need no word."""
        return {key: value for key, value in self._asdict().items() if value is not None}


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
        return Scales(params.cap, _pair(shift), _pair(scale), _pair(mean), _pair(sd), params.rate)


def _pair(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def load_scales(path: Path) -> Scales:
    """Read the scales that stage normalise wrote."""
    with made_by_stage(path):
        return TypeAdapter(Scales).validate_json(path.read_bytes(), strict=True)


def rate_in(params: Mapping[str, Any]) -> float | None:
    """Hz to which points are thinned, by the sections of a params.yaml, older ones too; None: as they came."""
    rate = params.get("normalise", {}).get("rate")
    if rate is None or (isinstance(rate, int | float) and 0 < rate <= MOST):
        return rate
    raise InputError(f"normalise.rate is {cut_short(rate)}; it should be a number above 0, up to {MOST:g}, or null")


def hertz(rate: float | None) -> str:
    """A rate in words; nothing for points as they came."""
    return "" if rate is None else f"{rate:.10g} Hz"


def point_of(rate: float | None) -> str:
    """What a likelihood is said to be of, "a point" or "a point of 30 Hz": of other points, it compares with none."""
    return "point" if rate is None else f"point of {hertz(rate)}"


def otherwise(figures: Mapping[str, Any]) -> str:
    """Beside the likelihood a point of a split of metrics.json: that of a line and, where it is known, of a letter."""
    letter = figures.get("nll_nats_per_letter")
    beside = f", {letter['tablet']:,.2f} nats a letter" if letter else ""
    return f"{figures['nll_nats_per_line']['tablet']:,.1f} nats a line{beside}"


def units_of(scales: Scales) -> Units:
    """The four units, by the moments of the training split's capped offsets.

    tablet: as the pen is read; over_20: the article; z_score: Graves (2013), each axis by its standard deviation; vrnn:
    one scalar for both axes, sqrt(E[dx^2 + dy^2] - (E[dx] + E[dy])^2), of the variational-RNN papers. It is left out
    where data is so skewed that there is no such root.
    """
    (mean_x, mean_y), (sd_x, sd_y) = scales.mean, scales.sd
    units = {"tablet": (1.0, 1.0), "over_20": (20.0, 20.0), "z_score": (sd_x, sd_y)}
    square = sd_x**2 + mean_x**2 + sd_y**2 + mean_y**2 - (mean_x + mean_y) ** 2
    if square > 0:
        units["vrnn"] = (math.sqrt(square), math.sqrt(square))
    return units


def shift_to(unit: tuple[float, float], scales: Scales) -> float:
    """Nats a point to add to an NLL in normalised units to have it in `unit`."""
    return sum(math.log(scale) - math.log(size) for scale, size in zip(scales.scale, unit, strict=True))
