"""A verdict turns where its rule says so, and on nothing else."""

from typing import Any

import pandas as pd
import pytest

from penlift.report.verdicts import verdicts

SPLIT = {
    "nll_nats_per_point": {"tablet": 5.0}, "nll_nats_per_point_low": {"tablet": 4.9},
    "nll_nats_per_point_high": {"tablet": 5.1}, "baseline_nll_nats_per_point": {"tablet": 8.0},
}  # fmt: skip
GOOD: dict[str, Any] = {
    "train": {"nll_nats_per_point": {"tablet": 4.8}},
    "valid": SPLIT,
    "test": SPLIT,
    "calibration": {
        "ks_dx": 0.02, "ks_dy": 0.03, "lift_error": 0.002,
        "coverage_50": 0.51, "coverage_80": 0.79, "coverage_95": 0.95,
    },
    "free_running": {
        "ks_mean": 0.05, "ks_mean_of_real": 0.04,
        "nearness_to_training": 1.0, "copied_share": 0.0, "relative_variety": 0.9,
        "samples": 100, "non_finite_share": 0.0, "left_page_share": 0.01, "froze_share": 0.0, "never_lifted_share": 0.0,
    },
}  # fmt: skip
HISTORY = pd.DataFrame({"valid_nll_nats_per_point": [1.0, 0.5, 0.51]})

TURNS = {
    "Better than no network?": ("test", "nll_nats_per_point_high", {"tablet": 8.01}),
    "Calibrated?": ("calibration", "coverage_80", 0.84),
    "Free of over-fitting?": ("train", "nll_nats_per_point", {"tablet": 4.4}),
    "No copies of training lines?": ("free_running", "nearness_to_training", 0.5),
    "As varied as what it learned from?": ("free_running", "relative_variety", 0.5),
    "Samples in order?": ("free_running", "froze_share", 0.2),
    "Does it move like its models?": ("free_running", "ks_mean", 0.2),
}


def judge(metrics: dict[str, Any], history: pd.DataFrame = HISTORY) -> dict[str, bool]:
    return {verdict.question: verdict.good for verdict in verdicts(metrics, history)}


def test_a_good_run_is_called_good() -> None:
    assert judge(GOOD) == dict.fromkeys(TURNS, True)


@pytest.mark.parametrize("question", TURNS)
def test_one_fault_turns_its_own_verdict(question: str) -> None:
    section, key, value = TURNS[question]

    found = judge(GOOD | {section: GOOD[section] | {key: value}})

    assert [asked for asked, good in found.items() if not good] == [question]


@pytest.mark.parametrize(
    ("key", "value"), [("ks_dx", 0.06), ("ks_dy", 0.06), ("coverage_95", 0.9), ("lift_error", 0.02)]
)
def test_each_part_of_calibration_counts(key: str, value: float) -> None:
    assert not judge(GOOD | {"calibration": GOOD["calibration"] | {key: value}})["Calibrated?"]


def test_some_copies_are_copies_though_most_samples_are_none() -> None:
    written = GOOD["free_running"] | {"copied_share": 0.2}

    assert not judge(GOOD | {"free_running": written})["No copies of training lines?"]


def test_a_training_that_went_on_too_long_is_over_fitted() -> None:
    turned = pd.DataFrame({"valid_nll_nats_per_point": [1.0, 0.5, 0.6]})

    assert not judge(GOOD, turned)["Free of over-fitting?"]


def test_valid_is_judged_where_there_is_no_test_split() -> None:
    worse = SPLIT | {"nll_nats_per_point_high": {"tablet": 9.0}}
    valid = {key: value for key, value in GOOD.items() if key != "test"} | {"valid": worse}

    assert not judge(valid)["Better than no network?"]


def test_words_have_the_figures() -> None:
    words = [verdict.words for verdict in verdicts(GOOD, HISTORY)]

    assert "5.000 nats a point [4.900, 5.100]" in words[0]
    assert "51.0 % in 50 % regions" in words[1]
    assert "0.200 nats a point worse" in words[2]
