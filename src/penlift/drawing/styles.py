"""The pictures of dreamt lines, each by the name of its style."""

from collections.abc import Callable, Iterator

import numpy as np

from penlift.common.errors import InputError
from penlift.common.geometry import Array
from penlift.drawing.animation import draw_animation
from penlift.drawing.densities import draw_by_lift, draw_density, draw_three, draw_weights
from penlift.drawing.svg import draw_by_point, draw_by_stroke, draw_by_time, draw_plain, draw_primed, page_of
from penlift.ink.offsets import smooth
from penlift.sampling.samples import Sample

RATE = 70.0  # points a second of a line that writes itself; a network knows no clock, and tablets give 60 to 100
OF_POINTS: dict[str, Callable[[Array], bytes]] = {  # which a page of lines has too
    "plain": draw_plain,
    "strokes": draw_by_stroke,
    "time": draw_by_time,
    "points": draw_by_point,
    "animation": lambda points: draw_animation(points, np.arange(len(points)) / RATE),
}
OF_A_LINE: dict[str, Callable[[Sample], bytes]] = {  # with what its network expected
    "lift": lambda line: draw_by_lift(line.points, line.densities.lift),
    "density": lambda line: draw_density(line.points, line.densities),
    "weights": lambda line: draw_weights(line.densities),
    "three": lambda line: draw_three(line.points, line.densities),
}
STYLES = (*OF_POINTS, *OF_A_LINE)
LEFT = ("plain", "strokes", "time", "lift", "density", "weights", "animation")  # by stage sample, of each line


def draw(style: str, lines: list[Sample], *, curves: bool = False) -> bytes:
    """SVG of one line in any style, or of several below one another in a style of OF_POINTS.

    `curves`: between points that were thinned, where what is drawn is the line alone.
    """
    if style in OF_A_LINE and len(lines) == 1:
        return OF_A_LINE[style](lines[0])
    if style in OF_A_LINE:
        raise InputError(f"style {style} draws one line, not {len(lines)}; draw them one by one")
    if style not in OF_POINTS:
        raise InputError(f"no style {style!r}; choose one of {', '.join(STYLES)}")
    drawn = [curved(line) for line in lines] if curves else lines
    points, primed = [line.points for line in drawn], [line.primed for line in drawn]
    if style == "plain" and any(primed):
        return draw_primed(points, primed)
    return OF_POINTS[style](page_of(points))


def curved(line: Sample) -> Sample:
    """A line with more points between those that it has, for a picture: its densities are those of its own points."""
    return line._replace(points=smooth(line.points), primed=len(smooth(line.points[: line.primed + 1])) - 1)


def draw_samples(lines: list[Sample], *, curves: bool = False) -> Iterator[tuple[str, bytes]]:
    """The pictures of each line that stage sample leaves, by the names of their files; `curves` as `draw` has it."""
    for number, line in enumerate(lines, 1):
        for style in LEFT:
            yield f"sample-{number}-{style}.svg", draw(style, [line], curves=curves)
