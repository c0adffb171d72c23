"""Two samples of one ink are not told apart, two of different inks are."""

from pathlib import Path

import numpy as np
import pytest
from conftest import written_line

from penlift.evaluation.comparison import judge as two_sample
from penlift.evaluation.comparison.discrepancy import squared_distance
from penlift.evaluation.comparison.judge import halves, judge_area, two_sample_test
from penlift.evaluation.comparison.windows import LENGTH, Cuts, windows_of
from penlift.ink.lines import Ink, load_ink, save_ink

RNG = np.random.default_rng


def some(seed: int, count: int = 200, shift: float = 0.0, writers: int = 8) -> Cuts:
    rng = RNG(seed)
    offsets = rng.normal(shift, 1, (count, LENGTH, 3))
    return Cuts(offsets, np.array([f"w{number % writers}" for number in range(count)]))


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


def test_halves_share_no_writer_and_leave_none_out() -> None:
    names = [f"w{number}" for number in range(9)] * 3

    one, other = halves(names, RNG(1))

    assert set(one) | set(other) == set(names)
    assert not set(one) & set(other)
    assert abs(len(one) - len(other)) <= 1


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
