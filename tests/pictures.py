"""Lines and densities to draw, and pictures read back."""

import re
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from lxml import etree

from penlift.drawing.svg import SCALE
from penlift.sampling.samples import Densities

SVG = {"s": "http://www.w3.org/2000/svg"}


NUMBER = r"-?\d+(?:\.\d+)?"


def read(svg: bytes) -> Any:
    return etree.fromstring(svg)


def coordinates(path: Any) -> Any:
    return np.array(re.findall(rf"({NUMBER}) ({NUMBER})", path.get("d")), dtype=np.float64) / SCALE


@st.composite
def lines(draw: Any) -> Any:
    moves = draw(arrays(np.int64, st.tuples(st.integers(1, 40), st.just(2)), elements=st.integers(-400, 400)))
    lifts = draw(arrays(np.int64, len(moves), elements=st.integers(0, 1)))
    return np.column_stack([moves.cumsum(axis=0), lifts]).astype(np.float64)


def some_line(count: int = 30) -> Any:
    rng = np.random.default_rng(4)
    return np.column_stack([rng.normal(0, 40, (count, 2)).cumsum(axis=0), rng.random(count) < 0.2])


def some_densities(count: int = 29, components: int = 3) -> Densities:
    rng = np.random.default_rng(5)
    weight = rng.dirichlet(np.ones(components), count)
    mean, std = rng.normal(0, 30, (count, components, 2)), rng.uniform(1, 60, (count, components, 2))
    return Densities(weight, mean, std, rng.uniform(-0.95, 0.95, (count, components)), rng.random(count))
