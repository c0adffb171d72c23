"""Intervals cover what they should, and draw whole writers where there are enough."""

import numpy as np
import pandas as pd
import pytest

from penlift.evaluation.comparison.intervals import (
    ENOUGH_WRITERS,
    FEWEST,
    INTERVAL,
    Clusters,
    clusters_of,
    halvings,
    resampled,
)


def lines_by(*writers: str) -> pd.DataFrame:
    return pd.DataFrame({"line": [f"l{number}" for number in range(len(writers))], "writer": writers})


@pytest.mark.parametrize("writers", [9, 10, 11])
def test_writers_are_drawn_where_there_are_ten_and_lines_where_there_are_fewer(writers: int) -> None:
    units = clusters_of(lines_by(*[f"w{number % writers}" for number in range(40)]))

    assert units.kind == ("writers" if writers >= ENOUGH_WRITERS else "lines")
    assert len(np.unique(units.names)) == (writers if writers >= ENOUGH_WRITERS else 40)


def test_one_unknown_writer_is_enough_to_draw_lines() -> None:
    assert clusters_of(lines_by("", *[f"w{number}" for number in range(20)])).kind == "lines"


def test_a_units_lines_stay_together_and_all_are_drawn_as_often() -> None:
    units = Clusters("writers", np.array(["a", "a", "b", "c", "d", "e"], dtype=object))
    sums = pd.DataFrame({"ones": 1.0, "a": [1.0, 1, 0, 0, 0, 0], "last": [0.0, 0, 0, 0, 0, 1]})

    again = resampled(sums, units, seed=1)

    assert set(again["a"] % 2) == {0}
    assert again["last"].mean() == pytest.approx(1, abs=0.1)
    assert (again["ones"] == 5 + again["a"] / 2).all()
    pd.testing.assert_frame_equal(again, resampled(sums, units, seed=1))


@pytest.mark.parametrize("count", [1, FEWEST - 1, FEWEST])
def test_too_few_units_have_no_interval(count: int) -> None:
    sums = pd.DataFrame({"value": np.arange(float(count))})

    low, high = resampled(sums, Clusters("lines", np.arange(count).astype(object)), 1)["value"].quantile(INTERVAL)

    assert np.isnan([low, high]).all() == (count < FEWEST)


def test_nineteen_of_twenty_intervals_hold_the_true_mean() -> None:
    rng = np.random.default_rng(1)
    units = Clusters("lines", np.arange(60).astype(object))
    held = 0
    for trial in range(200):
        sums = pd.DataFrame({"value": rng.exponential(2.0, 60)})
        low, high = resampled(sums, units, trial)["value"].quantile(INTERVAL) / 60
        held += low <= 2.0 <= high

    assert 175 <= held <= 199


def test_lines_of_alike_writers_make_wider_intervals_than_their_lines_would() -> None:
    rng = np.random.default_rng(2)
    of_writer = rng.normal(0, 1, 20)
    values = pd.DataFrame({"value": np.repeat(of_writer, 30) + rng.normal(0, 0.1, 600)})
    writers = np.repeat([f"w{number}" for number in range(20)], 30).astype(object)

    wide, narrow = (
        np.ptp(resampled(values, Clusters("", names), 1)["value"].quantile(INTERVAL))
        for names in (writers, np.arange(600).astype(object))
    )

    assert wide > 3 * narrow


def test_no_unit_is_in_both_halves() -> None:
    names = np.array(["a", "b", "c", "d", "e", "a", "b"], dtype=object)

    ways = halvings(names, 20, np.random.default_rng(1))

    for half in ways:
        assert set(names[half]) & set(names[~half]) == set()
        assert len(set(names[half])) == 2
    assert len({half.tobytes() for half in ways}) > 5
