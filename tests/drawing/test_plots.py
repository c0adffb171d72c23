"""Plots show what they are given, the same each time, whatever its shape."""

import io
import re
from typing import Any

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from lxml import etree
from pictures import some_line

from penlift.common.errors import InputError
from penlift.drawing.plots import loss_curves, preview
from penlift.drawing.svg import HUES, MARGIN

COLUMNS = ["epoch", "train_nll_nats_per_point", "valid_nll_nats_per_point"]


def history(*rows: tuple[int, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def ink_in(png: bytes) -> Any:
    """Which pixels of a picture are dark."""
    return matplotlib.image.imread(io.BytesIO(png))[..., :3].mean(axis=-1) < 0.7


def test_plots_are_the_same_bytes_each_time() -> None:
    learnt = history((1, 2.0, 2.5), (2, 1.0, 1.5))

    assert loss_curves(learnt) == loss_curves(learnt)
    assert preview(some_line()) == preview(some_line())


@pytest.mark.parametrize("epochs", [1, 2, 30])
def test_curves_have_a_corner_an_epoch_and_stand_the_higher_the_larger_the_nll(epochs: int) -> None:
    learnt = history(*((epoch, 1 / epoch, 2 / epoch) for epoch in range(1, epochs + 1)))

    root: Any = etree.fromstring(loss_curves(learnt))

    curves = [path for path in root.iterfind(".//{*}g/{*}path") if path.get("clip-path") and "d" in path.attrib]
    for column, hue in zip(COLUMNS[1:], HUES, strict=False):
        (curve,) = (
            path for path in curves if f"stroke: {hue}" in path.get("style") and "fill: none" in path.get("style")
        )
        x, y = np.array(re.findall(r"[ML] (\S+) (\S+)", curve.get("d")), dtype=np.float64).T
        assert len(x) == epochs
        slope = np.diff(y) / np.diff(learnt[column])
        assert (np.diff(x) > 0).all()
        assert (slope < 0).all()  # y grows downwards
        np.testing.assert_allclose(slope, slope[:1].repeat(len(slope)), rtol=1e-3)


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_epochs_are_counted_in_whole_numbers(epochs: int) -> None:
    page = loss_curves(history(*((epoch, 1.0, 2.0) for epoch in range(1, epochs + 1)))).decode()

    ticks = page[page.index('id="matplotlib.axis_1"') : page.index('id="matplotlib.axis_2"')]
    written = re.findall(r"<!-- (.*?) -->", ticks)
    assert written == [*(str(epoch) for epoch in range(1, epochs + 1)), "epoch"]


def test_a_preview_is_about_1000_pixels_wide_and_mostly_paper() -> None:
    ink = ink_in(preview(some_line()))

    assert 900 <= ink.shape[1] <= 1100
    assert 0.002 < ink.mean() < 0.5


@pytest.mark.parametrize(
    "points",
    [[[5, 5, 1]], [[0, 0, 0], [2000, 0, 1]], [[0, 0, 0], [0, 30_000, 1]], [[0, 0, 0], [30_000, 0, 1]]],
    ids=["a point", "flat", "upright and long", "flat and long"],
)
def test_a_preview_shows_a_line_of_any_shape(points: list[list[float]]) -> None:
    ink = ink_in(preview(np.array(points, dtype=np.float64)))

    assert ink.any()
    assert max(ink.shape) <= 1100


def test_a_preview_shows_the_dot_of_an_i_where_it_is() -> None:
    stem = np.array([[0.0, 0, 0], [1000, 0, 1]])
    dot = np.array([[300.0, 200, 1]])  # below: y grows downwards

    ink = ink_in(preview(np.vstack([stem, dot])))

    below = ink[ink.shape[0] // 2 :]
    assert np.flatnonzero(below.any(axis=0)).mean() / ink.shape[1] == pytest.approx(
        (300 + MARGIN) / (1000 + 2 * MARGIN), abs=0.005
    )


@pytest.mark.parametrize("points", [np.empty((0, 3)), np.array([[0, np.nan, 0]])])
def test_a_preview_of_what_cannot_be_drawn_is_refused(points: Any) -> None:
    with pytest.raises(InputError, match="cannot be drawn"):
        preview(points)
