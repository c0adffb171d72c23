"""The p-value is right where there is no difference, and small where there is one."""

import numpy as np
import pytest

from penlift.evaluation.comparison.discrepancy import (
    between_halves,
    kernel,
    of_pairs,
    squared_distance,
    squared_distances,
)

Floats = np.typing.NDArray[np.float64]


def lines(seed: int, count: int = 12, shift: float = 0.0, alike: float = 0.0) -> list[Floats]:
    """Windows of lines; those of one line have `alike` in common."""
    rng = np.random.default_rng(seed)
    return [rng.normal(shift + alike * rng.normal(), 1, (int(rng.integers(2, 5)), 8, 3)) for _ in range(count)]


def test_p_values_of_lines_of_one_kind_are_spread_evenly_though_windows_of_a_line_are_alike() -> None:
    each = np.arange(12).astype(object)
    found = [
        of_pairs(lines(2 * n, alike=1.0), lines(2 * n + 1, alike=1.0), each, 99, np.random.default_rng(n)).p_value
        for n in range(60)
    ]

    assert 0.35 < np.mean(found) < 0.65
    assert np.mean(np.array(found) <= 0.1) < 0.25


def test_writers_are_no_evidence_against_one_kind_though_their_lines_are_alike() -> None:
    """Ten writers of four lines each on both sides, of one kind; by single lines they seem to be of two."""
    writers = np.repeat(np.arange(10), 4)
    by_units, by_lines = [], []
    for trial in range(40):
        rng = np.random.default_rng(trial)
        hands = rng.normal(size=10)
        real = [rng.normal(hands[writer], 1, (2, 8, 3)) for writer in writers]
        other = rng.normal(size=10)
        dreamt = [rng.normal(other[writer], 1, (2, 8, 3)) for writer in writers]
        by_units.append(of_pairs(dreamt, real, writers.astype(object), 99, rng).p_value)
        by_lines.append(of_pairs(dreamt, real, np.arange(40).astype(object), 99, rng).p_value)

    assert np.mean(np.array(by_units) <= 0.1) < 0.3
    assert np.mean(np.array(by_lines) <= 0.1) > 0.3


def test_lines_of_another_kind_are_found_out() -> None:
    found = of_pairs(lines(1), lines(2, shift=0.5), np.arange(12).astype(object), 199, np.random.default_rng(1))

    assert found.p_value == pytest.approx(1 / 200)
    assert found.squared > 0.02


def test_many_ways_at_once_are_each_way_alone() -> None:
    rng = np.random.default_rng(3)
    windows = rng.normal(size=(20, 8, 3))
    sides = rng.random((5, 20)) < 0.5

    together = squared_distances(kernel(windows), sides)

    alike = kernel(windows)
    np.testing.assert_allclose(together, [squared_distances(alike, side[None])[0] for side in sides])
    assert squared_distance(windows[:8], windows[8:]) == pytest.approx(
        float(squared_distances(alike, np.arange(20)[None] < 8)[0])
    )


def test_halves_of_one_kind_lie_at_about_no_distance() -> None:
    units = np.array([f"w{number % 6}" for number in range(30)], dtype=object)

    assert abs(between_halves(lines(4, 30), units, 10, np.random.default_rng(1))) < 0.01
