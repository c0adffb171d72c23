"""Measures of moving pens, on lines whose motion is known; and the comparison of two inks."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import written_line
from hypothesis import given
from hypothesis import strategies as st

from penlift.evaluation.comparison.kinematics import MEASURES
from penlift.evaluation.comparison.movement import OFF, PERCENTILES, compared, measured, percentiles
from penlift.ink.lines import Line, Rows
from penlift.report.movement import draw_percentiles


def line_of(strokes: list[Rows], text: str = "ab c") -> Line:
    """A line whose strokes are (n, 2), ten milliseconds a point, and a second of time between strokes."""
    rows, clock = [], 0.0
    for stroke in strokes:
        times = clock + np.arange(len(stroke)) / 100
        rows.append(np.column_stack([stroke, np.arange(len(stroke)) == len(stroke) - 1, times]))
        clock = times[-1] + 1
    return Line("a01-000u-01", "a01-000u", "w1", text, "train", 0.0, np.concatenate(rows).astype(np.float32))


def values(name: str, line: Line) -> list[float]:
    return [float(value) for value in MEASURES[name](line)]


SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10], [0, 0], [0, 0]], dtype=np.float32)
TWO = line_of([SQUARE, SQUARE + np.float32(30)])


def test_counts_are_those_of_the_line() -> None:
    assert values("points per character", TWO) == [4]
    assert values("strokes per character", TWO) == [pytest.approx(2 / 3)]
    assert values("strokes per letter", line_of([SQUARE], "a1")) == [1]
    assert values("points per stroke", TWO) == [6, 6]
    assert values("lift share, % of points", TWO) == [pytest.approx(100 / 6)]
    assert values("width per character, units", TWO) == [pytest.approx(40 / 3)]


def test_steps_on_paper_and_in_the_air_are_told_apart() -> None:
    assert values("in-stroke step, units", TWO) == [10, 10, 10, 10, 0] * 2
    assert values("in-stroke steps of length zero, %", TWO) == [20]
    assert (values("pen-up dx, units", TWO), values("pen-up dy, units", TWO)) == ([30], [30])
    assert values("pen-up time, s", TWO) == [pytest.approx(1, abs=1e-6)]
    assert values("turning, degrees", TWO) == pytest.approx([90] * 6)


def test_an_ellipse_drawn_in_harmonic_motion_has_the_exponent_of_the_power_law() -> None:
    angle = np.linspace(0, 6 * np.pi, 1500)
    ellipse = np.column_stack([900 * np.cos(angle), 300 * np.sin(angle)]).astype(np.float32)

    assert values("speed-curvature exponent", line_of([ellipse])) == [pytest.approx(-1 / 3, abs=0.01)]


def test_a_steady_speed_has_the_exponent_zero_and_a_slow_change_a_high_autocorrelation() -> None:
    angle = np.cumsum(np.linspace(0.001, 0.05, 300))
    winding = np.cumsum(np.column_stack([np.cos(angle), np.sin(angle)]) * 20, axis=0).astype(np.float32)
    slowing = np.cumsum(np.column_stack([20 + 10 * np.sin(np.arange(300) / 20), np.zeros(300)]), axis=0)

    assert values("speed-curvature exponent", line_of([winding])) == [pytest.approx(0, abs=0.02)]
    assert values("speed autocorrelation, lag 1", line_of([slowing.astype(np.float32)]))[0] > 0.99


@given(st.integers(1, 9), st.integers(2, 40), st.integers(-9000, 9000))
def test_no_measure_depends_on_where_a_line_stands_or_is_undefined(seed: int, points: int, right: int) -> None:
    line = written_line(seed, points=points)
    moved = replace(line, rows=line.rows + np.array([right, 0, 0, 0], dtype=np.float32))

    for measure in MEASURES.values():
        assert np.isfinite(measure(line)).all()
        np.testing.assert_allclose(measure(moved), measure(line), atol=1e-3)


def test_an_ink_beside_itself_is_off_by_nothing_and_beside_twice_its_size_by_half() -> None:
    lines = [written_line(seed, points=200) for seed in range(1, 6)]
    twice = [replace(line, rows=line.rows * np.array([2, 2, 1, 1], dtype=np.float32)) for line in lines]

    same = compared(measured(lines), measured(lines))[OFF]
    half = compared(measured(lines), measured(twice))[OFF]

    assert np.nan_to_num(same).tolist() == [0] * len(same)
    assert half["in-stroke step, units"] == pytest.approx(-50)
    assert half["turning, degrees"] == pytest.approx(0, abs=1e-6)
    assert half["points per character"] == 0


def test_percentiles_are_numpys_and_an_ink_without_texts_has_fewer_rows() -> None:
    table = percentiles({"a": np.arange(101.0), "none": np.zeros(0)})

    assert table.to_numpy()[0].tolist() == list(PERCENTILES)
    assert list(table.index) == ["a"]


def test_the_picture_has_each_measure_and_is_the_same_bytes_twice() -> None:
    lines = [written_line(seed, points=200) for seed in range(1, 6)]
    table: pd.DataFrame = compared(measured(lines), measured(lines[:2]))

    first, again = (draw_percentiles(table, ("one", "other")) for _ in range(2))

    assert first == again
    assert first.count(b'<g id="axes_') == -(-len(table) // 4) * 4
