"""What stages left is read back as it was, or refused in one line that names the file."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runs import HISTORY, run_of
from small_run import SmallRun, make_run

from penlift.common.errors import InputError
from penlift.evaluation.results import read_evaluated, read_json, read_table
from penlift.report.run_page import page_of_run, read_summaries

EXTRACT = '{"splits": {"train": {"lines": 1, "points": 2, "writers": 1, "forms": 1}}, "rejected": 0, "reasons": {}}'
NORMALISE = '{"offsets": 1, "capped": 0, "zero": 0}'
WINDOW = '{"lines": 1, "targets": 1, "left_out": [], "most_to_least": null}'


def refusal_of(read: Callable[[], object], name: str) -> str:
    with pytest.raises(InputError, match=rf"{name}: not readable \(.*\); make it again with `dvc repro`$") as raised:
        read()
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 600
    return str(raised.value)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("likelihood", "unit", "units"), ("likelihood", "tablet,", "tablet,x"), ("movement", "ks_floor", "floor"),
     ("writers", ",6,", ",six,"), ("shares-network", "dx", "dz"), ("percentiles", "measure", "name"),
     ("coverage-baseline", "\n", "\n1,2,3,4\n"), ("likeness", "\n", '\n"'), ("health", "sample", "samples")],
)  # fmt: skip
def test_a_table_without_its_columns_or_with_words_for_figures_is_refused(
    small: SmallRun, tmp_path: Path, name: str, old: str, new: str
) -> None:
    shutil.copytree(small.evaluate, tmp_path / "evaluate")
    file = tmp_path / "evaluate" / f"{name}.csv"
    content = file.read_text()
    file.write_text(re.sub(old, new, content, count=1) if old in content else content.replace(",", ",x", 20))

    refusal_of(lambda: read_evaluated(tmp_path / "evaluate"), f"{name}.csv")


def test_a_figure_that_stands_twice_is_refused(small: SmallRun, tmp_path: Path) -> None:
    shutil.copytree(small.evaluate, tmp_path / "evaluate")
    file = tmp_path / "evaluate" / "likelihood.csv"
    file.write_text(file.read_text() + file.read_text().splitlines()[-1] + "\n")

    assert "a figure twice" in refusal_of(lambda: read_evaluated(tmp_path / "evaluate"), "likelihood.csv")


@pytest.mark.parametrize("epochs", [[], [2, 1], [1, 3], [1, 1e300], ["one", 2], [1, None]])
def test_a_history_has_its_epochs_from_the_first_on(tmp_path: Path, epochs: list[Any]) -> None:
    file = tmp_path / "history.csv"
    HISTORY.to_csv(file, index=False)
    assert read_table(file).equals(HISTORY)

    HISTORY[: len(epochs)].assign(epoch=np.array(epochs, dtype=object)).to_csv(file, index=False)

    refusal_of(lambda: read_table(file), "history.csv")


@pytest.mark.parametrize("content", ["", "[]", '[["a", 1]]', '"ab"', "null", "{", "[" * 100_000, '{"a": 1', "\0"])
def test_json_that_is_no_object_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "metrics.json").write_text(content)

    refusal_of(lambda: read_json(tmp_path / "metrics.json"), "metrics.json")


@pytest.mark.parametrize(
    ("stage", "name", "old", "new"),
    [("ink", "summary", '"lines"', '"line"'), ("ink", "summary", '"points": 2', '"points": "2"'),
     ("ink", "summary", "{}", "[]"), ("offsets", "summary", "1", "1.5"), ("windows", "coverage", "[]", '"ab"'),
     ("windows", "coverage", "null", "[1]"), ("windows", "coverage", '"targets": 1, ', "")],
)  # fmt: skip
def test_a_summary_of_another_shape_is_refused(tmp_path: Path, stage: str, name: str, old: str, new: str) -> None:
    said = {"ink": ("summary", EXTRACT), "offsets": ("summary", NORMALISE), "windows": ("coverage", WINDOW)}
    for folder, (file, content) in said.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{file}.json").write_text(content)
    places = [tmp_path / folder for folder in said]
    assert read_summaries(*places).windows.left_out == []

    (tmp_path / stage / f"{name}.json").write_text(said[stage][1].replace(old, new, 1))

    refusal_of(lambda: read_summaries(*places), f"{stage}/{name}.json")


def test_lines_of_two_points_are_evaluated_too(tmp_path: Path) -> None:
    small = make_run(tmp_path, ("valid",), held_out=2, points=-9)

    assert len(small.metrics["calibration"]) == 7
    assert np.isfinite(small.metrics["valid"]["baseline_nll_nats_per_point"]["tablet"])
    assert "What the network wrote" in page_of_run(run_of(small))
