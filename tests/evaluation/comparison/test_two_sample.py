"""Two samples of one ink are not told apart, two of different inks are; p-values are right without a difference."""

from pathlib import Path

import numpy as np
import pytest
from conftest import written_line

from penlift.common.geometry import Floats
from penlift.evaluation.comparison import two_sample
from penlift.evaluation.comparison.two_sample import (
    LENGTH,
    Cuts,
    between_halves,
    judge_area,
    kernel,
    of_pairs,
    squared_distance,
    squared_distances,
    two_sample_test,
    windows_of,
)
from penlift.ink.lines import Ink, load_ink, save_ink

RNG = np.random.default_rng


def some(seed: int, count: int = 200, shift: float = 0.0, writers: int = 8) -> Cuts:
    rng = RNG(seed)
    offsets = rng.normal(shift, 1, (count, LENGTH, 3))
    return Cuts(offsets, np.array([f"w{number % writers}" for number in range(count)], dtype=object))


def test_windows_are_all_whole_stretches_of_each_line_and_know_their_writer(tmp_path: Path) -> None:
    save_ink(
        tmp_path, [written_line(1, points=2 * LENGTH + 1, writer="ada"), written_line(2, points=LENGTH, writer="bo")]
    )
    ink: Ink = load_ink(tmp_path)

    windows = windows_of(ink)

    assert windows.writers.tolist() == ["ada", "ada"]
    moves = np.sinh(windows.offsets[..., :2].reshape(-1, 2)) * 20
    np.testing.assert_allclose(moves, np.diff(ink.rows_of(0)[:, :2], axis=0), atol=1e-3)
    assert windows.offsets[..., 2].sum() == ink.rows_of(0)[1:, 2].sum()


def test_the_distance_is_that_of_its_definition() -> None:
    first, second = some(1, 5).offsets, some(2, 4, shift=0.3).offsets
    rows = [*first.reshape(5, -1), *second.reshape(4, -1)]
    apart = np.array([[((one - other) ** 2).sum() for other in rows] for one in rows])
    kernel = np.exp(-apart / (2 * np.median(apart[np.triu_indices(9, 1)])))
    within_first = sum(kernel[i, j] for i in range(5) for j in range(5) if i != j) / 20
    within_second = sum(kernel[i, j] for i in range(5, 9) for j in range(5, 9) if i != j) / 12
    between = sum(kernel[i, j] for i in range(5) for j in range(5, 9)) / 20

    assert squared_distance(first, second) == pytest.approx(within_first + within_second - 2 * between, abs=1e-9)


def test_the_distance_of_one_kind_is_about_zero_and_grows_with_what_sets_two_apart() -> None:
    same, near, far = (squared_distance(some(1).offsets, some(2, shift=shift).offsets) for shift in (0, 0.3, 0.9))

    assert abs(same) < 0.002 < near < far


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


def test_a_judge_can_only_guess_at_one_kind_and_knows_two() -> None:
    guess, sure = (judge_area(some(1, 400), some(2, 400, shift=shift), RNG(3)) for shift in (0.0, 0.5))

    assert 0.4 < guess < 0.6
    assert sure > 0.95


def test_a_difference_is_the_same_for_the_same_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(two_sample, "WAYS", 2)
    monkeypatch.setattr(two_sample, "STEPS", 60)

    first, again = (two_sample_test(some(1, 60), some(2, 60, shift=0.5), RNG(4)) for _ in range(2))

    assert first == again
    assert first.distance > 3 * abs(first.distance_of_halves)
    assert first.area > first.area_of_halves
