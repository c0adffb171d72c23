"""Each epoch has the targets of the training lines, whatever the length of its windows."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_trainings import recipe

from penlift.training.schedule import Schedule, length_after


@given(st.integers(10, 5000), st.integers(1, 12), st.floats(0, 1), st.integers(1, 6))
def test_each_epoch_ends_once_its_windows_hold_all_targets(targets: int, epochs: int, grow: float, batch: int) -> None:
    schedule = Schedule(targets, 60, recipe(epochs=epochs, grow=grow, batch=batch))
    steps = [schedule.at(step) for step in range(schedule.steps)]

    for epoch in range(epochs):
        own = [now for now in steps if now.epoch == epoch]
        (length,) = {now.length for now in own}
        assert targets <= len(own) * batch * length < targets + batch * length
        assert [now.ends_epoch for now in own] == [False] * (len(own) - 1) + [True]
        assert schedule.behind(steps.index(own[0])) == epoch * targets
    assert schedule.behind(schedule.steps) == schedule.targets == epochs * targets
    shares = [now.done for now in steps]
    assert shares == sorted(set(shares))
    assert all(0 < share < 1 for share in shares)


@given(st.integers(2, 1000), st.floats(0.01, 1))
def test_windows_grow_from_a_sixth_and_stay_whole(length: int, grow: float) -> None:
    lengths = [length_after(done / 100, length, grow) for done in range(101)]

    assert lengths[0] == max(2, round(length / 6))
    assert lengths == sorted(lengths)
    assert all(2 <= each <= length for each in lengths)
    assert {each for done, each in enumerate(lengths) if done / 100 >= grow} == {length}


def test_windows_that_do_not_grow_are_whole_from_the_first() -> None:
    schedule = Schedule(1000, 15, recipe(epochs=3, grow=0.0))

    assert schedule.steps == 3 * math.ceil(1000 / (4 * 15))
    assert {schedule.at(step).length for step in range(schedule.steps)} == {15}
    assert schedule.at(0).done == pytest.approx(0.5 / schedule.steps)
