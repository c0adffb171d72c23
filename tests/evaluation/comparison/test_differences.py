"""Differences between configurations: intervals cover what is true, and words claim no more than was shown."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_sweep import lines_of
from scipy import stats

from penlift.common.errors import InputError
from penlift.evaluation.comparison.differences import (
    Effect,
    Scores,
    SeedPair,
    effect,
    effect_by_writer,
    side_by_side,
)
from penlift.evaluation.comparison.intervals import Clusters, Part, half_width

WRITERS, LINES, TRUE = 12, 6, 0.03
NAMES = np.repeat([f"w{number}" for number in range(WRITERS)], LINES).astype(object)


def experiment(rng: np.random.Generator, seeds: int, writers: float, own: float, noise: float) -> Effect:
    """A true difference of 0.03, and how much writers, seeds and single lines scatter about it."""
    count = WRITERS * LINES
    points = rng.integers(300, 1000, count).astype(np.float64)
    of_writers = np.repeat(rng.normal(TRUE, writers, WRITERS), LINES)
    nll: dict[str, Any] = {}
    for seed in range(seeds):
        nll[f"a{seed}"] = points * (rng.normal(5, 1, count))
        more = of_writers + rng.normal(0, own) + rng.normal(0, noise, count)
        nll[f"b{seed}"] = nll[f"a{seed}"] + points * more
    pairs = [SeedPair(seed, f"a{seed}", f"b{seed}") for seed in range(seeds)]
    return effect(Scores("test", pd.DataFrame(nll), points, Clusters("writers", NAMES), NAMES), pairs, seed=1)


@pytest.mark.parametrize(
    ("seeds", "writers", "own", "noise"),
    [(3, 0.02, 0.0, 0.02), (3, 0.0, 0.02, 0.02), (3, 0.02, 0.01, 0.05), (5, 0.02, 0.02, 0.02), (1, 0.05, 0.0, 0.02)],
)
def test_the_interval_covers_the_true_difference_about_95_times_of_100(
    seeds: int, writers: float, own: float, noise: float
) -> None:
    rng = np.random.default_rng(7)

    found = [experiment(rng, seeds, writers, own, noise) for _ in range(200)]

    covered = np.mean([each.low <= TRUE <= each.high for each in found])
    assert 0.90 <= covered <= 0.995
    assert np.mean([each.difference for each in found]) == pytest.approx(TRUE, abs=0.005)


def three_seeds(number: int) -> tuple[Scores, list[SeedPair]]:
    rng = np.random.default_rng(number)
    tables = {f"{side}{seed}": lines_of(rng.normal(5, 0.1, 60)) for side in "ab" for seed in (1, 2, 3)}
    return side_by_side(tables), [SeedPair(seed, f"a{seed}", f"b{seed}") for seed in (1, 2, 3)]


@settings(max_examples=20)
@given(st.integers(0, 2**20))
def test_the_other_way_round_it_is_the_negative(number: int) -> None:
    scores, pairs = three_seeds(number)

    there = effect(scores, pairs, 1)
    back = effect(scores, [SeedPair(pair.seed, pair.other, pair.first) for pair in pairs], 1)

    assert (back.difference, back.low, back.high) == pytest.approx((-there.difference, -there.high, -there.low))
    assert back.worse == there.units - there.worse
    assert there.units == back.units


@settings(max_examples=20)
@given(st.integers(0, 2**20), st.permutations([0, 1, 2]))
def test_the_order_of_lines_and_of_pairs_says_nothing(number: int, order: list[int]) -> None:
    rng = np.random.default_rng(number)
    tables = {name: lines_of(rng.normal(5, 0.1, 60)) for name in ("a1", "b1", "a2", "b2", "a3", "b3")}
    pairs = [SeedPair(seed, f"a{seed}", f"b{seed}") for seed in (1, 2, 3)]
    shuffled = {name: table.sample(frac=1, random_state=number) for name, table in reversed(tables.items())}

    found = effect(side_by_side(tables), pairs, 1)
    again = effect(side_by_side(shuffled), [pairs[place] for place in order], 1)

    assert again == found


def of_two(one: pd.DataFrame, other: pd.DataFrame) -> Effect:
    """The effect of two runs."""
    return effect(side_by_side({"a": one, "b": other}), [SeedPair(1, "a", "b")], 1)


def test_of_one_seed_it_is_the_paired_difference_and_its_interval_is_over_writers_alone() -> None:
    rng = np.random.default_rng(3)
    one, other = lines_of(rng.normal(5, 0.1, 60)), lines_of(rng.normal(5.1, 0.1, 60))

    found = of_two(one, other)

    more = (other["nll_tablet"] - one["nll_tablet"]).groupby(one["writer"]).sum()
    points = one["points"].groupby(one["writer"]).sum()
    value, count = more.sum() / points.sum(), len(points)
    error = math.sqrt(count / (count - 1) * ((more - value * points) ** 2).sum()) / points.sum()  # of a ratio
    reach = float(stats.t.ppf(0.975, count - 1)) * error
    assert found.difference == pytest.approx(value)
    assert found.high - found.low == pytest.approx(2 * reach, rel=0.1)
    assert (found.seeds, found.pairs, found.drawn, found.units) == (1, 1, "writers", 12)


def test_a_small_gain_on_every_line_is_seen_though_lines_differ_far_more() -> None:
    rng = np.random.default_rng(1)
    hard = rng.normal(5, 1, 60)

    found = of_two(lines_of(hard), lines_of(hard - 0.02 + rng.normal(0, 0.02, 60)))

    assert found.difference == pytest.approx(-0.02, abs=0.006)
    assert found.verdict(0, "a") == "better than a with one seed each"
    assert found.worse < 3


def test_chance_is_mostly_undecided() -> None:
    verdicts = []
    for number in range(40):
        rng = np.random.default_rng(number)
        hard = rng.normal(5, 1, 60)
        one, other = (lines_of(hard + rng.normal(0, 0.05, 60)) for _ in range(2))
        verdicts.append(of_two(one, other).verdict(0, "a"))

    assert verdicts.count("undecided") >= 35


def test_the_same_on_every_line_is_equal_where_nothing_is_minded() -> None:
    lines = lines_of(np.random.default_rng(2).normal(5, 1, 60))

    found = of_two(lines, lines)

    assert (found.difference, found.low, found.high, found.worse) == (0, 0, 0, 0)
    assert found.verdict(0, "a") == "equal to a with one seed each"


def test_long_lines_weigh_more() -> None:
    one = lines_of(np.full(2, 5.0)).assign(points=[10, 30], nll_tablet=[50.0, 180.0])
    other = one.assign(nll_tablet=[60.0, 180.0])

    found = of_two(one, other)

    assert found.difference == pytest.approx(10 / 40)
    assert (found.worse, found.units) == (1, 2)
    assert math.isnan(found.low)
    assert found.verdict(0.02, "20") == "on too few lines to tell"


def test_where_all_lines_agree_the_interval_is_students_over_the_seeds() -> None:
    hard, more = np.random.default_rng(4).normal(5, 1, 60), [0.02, 0.05, 0.03]
    tables = {"a": lines_of(hard)} | {f"b{seed}": lines_of(hard + by) for seed, by in enumerate(more)}

    found = effect(side_by_side(tables), [SeedPair(seed, "a", f"b{seed}") for seed in range(3)], 1)

    expected = stats.ttest_1samp(more, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.drawn == "writers and seeds"


@given(st.integers(0, 1000), st.integers(5, 60))
def test_the_differences_of_writers_make_up_the_whole_and_each_is_that_of_their_lines_alone(
    number: int, each: int
) -> None:
    rng = np.random.default_rng(number)
    tables = {name: lines_of(rng.normal(5, 0.1, 60), each) for name in ("a1", "b1", "a2", "b2")}
    pairs = [SeedPair(seed, f"a{seed}", f"b{seed}") for seed in (1, 2)]
    scores = side_by_side(tables)

    found = effect_by_writer(scores, pairs)

    shares = found["points"] / found["points"].sum()
    assert (shares * found["difference"]).sum() == pytest.approx(effect(scores, pairs, seed=1).difference)
    assert found["lines"].sum() == 60
    writer = found.index[-1]
    alone = side_by_side({name: lines[lines["writer"] == writer] for name, lines in tables.items()})
    assert found["difference"][writer] == pytest.approx(effect(alone, pairs, seed=1).difference)


def test_whose_writer_is_unknown_is_left_out_by_writer_and_without_a_pair_nothing_is_known() -> None:
    tables = {"a1": lines_of(np.full(12, 5.0), 4), "b1": lines_of(np.full(12, 5.5), 4)}
    nobody = {name: lines.assign(writer=lines["writer"].replace("w01", "")) for name, lines in tables.items()}
    scores = side_by_side(nobody)

    assert list(effect_by_writer(scores, [SeedPair(1, "a1", "b1")]).index) == ["w00", "w02"]
    assert effect_by_writer(scores, [])["difference"].isna().all()


def test_several_pairs_of_a_seed_count_as_their_mean() -> None:
    scores, pairs = three_seeds(5)
    crossed = [SeedPair(pair.seed, pair.first, f"b{pair.seed % 3 + 1}") for pair in pairs]

    both = effect(scores, [*pairs, *crossed], 1)

    simple = [effect(scores, those, 1).difference for those in (pairs, crossed)]
    assert both.difference == pytest.approx(np.mean(simple))
    assert (both.seeds, both.pairs) == (3, 6)


def test_without_a_pair_nothing_is_known() -> None:
    scores, _ = three_seeds(6)

    found = effect(scores, [], 1)

    assert math.isnan(found.difference)
    assert found.verdict(0.02, "20") == "not compared yet"


def test_a_run_that_gives_a_line_no_likelihood_is_refused() -> None:
    tables = {name: lines_of(np.full(12, 5.0)) for name in ("sound", "broken")}
    tables["broken"].loc[0, "nll_tablet"] = math.nan

    with pytest.raises(InputError, match="broken gives a line no finite likelihood"):
        side_by_side(tables)


def test_other_lines_and_other_points_are_refused() -> None:
    one = lines_of(np.full(20, 5.0))

    with pytest.raises(InputError, match=r"a and b hold out different test lines \(20 and 19\)"):
        of_two(one, one[:-1])
    with pytest.raises(InputError, match="l000 has other points"):
        of_two(one, one.assign(points=51))
    with pytest.raises(InputError, match="different valid lines"):
        of_two(one.assign(split="none"), one)


def test_runs_are_judged_by_valid_lines_where_one_has_no_test_lines() -> None:
    test = lines_of(np.full(20, 5.0))

    valid = test.assign(line="v" + test["line"], split="valid")
    both = pd.concat([test, valid], ignore_index=True)

    assert side_by_side({"a": both, "b": both}).split == "test"
    assert side_by_side({"a": both, "b": valid}).split == "valid"


@pytest.mark.parametrize(
    ("value", "low", "high", "words"),
    [
        (0.100, 0.050, 0.150, "worse than 20"),
        (-0.100, -0.150, -0.050, "better than 20"),
        (0.030, 0.001, 0.059, "worse than 20"),  # for certain, if not for certain by 0.02
        (0.000, -0.010, 0.010, "equal to 20 within 0.02"),
        (-0.010, -0.015, -0.005, "equal to 20 within 0.02"),  # better for certain, by what nobody minds
        (0.015, 0.005, 0.025, "within 0.02 of 20, not for certain"),
        (0.000, -0.100, 0.100, "within 0.02 of 20, not for certain"),
        (0.030, -0.010, 0.070, "undecided"),
        (-0.030, -0.070, 0.010, "undecided"),
        (0.030, math.nan, math.nan, "on too few lines to tell"),
    ],
)
def test_the_verdict_claims_no_more_than_the_interval_shows(value: float, low: float, high: float, words: str) -> None:
    assert Effect(value, low, high, 3, 3, "writers and seeds", 5, 12).verdict(0.02, "20") == words
    certain = words.startswith(("better", "worse", "equal"))
    alone = Effect(value, low, high, 1, 1, "writers", 5, 12).verdict(0.02, "20")
    assert alone == (f"{words} with one seed each" if certain else words)


@settings(max_examples=30)
@given(st.integers(2, 9), st.integers(2, 9), st.floats(0.1, 10), st.integers(0, 2**20))
def test_half_a_welch_interval_is_what_scipy_has(first: int, second: int, wider: float, number: int) -> None:
    rng = np.random.default_rng(number)
    one, other = rng.normal(0, 1, first), rng.normal(0, wider, second)

    half = half_width([Part(float(side.var(ddof=1)) / len(side), len(side) - 1) for side in (one, other)])

    expected = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    assert half == pytest.approx((expected.high - expected.low) / 2)
