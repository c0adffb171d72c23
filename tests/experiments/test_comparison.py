"""Runs are compared as the trials of a sweep are: one factor, which run it is, and one training each."""

import json
import subprocess
import sys
from pathlib import Path
from shutil import copytree
from typing import Any

import pandas as pd
import pytest
from checkouts import from_before
from click.testing import CliRunner, Result
from conftest import ROOT, text_of
from lxml import html
from made_up_sweep import dreamt_of, sweep_of, tried_all
from runs import HISTORY
from small_run import SmallRun

from penlift.cli.main import main
from penlift.experiments.comparison import Comparison, Measure, answer_of, comparison_of, tables_of
from penlift.experiments.comparison_page import page_of_comparison, text_of_comparison
from penlift.experiments.runs import Run


def test_it_is_what_a_sweep_of_one_factor_and_one_seed_answers() -> None:
    whole = sweep_of(seeds=1)
    sweep = whole.model_copy(update={"equal": 0.0, "factors": {"model.mixtures": whole.factors["model.mixtures"]}})
    tried = tried_all(sweep, lambda trial: 5 + int(trial.levels["model.mixtures"]) / 100, seconds=60.0)

    answer = answer_of(sweep, tried, seed=1)
    found = comparison_of([each.run for each in tried], [each.seconds for each in tried], seed=1)

    named = ["configuration", "verdict"]
    one, other = (tables_of(each).configurations.drop(columns=named) for each in (found, answer))
    pd.testing.assert_frame_equal(one, other)
    effects = [[level.effect for level in each.factors[0].others] for each in (found, answer)]
    assert effects[0] == effects[1]


def test_with_other_seeds_no_word_says_that_they_were_one() -> None:
    tried = tried_all(sweep_of(seeds=2), lambda trial: 5 + trial.seed)
    runs = [each.run for each in tried[:2]]

    found = comparison_of(runs, [60.0, 60.0], seed=1)

    assert f"worse than {runs[0].name} with one seed each" in text_of_comparison(found)
    page = text_of(page_of_comparison(found))
    assert "train.seed 1 2" in page
    assert "Cost and quality" in page
    assert "this seed" not in page


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


def test_runs_in_folders_are_compared_as_text_as_tables_and_on_a_page(
    checkouts: tuple[Path, Path], tmp_path: Path
) -> None:
    result = compare(*checkouts, "--out", tmp_path)

    assert result.exit_code == 0, result.output
    row = next(line for line in result.output.splitlines() if line.startswith("other "))
    assert row.endswith("  +0.500 [+0.500, +0.500]  6 of 6 lines  worse than one with one seed each")
    page = (tmp_path / "index.html").read_text()
    tree: Any = html.fromstring(page)
    assert "model.mixtures35" in text_of(page).replace(" ", "")
    assert all(image.get("alt") for image in tree.iter("img"))
    assert list(pd.read_csv(tmp_path / "effects.csv")["difference"]) == [pytest.approx(0.5)]


def test_a_run_is_as_good_as_itself(checkouts: tuple[Path, Path], tmp_path: Path) -> None:
    again = copytree(checkouts[0], tmp_path / "again")

    result = compare(checkouts[0], again, "--out", tmp_path / "out")

    assert "equal to one with one seed each" in result.output
    assert "No parameter differs." in (tmp_path / "out" / "index.html").read_text()


def test_a_run_from_before_a_parameter_differs_in_none_from_one_that_has_what_it_meant(
    checkouts: tuple[Path, Path], tmp_path: Path
) -> None:
    older = copytree(checkouts[0], tmp_path / "older")
    (older / "params.yaml").write_text(from_before((older / "params.yaml").read_text()))

    result = compare(older, checkouts[0], "--out", tmp_path / "out")

    assert "equal to older with one seed each" in result.output
    assert "No parameter differs." in (tmp_path / "out" / "index.html").read_text()


def test_a_run_named_twice_is_refused(checkouts: tuple[Path, Path]) -> None:
    result = compare(checkouts[0], checkouts[0])

    assert result.exit_code == 1
    assert "is named twice" in str(result.exception)


def test_runs_with_other_caps_predict_other_offsets_and_are_refused(
    checkouts: tuple[Path, Path], tmp_path: Path
) -> None:
    other = copytree(checkouts[0], tmp_path / "capped")
    (other / "params.yaml").write_text((other / "params.yaml").read_text().replace("cap: 500", "cap: 90"))

    result = compare(checkouts[0], other)

    assert result.exit_code == 1
    assert "normalise.cap differs" in str(result.exception)


def test_runs_of_points_at_other_rates_are_refused_and_told_what_both_have(
    checkouts: tuple[Path, Path], thin: SmallRun, tmp_path: Path
) -> None:
    thinned = copytree(checkouts[0], tmp_path / "thinned")
    (thinned / "params.yaml").write_text((thinned / "params.yaml").read_text().replace("rate: null", "rate: 30"))
    (thinned / "reports" / "metrics.json").write_text(json.dumps(thin.metrics))
    sixty = copytree(thinned, tmp_path / "sixty")
    (sixty / "params.yaml").write_text((sixty / "params.yaml").read_text().replace("rate: 30", "rate: 60"))
    same = copytree(thinned, tmp_path / "same")

    plain, slow = compare(checkouts[0], thinned), compare(thinned, sixty)
    alike = compare(thinned, same, "--out", tmp_path / "out")

    why = (
        "and nats a point of one rate compare with none of another; set one rate, or read test.nll_nats_per_line.tablet"
    )
    assert (plain.exit_code, slow.exit_code, alike.exit_code) == (1, 1, 0)
    assert f"normalise.rate is null in one and 30 Hz in thinned, {why} in metrics.json of both" in plain.output
    assert f"30 Hz in thinned and 60 Hz in sixty, {why} and test.nll_nats_per_letter.tablet in" in slow.output
    assert "NLL and differences from thinned: nats a point of 30 Hz, tablet units, " in alike.output


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


def judged(name: str, judge: str, rate: float) -> Run:
    """A run of which a recogniser read so many letters wrongly."""
    metrics = {"legibility": {"unseen": {"people": {"cer": 0.05}, "bias_0_5": {"cer": rate}}}} if judge else {}
    return Run(name, {"normalise": {"rate": 30.0}}, metrics, pd.DataFrame(), pd.DataFrame(), dreamt_of(1), judge=judge)


def test_error_rates_stand_side_by_side_for_one_recogniser_and_for_no_two() -> None:
    def told(*runs: Run) -> str:
        found = Comparison([*runs], Measure("nll", "NLL", "nats a point", ""), 1, 0.0, runs[0].name, [], [])
        return text_of_comparison(found).splitlines()[-1]

    same = told(judged("one", "f00d", 0.2), judged("other", "f00d", 0.25))
    assert same == (
        "Letters read wrongly, written at bias 0.5: one 20.0 %, other 25.0 %; by recogniser f00d, unseen texts."
    )
    for other in (judged("other", "beef", 0.25), judged("other", "", 0.0)):
        refused = told(judged("one", "f00d", 0.2), other)
        assert "20.0" not in refused
        assert "error rates of different recognisers do not compare (f00d of one, " in refused
    assert "Letters" not in told(judged("one", "", 0.0), judged("other", "", 0.0))


def test_who_compares_waits_for_no_torch() -> None:
    import_all = "import sys, penlift.experiments.comparison_page; print('torch' in sys.modules)"

    answer = subprocess.run([sys.executable, "-c", import_all], cwd=ROOT / "src", capture_output=True, check=True)

    assert answer.stdout == b"False\n"
