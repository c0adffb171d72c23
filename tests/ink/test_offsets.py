"""Offsets are exact: they lead back to the pen's path, and do not depend on where it began."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from penlift.common.errors import InputError
from penlift.ink.offsets import count_extremes, offsets_of, to_offsets, to_points
from penlift.ink.scales import Moments, NormaliseParams, Scales

FIXED = Scales(cap=500, shift=(0, 0), scale=(20, 20), mean=(0, 0), sd=(1, 1))


def params(**changes: Any) -> NormaliseParams:
    return NormaliseParams.model_validate({"cap": 500.0, "scale": 20.0, "rate": None} | changes)


steps = arrays(np.int64, st.tuples(st.integers(2, 60), st.just(2)), elements=st.integers(-500, 500))


def path_of(moves: Any) -> Any:
    lifts = np.zeros(len(moves))
    lifts[-1] = 1
    return np.column_stack([moves.cumsum(axis=0), lifts, np.arange(len(moves))]).astype(np.float32)


@given(steps, st.sampled_from([FIXED, Scales(500, (3.5, -0.25), (31.0, 17.0), (0, 0), (1, 1))]))
def test_offsets_lead_back_to_every_point(moves: Any, scales: Scales) -> None:
    points = path_of(moves)

    back = to_points(to_offsets(points, scales)[1:], scales)

    np.testing.assert_allclose(back[:, :2], points[:, :2] - points[0, :2], atol=0.02)
    np.testing.assert_array_equal(np.rint(back[:, :2]), points[:, :2] - points[0, :2])
    np.testing.assert_array_equal(back[1:, 2], points[1:, 2])


@given(steps, st.integers(-1000, 1000))
def test_offsets_do_not_depend_on_where_the_line_stands(moves: Any, shift: int) -> None:
    points = path_of(moves)
    moved = points.copy()
    moved[:, :2] += shift

    np.testing.assert_array_equal(to_offsets(moved, FIXED), to_offsets(points, FIXED))


def test_the_first_row_is_start_and_gaps_are_cut_at_the_cap_on_each_axis() -> None:
    points = np.array([[0, 0, 0, 0], [10, -20, 1, 0], [900, -19, 1, 0]], dtype=np.float32)

    offsets = to_offsets(points, FIXED)

    np.testing.assert_allclose(offsets, np.array([[0, 0, 1], [0.5, -1, 1], [25, 0.05, 1]]))


def test_what_is_counted_as_capped_or_zero_is_so() -> None:
    moves = np.array([[0, 0], [500, 1], [-500, -500], [499, 0], [0, 1]], dtype=np.float64)

    assert count_extremes([moves[:2], moves[2:]], 500.0) == (5, 2, 1)


@given(steps)
def test_std_scaling_gives_training_offsets_mean_zero_and_deviation_one(moves: Any) -> None:
    points = path_of(moves)
    offsets = offsets_of(points, 500)
    if (offsets.std(axis=0) < 1e-3).any():
        return
    moments = Moments()
    moments.add(offsets)

    normalised = to_offsets(points, moments.scales(params(scale="std")))[1:, :2]

    np.testing.assert_allclose(normalised.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(normalised.std(axis=0), 1, atol=1e-4)


def test_moments_do_not_depend_on_how_lines_are_cut() -> None:
    offsets = np.random.default_rng(1).normal(3, 9, (100, 2))
    once, twice = Moments(), Moments()
    once.add(offsets)
    for part in np.split(offsets, [13, 70]):
        twice.add(part)

    np.testing.assert_allclose(once.scales(params()).sd, twice.scales(params()).sd)
    np.testing.assert_allclose(once.scales(params()).sd, offsets.std(axis=0))


def test_moments_keep_their_digits_far_from_zero() -> None:
    offsets = np.random.default_rng(1).normal(0, 1e-3, (100, 2))
    moments = Moments()
    for part in np.split(offsets + 1e6, 10):
        moments.add(part)

    np.testing.assert_allclose(moments.scales(params()).sd, offsets.std(axis=0), rtol=1e-3)


@pytest.mark.parametrize("scale", [20.0, "std"])
def test_lines_that_move_along_one_axis_only_are_refused(scale: float | str) -> None:
    moments = Moments()
    moments.add(np.column_stack([np.arange(9.0), np.full(9, 0.1)]))

    with pytest.raises(InputError, match="all offsets along y are equal"):
        moments.scales(params(scale=scale))


def test_nothing_to_train_on_is_refused() -> None:
    with pytest.raises(InputError, match="no line in split train"):
        Moments().scales(params())


@pytest.mark.parametrize("changes", [{"cap": 0.0}, {"cap": -5.0}, {"scale": 0.0}, {"scale": -20.0}, {"scale": "sdt"}])
def test_impossible_settings_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        params(**changes)
