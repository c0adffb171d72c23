"""metrics.json is documented key by key, small, and says what the tables say."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from small_run import SmallRun, make_run

from penlift.common.params import flatten
from penlift.evaluation.results import A_LETTER, A_LINE, A_POINT, ALL
from penlift.ink.lines import load_ink
from penlift.ink.offsets import thinned

LEAVES = 100  # more than that, and nobody reads `dvc metrics diff`


def documented() -> set[str]:
    """The keys of docs/metrics.md; SPLIT stands for valid and test."""
    keys = re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs" / "metrics.md").read_text(), re.M)
    assert len(keys) == len(set(keys))
    return {key.replace("SPLIT", split) for key in keys for split in ("valid", "test")}


def test_every_key_is_documented_and_every_documented_key_is_there(small: SmallRun) -> None:
    recorded = json.loads((ROOT / "reports" / "metrics.json").read_text())

    assert {key for key, _ in flatten(small.metrics)} == documented()
    assert {key for key, _ in flatten(recorded)} <= documented()


def test_a_run_of_thinned_points_says_their_rate_and_its_likelihood_a_letter(small: SmallRun, thin: SmallRun) -> None:
    text = (ROOT / "docs" / "metrics.md").read_text()
    more = {key for key, _ in flatten(thin.metrics)} - {key for key, _ in flatten(small.metrics)}

    assert more == {"rate_hz", "valid.nll_nats_per_letter.tablet", "test.nll_nats_per_letter.tablet"}
    assert all(f"- `{key.replace('valid', 'SPLIT').replace('test', 'SPLIT')}`: " in text for key in more)
    assert thin.metrics["rate_hz"] == 30


def test_network_and_baseline_are_judged_and_calibrated_on_the_same_thinned_points(thin: SmallRun) -> None:
    ink = load_ink(thin.ink)

    for split in ("valid", "test"):
        targets = sum(len(thinned(ink.rows_of(number), 30.0)) - 1 for number in ink.of_split(split))
        for found in thin.splits[split]:
            assert found.lines["points"].sum() == found.calibration.targets == targets
        assert targets < (ink.index["points"][ink.index["split"] == split] - 1).sum() / 2


def test_nats_a_point_a_line_and_a_letter_are_the_same_nats(thin: SmallRun) -> None:
    index = load_ink(thin.ink).index

    for split in ("valid", "test"):
        figures: Any = thin.metrics[split]
        letters = index["text"][index["split"] == split].str.len().sum()
        nats = figures[A_LINE]["tablet"] * figures["lines"]
        assert figures[A_LETTER]["tablet"] * letters == pytest.approx(nats, rel=1e-4)
        assert figures[A_POINT]["tablet"] * figures["points"] == pytest.approx(nats, rel=1e-4)


def test_it_is_small_and_all_numbers(small: SmallRun) -> None:
    leaves = dict(flatten(small.metrics))

    assert len(leaves) < LEAVES
    assert all(isinstance(value, int | float) and math.isfinite(value) for value in leaves.values())


def test_its_likelihoods_are_those_of_the_tables(small: SmallRun) -> None:
    rows: Any = small.table.set_index(["split", "predictor", "place", "figure", "unit"])

    for split in ("valid", "test"):
        figures: Any = small.metrics[split]
        own, blind = (rows.loc[(split, who, ALL, A_POINT, "tablet")] for who in ("network", "baseline"))
        assert figures[A_POINT]["tablet"] == pytest.approx(own["value"], abs=1e-6)
        assert figures[f"{A_POINT}_low"]["tablet"] == pytest.approx(own["low"], abs=1e-6)
        assert figures[f"baseline_{A_POINT}"]["tablet"] == pytest.approx(blind["value"], abs=1e-6)


def test_the_same_run_is_evaluated_to_the_same_bytes(small: SmallRun, tmp_path: Path) -> None:
    again = make_run(tmp_path)

    assert again.metrics == small.metrics
    for file in small.evaluate.rglob("*.*"):
        assert (again.evaluate / file.relative_to(small.evaluate)).read_bytes() == file.read_bytes()
