"""Sampled lines are set against real ones fairly: what is of one kind is as far apart as real lines are."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import written_line
from networks import make_network
from scipy.stats import ks_2samp

from penlift.evaluation.comparison.kinematics import MOVEMENTS, curvature, pen_up_jump, slant, stroke_length
from penlift.evaluation.comparison.movement import compare_movement, kolmogorov_smirnov
from penlift.evaluation.free_running import free_run, real_line
from penlift.ink.lines import Ink, Line, load_ink
from penlift.ink.offsets import normalise, thinned
from penlift.ink.scales import NormaliseParams


def line_through(*points: tuple[float, float, float]) -> Line:
    rows = np.array([(x, y, lift, 0) for x, y, lift in points], dtype=np.float32)
    return Line("l", "f", "w", "", "test", float("nan"), rows)


def test_lines_of_one_kind_are_no_farther_apart_than_their_floor() -> None:
    real, same = ([written_line(n, points=400) for n in range(first, first + 20)] for first in (100, 200))
    units = np.array([f"w{number % 10}" for number in range(20)], dtype=object)

    table = compare_movement(real, same, units, np.random.default_rng(1))

    assert list(table.index) == list(MOVEMENTS)
    assert (table["ks"] < 1.6 * table["ks_floor"] + 0.02).all()


def test_the_distance_of_two_samples_is_that_of_an_independent_library() -> None:
    rng = np.random.default_rng(1)
    for shift in (0.0, 0.3, 2.0):
        one, other = rng.normal(0, 1, 300).round(1), rng.normal(shift, 1, 200).round(1)

        assert kolmogorov_smirnov(one, other) == pytest.approx(ks_2samp(one, other).statistic)


def test_larger_steps_show_in_lengths_and_not_in_angles() -> None:
    real = [written_line(n, points=400) for n in range(100, 120)]
    rows = [line.rows * np.array([2, 2, 1, 1], np.float32) for line in real]
    larger = [Line("l", "f", "w", "", "test", 0.0, each) for each in rows]
    units = np.arange(20).astype(object)

    table: Any = compare_movement(real, larger, units, np.random.default_rng(1))

    assert table.loc["step length, units", "ks"] > 0.3
    assert table.loc["stroke length, units", "dreamt_median"] == pytest.approx(
        2 * table.loc["stroke length, units", "real_median"]
    )
    for name in ("turning, degrees", "points per stroke", "slant, degrees"):
        assert table.loc[name, "real_median"] == pytest.approx(table.loc[name, "dreamt_median"])


def test_a_pen_that_never_lifts_is_as_far_from_people_as_can_be() -> None:
    real = [written_line(n, points=200) for n in range(100, 110)]
    endless = [replace(line, rows=line.rows * np.array([1, 1, 0, 1], np.float32)) for line in real]

    table: Any = compare_movement(real, endless, np.arange(10).astype(object), np.random.default_rng(1))

    assert table.loc["pen-up jump, units", "ks"] == 1
    assert np.isnan(table.loc["pen-up jump, units", "dreamt_median"])


def test_a_circle_has_the_curvature_of_its_radius_and_the_length_of_its_rim() -> None:
    angle = np.linspace(0, 2 * np.pi, 200)
    circle = line_through(*zip(100 * np.cos(angle), 100 * np.sin(angle), [0.0] * 199 + [1.0], strict=True))

    np.testing.assert_allclose(curvature(circle), -2, atol=0.02)
    assert stroke_length(circle) == pytest.approx([200 * np.pi], rel=1e-3)


def test_a_jump_is_measured_from_where_the_pen_lifts_to_where_it_comes_down() -> None:
    assert list(pen_up_jump(line_through((0, 0, 0), (10, 0, 1), (13, 4, 0), (20, 4, 1)))) == [5]


@pytest.mark.parametrize(("lean", "degrees"), [(0, 0), (10, 45), (-10, -45)])
def test_slant_is_the_lean_of_strokes_up_or_down_whichever_way_they_are_drawn(lean: float, degrees: float) -> None:
    down = line_through((lean, 0, 0), (0.001, 10.1, 0), (0.001, 10.1, 1))
    up = line_through((0.001, 10.1, 0), (lean, 0, 0), (lean, 0, 1))

    assert slant(down) == pytest.approx([degrees], abs=0.5)
    assert slant(up) == pytest.approx([degrees], abs=0.5)


@pytest.mark.parametrize("rate", [None, 30.0])
def test_each_held_out_line_thinned_as_the_networks_gets_a_sample_of_its_length_whatever_stands_beside_it(
    small_ink: Ink, tmp_path_factory: pytest.TempPathFactory, rate: float | None
) -> None:
    folder = tmp_path_factory.mktemp("offsets")
    scales, _ = normalise(small_ink, NormaliseParams(cap=500.0, scale=20.0, rate=rate), folder)
    ink = load_ink(folder)
    network = make_network().eval()

    pairs = free_run(network, ink, [0, 3, 5], scales, seed=1)

    for pair, number in zip(pairs, [0, 3, 5], strict=True):
        assert len(pair.real.rows) == len(pair.dreamt.rows) == len(ink.rows_of(number))
        assert (pair.dreamt.rows[:, :2] == np.rint(pair.dreamt.rows[:, :2])).all()
        original = thinned(small_ink.rows_of(number), rate)
        np.testing.assert_array_equal(pair.real.rows[:, :2], original[:, :2] - original[0, :2])
        np.testing.assert_array_equal(pair.real.rows[1:, 2], original[1:, 2])
    (alone,) = free_run(network, ink, [3], scales, seed=1)
    np.testing.assert_array_equal(alone.dreamt.rows, pairs[1].dreamt.rows)
    assert real_line(ink, 3, scales).name == pairs[1].real.name
