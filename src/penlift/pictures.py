"""The pictures of each sample, under the names that other stages find them by."""

from collections.abc import Iterator
from typing import NamedTuple

from penlift.density_drawing import draw_by_lift, draw_density
from penlift.drawing import draw_by_stroke, draw_plain
from penlift.dreams import Dreamt


class Picture(NamedTuple):
    """A picture by its name, and for the file of a sample its extension."""

    name: str
    content: bytes


def draw_samples(lines: list[Dreamt]) -> Iterator[Picture]:
    """Four SVGs a line: plain, by stroke, by lift probability, and the density of each next point."""
    for number, (points, densities, _) in enumerate(lines, 1):
        name = f"sample-{number}"
        yield Picture(f"{name}-plain.svg", draw_plain(points))
        yield Picture(f"{name}-strokes.svg", draw_by_stroke(points))
        yield Picture(f"{name}-lift.svg", draw_by_lift(points, densities.lift))
        yield Picture(f"{name}-density.svg", draw_density(points, densities))
