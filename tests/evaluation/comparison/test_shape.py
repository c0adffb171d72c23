"""Warping equals the recursion of its paper, forgives pace, and sees shape."""

from itertools import product

import numpy as np
import pytest
from conftest import written_line
from hypothesis import given
from hypothesis import strategies as st

from penlift.evaluation.comparison.shape import BAND, POINTS, Shapes, distances, likeness, shape_of


def some_shapes(count: int, seed: int = 1) -> Shapes:
    return np.random.default_rng(seed).normal(size=(count, POINTS, 2)).cumsum(axis=1).astype(np.float32)


def cell_by_cell(first: Shapes, second: Shapes) -> float:
    """The symmetric form of Sakoe and Chiba (1978) of one pair, (POINTS, 2) each."""
    cost = {(-1, -1): 0.0}
    for i, j in product(range(POINTS), repeat=2):
        if abs(i - j) <= BAND:
            apart = float(np.hypot(*(first[i] - second[j])))
            ways = (cost.get((i - 1, j), np.inf) + apart, cost.get((i, j - 1), np.inf) + apart)
            cost[i, j] = min(*ways, cost.get((i - 1, j - 1), np.inf) + 2 * apart)
    return cost[POINTS - 1, POINTS - 1] / (2 * POINTS)


def test_all_pairs_at_once_are_each_pair_alone() -> None:
    first, second = some_shapes(2), some_shapes(3, seed=2)

    found = distances(first, second)

    assert found.shape == (2, 3)
    for row, column in product(range(2), range(3)):
        assert found[row, column] == pytest.approx(cell_by_cell(first[row], second[column]), rel=1e-4)


def test_a_shape_is_at_no_distance_from_itself_and_as_far_there_as_back() -> None:
    shapes = some_shapes(4)

    apart = distances(shapes, shapes)

    np.testing.assert_allclose(np.diag(apart), 0)
    np.testing.assert_allclose(apart, apart.T, rtol=1e-5)
    assert (apart[~np.eye(4, dtype=bool)] > 0.1).all()


def test_the_same_shape_at_another_pace_is_nearer_than_point_by_point() -> None:
    at = np.linspace(0, 1, POINTS)
    late = at + 0.05 * np.sin(np.pi * at)
    wave, delayed = (np.stack([np.sin(20 * time), np.cos(13 * time)], axis=1).astype(np.float32) for time in (at, late))

    warped = float(distances(wave[None], delayed[None])[0, 0])

    assert warped < 0.25 * float(np.hypot(*(wave - delayed).T).mean())


@given(st.floats(-1000, 1000), st.floats(-1000, 1000), st.floats(-5, 5))
def test_where_a_line_stands_and_where_it_leads_says_nothing_of_its_shape(x: float, y: float, slope: float) -> None:
    points = np.array(written_line(1, points=300).rows[:, :2], dtype=np.float64)

    moved = shape_of(points + np.array([x, y]))

    np.testing.assert_allclose(moved, shape_of(points), atol=0.2)
    assert moved.shape == (POINTS, 2)
    trend = np.linspace(-1, 1, POINTS) @ shape_of(points + slope * np.arange(300)[:, None])
    np.testing.assert_allclose(trend, 0, atol=5)


def test_a_copy_of_a_training_line_is_found_and_so_are_samples_that_are_all_alike() -> None:
    training = [written_line(number, points=300) for number in range(1, 7)]
    real, others = ([written_line(number, points=300) for number in range(at, at + 10)] for at in (10, 20))

    copies = likeness(real, training[:3], iter(training))
    alike = likeness(real, [real[0]] * 10, iter(training))
    fresh = likeness(real, others, iter(training))

    some = likeness(real, [*others[:8], *training[:2]], iter(training))

    assert copies.nearness == 0
    assert copies.copied == 1
    assert some.copied == 0.2
    assert fresh.copied == 0
    assert alike.relative_variety == 0
    assert 0.7 < fresh.nearness < 1.4
    assert 0.7 < fresh.relative_variety < 1.4
    np.testing.assert_allclose(copies.to_training_real, fresh.to_training_real)
