"""Windows reach every target about equally, and which one stands where follows from seed, step and row."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penlift.common.errors import InputError
from penlift.ink.lines import Ink
from penlift.ink.windows import BUDGET, WindowParams, Windows, index_windows, most_to_least, start_range, whole_lines


def windows_of(ink: Ink, length: int = 15, shortest: int = 1) -> Windows:
    index, _ = index_windows(ink, WindowParams(length=length, shortest=shortest, rarest=1, joined=0.0))
    return Windows(ink, index, length)


def test_a_window_is_a_stretch_of_one_line_and_its_targets_are_the_rows_after_its_inputs(small_ink: Ink) -> None:
    windows = windows_of(small_ink)

    batch = windows.batch(seed=7, step=3, rows=5, length=15)

    for row in range(5):
        line, start = windows.place(7, 3, row, 15)
        rows = small_ink.rows_of(line)[start : start + 16, :3]
        np.testing.assert_array_equal(batch.inputs[row], rows[:-1])
        np.testing.assert_array_equal(batch.targets[row], rows[1:])
        assert batch.mask[row].all()


def test_which_window_stands_in_a_row_does_not_depend_on_the_rows_beside_it(small_ink: Ink) -> None:
    windows = windows_of(small_ink)

    few, many = windows.batch(1, 9, 2, 15), windows.batch(1, 9, 6, 15)

    np.testing.assert_array_equal(few.inputs, many.inputs[:2])
    assert not np.array_equal(many.inputs, windows.batch(1, 10, 6, 15).inputs)
    assert not np.array_equal(many.inputs, windows.batch(2, 9, 6, 15).inputs)


def test_every_target_of_every_training_line_is_drawn_the_last_included(small_ink: Ink) -> None:
    windows = windows_of(small_ink)
    drawn = Counter(
        (line, target)
        for line, start in (windows.place(0, step, row, 15) for step in range(400) for row in range(4))
        for target in range(start + 1, min(start + 16, len(small_ink.rows_of(line))))
    )

    expected = {(line, t) for line in small_ink.of_split("train") for t in range(1, len(small_ink.rows_of(line)))}
    assert set(drawn) == expected


def test_lines_are_drawn_in_proportion_to_their_targets(small_ink: Ink) -> None:
    windows = windows_of(small_ink)
    draws = Counter(windows.place(3, step, row, 15)[0] for step in range(1000) for row in range(8))

    targets = {line: len(small_ink.rows_of(line)) - 1 for line in small_ink.of_split("train")}
    for line, count in targets.items():
        assert draws[line] / 8000 == pytest.approx(count / sum(targets.values()), rel=0.1)


@given(st.integers(2, 40), st.integers(1, 400))
def test_inside_a_long_line_no_target_is_drawn_twice_as_often_as_another(length: int, beyond: int) -> None:
    ratio = most_to_least(np.array([2 * length + beyond]), length)

    assert ratio is not None
    assert ratio < 2


def test_the_coverage_figure_is_what_drawing_shows() -> None:
    length, targets = 20, 57
    starts = (
        np.random.default_rng(1)
        .integers(*start_range(targets, length), 400_000, endpoint=True)
        .clip(0, targets - length)
    )
    drawn = np.zeros(targets)
    for start, count in zip(*np.unique(starts, return_counts=True), strict=True):
        drawn[start : start + length] += count

    assert most_to_least(np.array([targets]), length) == pytest.approx(drawn.max() / drawn.min(), rel=0.03)


def test_lines_too_short_are_counted_and_named_and_nothing_is_lost(small_ink: Ink) -> None:
    index, coverage = index_windows(small_ink, WindowParams(length=30, shortest=40, rarest=1, joined=0.0))

    train = small_ink.index[small_ink.index["split"] == "train"]
    assert sorted([*index["line"], *coverage.left_out]) == sorted(train["line"])
    assert coverage.left_out == list(train["line"][train["points"] - 1 < 40])
    assert coverage.targets == int((train["points"] - 1)[train["points"] - 1 >= 40].sum())


def test_a_line_shorter_than_a_window_is_padded_and_masked(small_ink: Ink) -> None:
    batch = windows_of(small_ink, length=200).batch(0, 0, rows=6, length=200)

    assert not batch.mask.all()
    assert (batch.inputs[~batch.mask] == 0).all()
    assert batch.mask.sum(axis=1).tolist() == [
        len(small_ink.rows_of(windows_of(small_ink, length=200).place(0, 0, row, 200)[0])) - 1 for row in range(6)
    ]


def test_no_line_long_enough_is_refused(small_ink: Ink) -> None:
    with pytest.raises(InputError, match=r"window\.shortest is 1000"):
        index_windows(small_ink, WindowParams(length=30, shortest=1000, rarest=1, joined=0.0))


def test_whole_lines_hold_every_target_once(small_ink: Ink) -> None:
    numbers = list(range(len(small_ink)))

    seen = {}
    for together in whole_lines(small_ink, numbers):
        assert together.batch.mask.size <= BUDGET
        for row, number in enumerate(together.numbers):
            seen[number] = together.batch.targets[row][together.batch.mask[row]]

    assert sorted(seen) == numbers
    for number, targets in seen.items():
        np.testing.assert_array_equal(targets, small_ink.rows_of(number)[1:, :3])
