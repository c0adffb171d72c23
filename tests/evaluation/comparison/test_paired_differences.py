"""Runs are compared on the same lines, and differences that are not there are not seen."""

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT, text_of
from lxml import html
from runs import HISTORY
from small_run import SmallRun

from penlift.cli.main import main
from penlift.common.errors import InputError
from penlift.evaluation.comparison.differences import common_split, difference


def scored(nll: "np.typing.NDArray[np.float64]", points: int = 50, split: str = "test") -> pd.DataFrame:
    """Lines of 15 writers with so many nats a point."""
    names = [f"l{number:03}" for number in range(len(nll))]
    writers = [f"w{number % 15}" for number in range(len(nll))]
    columns = {"line": names, "writer": writers, "split": split, "points": points, "nll_tablet": nll * points}
    return pd.DataFrame(columns)


def test_a_small_gain_on_every_line_is_seen_though_lines_differ_far_more() -> None:
    rng = np.random.default_rng(1)
    hard = rng.normal(5, 1, 90)

    found = difference(scored(hard), scored(hard - 0.02 + rng.normal(0, 0.02, 90)), "test", seed=1)

    assert found.value == pytest.approx(-0.02, abs=0.006)
    assert found.low < found.value < found.high < 0
    assert found.verdict == "better"
    assert found.better > 0.7
    assert found.drawn == "writers"


def test_the_other_way_round_it_is_as_much_worse() -> None:
    rng = np.random.default_rng(2)
    one, other = scored(rng.normal(5, 1, 60)), scored(rng.normal(7, 1, 60))

    there, back = difference(one, other, "test", 1), difference(other, one, "test", 1)

    assert there.value == pytest.approx(-back.value)
    assert there.verdict == "worse"
    assert back.verdict == "better"


def test_chance_is_called_no_difference() -> None:
    verdicts = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        hard = rng.normal(5, 1, 60)
        one, other = (scored(hard + rng.normal(0, 0.05, 60)) for _ in range(2))
        verdicts.append(difference(one, other, "test", seed).verdict)

    assert verdicts.count("no difference that so many lines can show") >= 33


def test_the_order_of_lines_says_nothing_and_long_lines_weigh_more() -> None:
    one = scored(np.array([5.0, 6.0])).assign(points=[10, 30], nll_tablet=[50.0, 180.0])
    other = one.assign(nll_tablet=[60.0, 180.0])

    found = difference(one, other.iloc[::-1], "test", seed=1)

    assert found.value == pytest.approx(10 / 40)


def test_two_lines_are_too_few_to_tell() -> None:
    assert difference(scored(np.full(2, 5.0)), scored(np.full(2, 4.0)), "test", 1).verdict == "too few lines to tell"


def test_other_lines_and_other_points_are_refused() -> None:
    one = scored(np.full(20, 5.0))

    with pytest.raises(InputError, match="hold out different test lines"):
        difference(one, one[:-1], "test", 1)
    with pytest.raises(InputError, match="l000 has other points"):
        difference(one, one.assign(points=51), "test", 1)
    with pytest.raises(InputError, match="different valid lines"):
        difference(one, one, "valid", 1)


def test_runs_are_judged_by_valid_lines_where_one_has_no_test_lines() -> None:
    test, valid = scored(np.full(20, 5.0)), scored(np.full(20, 5.0), split="valid")

    assert common_split([test, test]) == "test"
    assert common_split([test, valid]) == "valid"


@pytest.fixture(scope="module")
def checkouts(small: SmallRun, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders with finished runs, of which the second's lines score a little worse."""
    place = tmp_path_factory.mktemp("runs")
    for name in ("one", "other"):
        reports = place / name / "reports"
        copytree(small.evaluate, reports / "evaluate")
        (reports / "train").mkdir()
        HISTORY.to_csv(reports / "train" / "history.csv", index=False)
        (reports / "metrics.json").write_text(json.dumps(small.metrics))
        text = (ROOT / "params.yaml").read_text()
        (place / name / "params.yaml").write_text(text.replace("mixtures: 20", f"mixtures: {len(name)}"))
    lines = pd.read_csv(place / "other" / "reports" / "evaluate" / "lines.csv")
    lines["nll_tablet"] += 0.5 * lines["points"]
    lines.to_csv(place / "other" / "reports" / "evaluate" / "lines.csv", index=False)
    return place / "one", place / "other"


def compare(*what: object) -> Result:
    return CliRunner().invoke(main, ["compare", *map(str, what)])


def test_runs_in_folders_are_compared_as_text_and_on_a_page(checkouts: tuple[Path, Path], tmp_path: Path) -> None:
    result = compare(*checkouts, "--out", tmp_path)

    assert result.exit_code == 0, result.output
    assert "+0.500 [+0.500, +0.500]" in result.output
    assert "worse" in result.output
    page = (tmp_path / "index.html").read_text()
    tree: Any = html.fromstring(page)
    assert "model.mixtures35" in text_of(page).replace(" ", "")
    assert all(image.get("alt") for image in tree.iter("img"))


def test_a_run_is_as_good_as_itself(checkouts: tuple[Path, Path], tmp_path: Path) -> None:
    result = compare(checkouts[0], checkouts[0], "--out", tmp_path)

    assert "no difference" in result.output
    assert "No parameter differs." in (tmp_path / "index.html").read_text()


def test_runs_with_other_caps_predict_other_offsets_and_are_refused(
    checkouts: tuple[Path, Path], tmp_path: Path
) -> None:
    other = copytree(checkouts[0], tmp_path / "capped")
    (other / "params.yaml").write_text((other / "params.yaml").read_text().replace("cap: 500", "cap: 90"))

    result = compare(checkouts[0], other)

    assert result.exit_code == 1
    assert "normalise.cap differs" in str(result.exception)


def test_figures_that_one_run_lacks_are_unknown(checkouts: tuple[Path, Path], tmp_path: Path) -> None:
    other = copytree(checkouts[0], tmp_path / "little")
    metrics = json.loads((other / "reports" / "metrics.json").read_text())
    del metrics["free_running"]["relative_variety"]
    (other / "reports" / "metrics.json").write_text(json.dumps(metrics))

    result = compare(checkouts[0], other, "--out", tmp_path / "out")

    assert result.exit_code == 0, result.output
    assert "unknown" in (tmp_path / "out" / "index.html").read_text()


def test_a_folder_without_a_run_is_said_to_hold_none(checkouts: tuple[Path, Path], tmp_path: Path) -> None:
    result = compare(checkouts[0], tmp_path)

    assert f"{tmp_path}: holds no evaluated run" in str(result.exception)


def test_one_run_is_not_compared(checkouts: tuple[Path, Path]) -> None:
    result = compare(checkouts[0])

    assert result.exit_code == 1
    assert "cannot be compared" in str(result.exception)
