"""Handwriting from a trained network, in Python: `write` returns lines that draw and save themselves.

A line is an array (n, 3) of x, y, lift, or (n, 4) with seconds too, in tablet units, y downwards. Strokes end where the
pen lifts. What a file keeps of the places of points:

    svg    0.5 tablet unit; all lines on one sheet, one below another
    png    a picture of that sheet
    inkml  0.005 tablet unit and 0.5 ms; W3C Ink Markup Language, a traceGroup a line
    jsonl  0.005 tablet unit; JSON lines, {"name": ..., "strokes": [[[x, y], ...], ...]} a line
    npz    all digits; sketch-rnn's stroke-3, an array (n, 3) of dx, dy, lift a line, float64, without pickle
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import ValidationError

from penlift.common.errors import InputError, cut_short
from penlift.common.files import write_bytes
from penlift.common.geometry import Array
from penlift.common.params import value_at_fault
from penlift.drawing.fan import draw_fan
from penlift.drawing.styles import OF_POINTS, curved, draw
from penlift.drawing.svg import draw_plain, page_of, room_for
from penlift.ink.lines import Rows
from penlift.ink.offsets import as_dense
from penlift.ink.scales import Scales
from penlift.io.formats.contract import Encoder
from penlift.io.formats.inkml import to_inkml
from penlift.io.formats.json_lines import to_json_lines
from penlift.io.formats.tables import to_stroke3
from penlift.model.checkpoint import Model
from penlift.sampling.health import Health, finite_part, health_of
from penlift.sampling.page import laid_out
from penlift.sampling.sampler import SampleParams, asking, most_points, sample_lines
from penlift.sampling.samples import Sample

APART = 9.0  # standard deviations of the offsets between two lines of a page


class Drawing(NamedTuple):
    """A picture that a notebook shows."""

    svg: bytes

    def _repr_svg_(self) -> str:
        return self.svg.decode()


class Handwriting(NamedTuple):
    """Dreamt lines."""

    lines: list[Sample]
    scales: Scales

    @property
    def points(self) -> list[Array]:
        """Each (n, 3): x, y, lift in tablet units, y downwards; as far as it is finite, which `health` tells."""
        return [line.points for line in as_drawn(self.lines, self.scales)]

    @property
    def health(self) -> list[Health]:
        """Whether each line is in order."""
        return [health_of(line, self.scales) for line in self.lines]

    def draw(self, style: str = "plain", line: int | None = None) -> Drawing:
        """A picture of all lines, or of the one with this number, from 0; the styles are those of `drawing.styles`."""
        chosen = self.lines if line is None else [self.lines[line]]
        return Drawing(draw(style, [finite_part(each) for each in chosen], curves=bool(self.scales.rate)))

    def save(self, path: Path) -> None:
        """Write the lines in the format that the name ends in: svg, png, inkml, jsonl or npz."""
        write_bytes(path, written(kind_of(path), self.points))

    def _repr_svg_(self) -> str:
        return self.draw().svg.decode()


def write(
    model: Model,
    lines: int | None = None,
    points: int | None = None,
    *,
    text: str | Sequence[str] | None = None,
    bias: float = 0.0,
    temperature: float | tuple[float, float, float] = 1.0,
    strokes: int | None = None,
    width: float | None = None,
    prime: Rows | None = None,
    says: str = "",
    seed: int = 1,
) -> Handwriting:
    """Lines of up to so many points, strokes and tablet units of width; the parameters are those of `SampleParams`.

    `text` is what they say, one after another, of a network that writes texts, which ends each by itself; without it
    they say what held-out lines did. `temperature` is that of weights, spread and lift, or of each; `prime` a line, (p,
    3) of x, y, lift, or (p, 4) with seconds, to go on from, and what it `says`.
    """
    if model.network.alphabet and prime is not None and not says:
        raise InputError("a prime is given, and not what it says; give its very text as says")
    prime = None if prime is None else as_dense(np.asarray(prime), model.scales)[:, :3]
    texts = [text] if isinstance(text, str) else None if text is None else list(text)
    asked = {"strokes": strokes, "width": width, "bias": bias, "seed": seed, "texts": texts, "points": points or 800}
    params = asking(sample_params(asked | {"lines": lines or len(texts or " ")}, temperature), model)
    if points is None and params.texts:
        params = params.model_copy(update={"points": max(most_points(model.network, each) for each in params.texts)})
    return Handwriting(list(sample_lines(model.network, model.scales, params, prime, says)), model.scales)


def as_drawn(lines: Sequence[Sample], scales: Scales) -> list[Sample]:
    """Lines as far as they are finite; curves between points that were thinned."""
    finite = [finite_part(line) for line in lines]
    return [curved(line) for line in finite] if scales.rate else finite


def drawn_page(paragraphs: list[list[Sample]], scales: Scales, kind: str, style: str) -> bytes:
    """The file of a text that `sampling.page.write_page` wrote."""
    placed = laid_out([as_drawn(page, scales) for page in paragraphs], APART * scales.sd[1])
    return OF_POINTS[style](np.concatenate(placed)) if kind == "svg" else written(kind, placed)


def sample_params(values: dict[str, Any], temperature: float | tuple[float, float, float]) -> SampleParams:
    """The parameters of a call; raises InputError with the one at fault."""
    three = temperature if isinstance(temperature, tuple) else (temperature,) * 3
    if len(three) != 3:
        raise InputError(f"temperature is {cut_short(temperature)}; give one number, or three")
    names = ("weights_temperature", "spread_temperature", "lift_temperature")
    try:
        return SampleParams.model_validate({"texts": None} | values | dict(zip(names, three, strict=True)))
    except ValidationError as error:
        raise InputError(value_at_fault(error.errors()[0])) from None


def what_ifs(
    model: Model, line: Array, at: int, count: int = 8, points: int = 150, seed: int = 1, text: str = ""
) -> Drawing:
    """A fan: how a line, (n, 3) of x, y, lift, that says a text might have gone on from its point `at`."""
    if not 1 <= at < len(line):
        raise InputError(f"no fan from point {at}: the line can go on from its points 1 to {len(line) - 1}; choose one")
    asked = {"texts": [text] if text else None, "strokes": None, "width": None, "bias": 0.0}
    params = sample_params(asked | {"lines": count, "points": points, "seed": seed}, 1.0)
    fan = sample_lines(model.network, model.scales, params, line[: at + 1].astype(np.float32))
    continuations = [other.points[other.primed :] for other in fan]
    for continuation in continuations:
        continuation[:, :2] += line[at, :2] - continuation[0, :2]
    return Drawing(draw_fan(line, at, continuations))


def kind_of(path: Path) -> str:
    """The one of FORMATS that a name ends in, in whatever capitals."""
    return path.suffix.lower().removeprefix(".")


def written(kind: str, lines: list[Array]) -> bytes:
    """The file of these lines in one of FORMATS."""
    if kind not in FORMATS:
        raise InputError(f"no lines are written as {kind!r}; choose one of {', '.join(FORMATS)}")
    if not lines:
        raise InputError(f"there is no line to write as {kind}; give at least one")
    for line in lines:
        room_for(line)  # refuses one without points, or with one that is not finite
    return FORMATS[kind](lines)


def to_png(lines: list[Array]) -> bytes:
    """A picture of the lines, one below another."""
    from penlift.drawing.plots import preview

    return preview(page_of(lines))


FORMATS: dict[str, Encoder] = {
    "svg": lambda lines: draw_plain(page_of(lines)),  # a path a stroke
    "png": to_png,
    "inkml": to_inkml,
    "jsonl": to_json_lines,
    "npz": to_stroke3,
}
