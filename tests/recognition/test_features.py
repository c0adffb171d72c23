"""What a recogniser sees depends on the shape of a line alone."""

from collections.abc import Sequence

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays

from penlift.common.geometry import Array
from penlift.recognition.features import COLUMNS, SPACING, features_of


def line_of(strokes: Sequence[Array]) -> Array:
    lifts = [np.append(np.zeros(len(stroke) - 1), 1.0) for stroke in strokes]
    return np.concatenate([np.column_stack(parts) for parts in zip(strokes, lifts, strict=True)])


def written(seed: int, strokes: int = 12) -> Array:
    """A line of wavy strokes, one behind another."""
    rng, parts = np.random.default_rng(seed), []
    for number in range(strokes):
        t = np.linspace(0, 1, int(rng.integers(5, 30)))[:, None]
        wave = np.hstack([200 * t, 90 * np.sin(rng.uniform(3, 9) * t + rng.uniform(0, 6))])
        parts.append(wave + np.array([250 * number, rng.uniform(-20, 20)]))
    return line_of(parts)


@given(st.integers(0, 99), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(0.01, 100))
def test_neither_place_nor_size_matters(seed: int, right: float, down: float, size: float) -> None:
    line = written(seed)
    moved = line * (size, size, 1) + (right, down, 0)

    wanted, found = features_of(line), features_of(moved)

    np.testing.assert_allclose(found.rows, wanted.rows, atol=2e-3)
    assert np.abs(found.points - wanted.points).max() <= 1


@given(st.integers(0, 99), st.floats(-0.2, 0.2))
def test_a_line_that_climbs_is_levelled(seed: int, slope: float) -> None:
    line = written(seed)
    climbing = line + np.column_stack([np.zeros(len(line)), slope * line[:, 0], np.zeros(len(line))])

    wanted, found = features_of(line).rows, features_of(climbing).rows

    # steps along the line are a little longer than they were, so that there may be a few rows more
    assert len(found) == pytest.approx(len(wanted), rel=0.05)
    assert found[:, 2].mean() == pytest.approx(wanted[:, 2].mean(), abs=0.02)
    assert np.abs(np.sort(found[:, 2])[[0, -1]] - np.sort(wanted[:, 2])[[0, -1]]).max() < 0.15


@given(st.integers(0, 99), st.integers(2, 5))
def test_how_many_points_a_second_a_device_has_does_not_matter(seed: int, times: int) -> None:
    line = written(seed)
    strokes = np.split(line[:, :2], np.flatnonzero(line[:, 2])[:-1] + 1)
    denser = []
    for stroke in strokes:
        at = np.linspace(0, len(stroke) - 1, times * (len(stroke) - 1) + 1)
        denser.append(np.column_stack([np.interp(at, np.arange(len(stroke)), axis) for axis in stroke.T]))

    wanted, found = features_of(line).rows, features_of(line_of(denser)).rows

    assert len(found) == len(wanted)
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_points_are_at_equal_distances_and_each_stroke_keeps_its_ends() -> None:
    line = written(1)
    rows, points = features_of(line)
    first, last = rows[:, 3] > 0, rows[:, 4] > 0

    assert first.sum() == last.sum() == line[:, 2].sum()
    lengths = 2 * SPACING * np.hypot(*rows[~first, :2].T)
    assert (lengths <= SPACING + 1e-5).all()
    assert (points[last] == np.flatnonzero(line[:, 2])).all()
    assert (points[first] == np.append(0, np.flatnonzero(line[:, 2])[:-1] + 1)).all()
    assert (np.diff(points) >= 0).all()


@settings(max_examples=200)
@given(
    st.integers(1, 30).flatmap(
        lambda count: st.tuples(
            arrays(np.float64, (count, 2), elements=st.floats(-1e6, 1e6)),
            arrays(np.bool_, count),
        )
    )
)
def test_any_finite_line_has_finite_features_and_no_more_than_so_many(drawn: tuple[Array, Array]) -> None:
    paper, lifts = drawn

    rows, points = features_of(np.column_stack([paper, lifts]))

    assert rows.shape == (len(points), COLUMNS)
    assert np.isfinite(rows).all()
    assert np.abs(rows).max() < 1e3
    assert 0 <= points.min() <= points.max() < len(paper)


@pytest.mark.parametrize("line", [[[5.0, 5.0, 1.0]], [[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]])
def test_a_dot_is_a_row(line: list[list[float]]) -> None:
    rows, _ = features_of(np.array(line))

    assert rows.tolist() == [[0.0, 0.0, 0.0, 1.0, 1.0]]
