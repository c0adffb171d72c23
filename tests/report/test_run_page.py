"""The page stands alone, escapes what it is told, and says which figures compare with what."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import text_of
from lxml import html
from runs import COUNTS, run_of
from small_run import SmallRun, make_run

from penlift.evaluation.results import line_pairs, read_evaluated
from penlift.report.html import said
from penlift.report.run_page import RunPage, page_of_run
from penlift.report.verdicts import verdicts


@pytest.fixture(scope="module")
def run(small: SmallRun) -> RunPage:
    return run_of(small)


@pytest.fixture(scope="module")
def page(run: RunPage) -> str:
    return page_of_run(run)


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(page: str) -> None:
    tree: Any = html.fromstring(page)

    assert not tree.xpath("//script | //link | //iframe | //object")
    assert all(source.startswith("data:image/svg+xml;base64,") for source in tree.xpath("//@src"))
    assert not re.search(r"url\(|@import", tree.xpath("string(//style)"))


def test_text_from_the_data_stays_text(page: str) -> None:
    assert "<b>" not in page
    assert "no <b>points</b>" in text_of(page)


def test_what_no_page_can_hold_is_replaced_and_ends_nothing(run: RunPage) -> None:
    odd = "\0a\x1b[31m\x0c\udce9\uffff"
    shown = "\ufffda\ufffd[31m\ufffd\ufffd\ufffd"
    params = run.params | {"extract": run.params["extract"] | {"path": odd}, odd: {odd: odd}}
    windows = run.made.windows._replace(left_out=[odd])

    told = page_of_run(
        run._replace(
            params=params,
            made=run.made._replace(ink=run.made.ink._replace(reasons={odd: 1}), windows=windows),
        )
    )

    tree: Any = html.fromstring(told)
    assert {cell.text for cell in tree.xpath("//table[caption='Files set aside']//th[@scope='row']")} == {shown}
    assert f"epochs on {shown}: " in text_of(told)
    assert tree.xpath("//div/@aria-label").count(shown) == 1
    assert f"Too short: {shown}." in text_of(told)


def test_every_picture_has_a_description_and_every_table_a_caption(page: str) -> None:
    tree: Any = html.fromstring(page)

    assert all(image.get("alt") for image in tree.xpath("//img"))
    assert len(tree.xpath("//table")) == len(tree.xpath("//table/caption"))
    assert len(tree.xpath("//h1")) == 1


def test_every_parameter_every_count_and_every_figure_is_there(run: RunPage, page: str) -> None:
    text = text_of(page)

    for section, values in run.params.items():
        assert section in text
        written = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
        assert all(f"{key}{value}" in text.replace(" ", "") for key, value in written.items() if " " not in value)
    for figure in ("1,234", "1,200", "1,100", "a01-000u-03", "−1,057.7", "0.41"):
        assert figure in text


def test_every_likelihood_of_the_run_stands_on_the_page_with_its_interval(run: RunPage, page: str) -> None:
    text = text_of(page)

    rows = run.evaluated.likelihood
    shown = rows[(rows["place"] == "all") & (rows["unit"] == "tablet") & (rows["figure"] == "nll_nats_per_point")]
    assert len(shown) == 6
    row: Any
    for row in shown.itertuples():
        assert said(row.value) in text
        assert said(row.low) in text
        assert said(row.high) in text


def test_every_verdict_stands_on_top_with_the_rule_behind_it(run: RunPage, page: str) -> None:
    tree: Any = html.fromstring(page)

    items = [" ".join(item.text_content().split()) for item in tree.xpath("//ul[@class='verdicts']/li")]

    for verdict, item in zip(verdicts(run.metrics, run.history), items, strict=True):
        assert item.startswith(f"{verdict.question} {'Yes.' if verdict.good else 'No.'}")
        assert verdict.rule in item


def test_six_epochs_from_the_first_to_the_last_show_how_it_learned_to_write(page: str) -> None:
    shown = re.findall(r"Dreamt after epoch (\d) of 9", text_of(page))

    assert [int(epoch) for epoch in shown] == [1, 3, 4, 6, 7, 9]


def test_figures_of_the_built_in_corpus_are_said_to_compare_with_none(run: RunPage, page: str) -> None:
    extract: Any = run.params["extract"]
    own = run._replace(params=run.params | {"extract": extract | {"path": "data/raw/iam"}})

    dotted = run._replace(params=run.params | {"extract": extract | {"path": "./data/corpus/"}})

    assert "with no published figure" in text_of(page)
    assert "with no published figure" in text_of(page_of_run(dotted))
    assert "with no published figure" not in text_of(page_of_run(own))


def test_a_run_of_thinned_points_says_so_wherever_a_likelihood_a_point_stands(run: RunPage, thin: SmallRun) -> None:
    params = run.params | {"normalise": run.params["normalise"] | {"rate": 30}}
    told = run_of(thin)._replace(params=params)

    text = text_of(page_of_run(told))

    figures = told.metrics["test"]
    line, letter = (figures[f"nll_nats_per_{what}"]["tablet"] for what in ("line", "letter"))
    assert f"on the test split; {line:,.1f} nats a line, {letter:,.2f} nats a letter." in text
    assert "Points were thinned to 30 Hz: nats a point compare with no run of another rate" in text
    assert "What compares with Graves" not in text
    plain = re.findall(r"(?:nats|error,) a point(?! of 30 Hz)[^,.:]{,20}", text)
    assert [words.split()[3:5] for words in plain] == [["compare", "with"], [], []]  # laws, and no figures
    assert "of 30 Hz" not in text_of(page_of_run(run))


def test_no_line_of_made_up_writers_is_called_real(page: str) -> None:
    text = text_of(page)

    assert "Held out: 3 lines" in text
    assert "Real" not in text


def test_splits_stand_in_the_order_of_work_and_writers_in_two_of_them_are_named(run: RunPage, page: str) -> None:
    splits = dict.fromkeys(("none", "test", "train", "valid"), COUNTS)
    ink = run.made.ink._replace(splits=splits, torn_writers=("w7",))

    told = page_of_run(run._replace(made=run.made._replace(ink=ink)))

    tree: Any = html.fromstring(told)
    assert tree.xpath("//table[caption='Ink by split']/tbody/tr/th/text()") == ["train", "valid", "test", "none"]
    assert "writers w7" in text_of(told)
    assert "In more than one split" not in text_of(page)


def test_a_run_without_test_split_has_its_page_too(tmp_path: Path) -> None:
    text = text_of(page_of_run(run_of(make_run(tmp_path, ("valid",)))))

    assert "on the valid split" in text
    assert "Calibration, valid split" in text


@pytest.mark.parametrize(("held_out", "points"), [(1, 150), (1, 10), (2, 10), (3, 70)])
def test_so_little_ink_has_a_page_without_what_it_says_nothing_of(tmp_path: Path, held_out: int, points: int) -> None:
    small = make_run(tmp_path, ("valid",), held_out, points)

    text = text_of(page_of_run(run_of(small)))

    assert "nan" not in text.lower().split()
    assert ("relative_variety" in small.metrics["free_running"]) == (held_out > 1)
    assert ("mmd_squared" in small.metrics["free_running"]) == (points >= 70)


def test_a_dreamt_line_stands_beside_the_held_out_one_of_its_name(small: SmallRun) -> None:
    real, dreamt = line_pairs(small.ink, read_evaluated(small.evaluate).dreamt, most=4)

    assert [len(line) for line in real] == [len(line) for line in dreamt]
    assert len({len(line) for line in real}) == 4


def test_numbers_are_written_for_readers() -> None:
    written = [said(value) for value in (1234567, -1.5, 0.12345, True, "a-b")]

    assert written == ["1,234,567", "−1.500", "0.123", "True", "a-b"]
