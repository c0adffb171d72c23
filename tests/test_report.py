"""The page stands alone, escapes what it is told, and says which figures compare with what."""

import json
import re
from typing import Any

import pandas as pd
import pytest
from lxml import html
from test_drawing import some_densities, some_line

from penlift.dreams import Dreamt
from penlift.health import Health, table_of
from penlift.page import said
from penlift.params import read_params
from penlift.report import RealLine, Run, to_page

UNITS = {"tablet": 5.0, "over_20": -1.0, "z_score": -2.0, "vrnn": -3.0}
SPLIT = {
    "lines": 3, "points": 90, "writers": 2, "nll_nats_per_point": UNITS, "nll_nats_per_line": UNITS,
    "offset_nll_nats_per_point": UNITS, "lift_nll_nats_per_point": 0.1, "sse_z_score_per_point": 0.4,
    "without_capped_and_zero": {"points": 80, "nll_nats_per_point": UNITS},
}  # fmt: skip


@pytest.fixture
def run() -> Run:
    from conftest import ROOT

    counts = {"lines": 9, "points": 1234, "writers": 4, "forms": 5}
    return Run(
        params=read_params(ROOT / "params.yaml"),
        ink={"splits": {"train": counts, "test": counts}, "rejected": 2, "reasons": {"no points": 2}},
        offsets={"offsets": 1200, "capped": 7, "zero": 11},
        windows={"lines": 8, "targets": 1100, "left_out": ["a01-000u-03"], "most_to_least": 1.99},
        history=pd.DataFrame(
            [(1, 2.0, 2.5), (2, 1.0, 1.5)], columns=["epoch", "train_nll_nats_per_point", "valid_nll_nats_per_point"]
        ),
        metrics={"valid": SPLIT, "test": SPLIT, "samples": {"samples": 2}},
        hands=[some_line(), some_line(), some_line()],
        real=RealLine("a01-000u-01", "<script>alert('ink & paper')</script>", some_line()),
        dreamt=[Dreamt(some_line(), some_densities())] * 2,
        health=table_of([Health(30, 4, 900.0, 80.0, False, False, False, False)] * 2),
        learnt=[some_line()] * 9,
    )


def text_of(page: str) -> str:
    tree: Any = html.fromstring(page)
    return " ".join(tree.text_content().split())


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(run: Run) -> None:
    tree: Any = html.fromstring(to_page(run))

    assert not tree.xpath("//script | //link | //iframe | //object")
    assert all(source.startswith("data:image/svg+xml;base64,") for source in tree.xpath("//@src"))
    assert not re.search(r"url\(|@import", tree.xpath("string(//style)"))


def test_text_from_the_data_stays_text(run: Run) -> None:
    page = to_page(run)

    assert "<script>" not in page
    assert run.real.text in text_of(page)


def test_every_picture_has_a_description_and_every_table_a_caption(run: Run) -> None:
    tree: Any = html.fromstring(to_page(run))

    assert all(image.get("alt") for image in tree.xpath("//img"))
    assert len(tree.xpath("//table")) == len(tree.xpath("//table/caption"))
    assert len(tree.xpath("//h1")) == 1


def test_every_parameter_every_count_and_every_figure_is_there(run: Run) -> None:
    text = text_of(to_page(run))

    for section, values in run.params.items():
        assert section in text
        written = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
        assert all(f"{key}{value}" in text.replace(" ", "") for key, value in written.items() if " " not in value)
    for figure in ("1,234", "1,200", "1,100", "no points", "a01-000u-03", "5.000", "−2.000", "−1,057.7", "0.41"):
        assert figure in text


def test_six_epochs_from_the_first_to_the_last_show_how_it_learned_to_write(run: Run) -> None:
    shown = re.findall(r"Dreamt after epoch (\d) of 9", text_of(to_page(run)))

    assert [int(epoch) for epoch in shown] == [1, 3, 4, 6, 7, 9]


def test_figures_of_the_built_in_corpus_are_said_to_compare_with_none(run: Run) -> None:
    extract: Any = run.params["extract"]
    own = run._replace(params=run.params | {"extract": extract | {"path": "data/raw/iam"}})

    dotted = run._replace(params=run.params | {"extract": extract | {"path": "./data/corpus/"}})

    assert "with no published figure" in text_of(to_page(run))
    assert "with no published figure" in text_of(to_page(dotted))
    assert "with no published figure" not in text_of(to_page(own))


def test_no_line_of_made_up_writers_is_called_real(run: Run) -> None:
    text = text_of(to_page(run))

    assert "Held out: a01-000u-01" in text
    assert "Real" not in text


def test_splits_stand_in_the_order_of_work_and_writers_in_two_of_them_are_named(run: Run) -> None:
    counts = run.ink["splits"]["train"]
    splits = dict.fromkeys(("none", "test", "train", "valid"), counts)

    page = to_page(run._replace(ink=run.ink | {"splits": splits, "torn_writers": ["w7"]}))

    tree: Any = html.fromstring(page)
    assert tree.xpath("//table[caption='Ink by split']/tbody/tr/th/text()") == ["train", "valid", "test", "none"]
    assert "writers w7" in text_of(page)
    assert "In more than one split" not in text_of(to_page(run))


def test_a_run_without_test_split_or_vrnn_unit_has_its_page_too(run: Run) -> None:
    units = {unit: value for unit, value in UNITS.items() if unit != "vrnn"}
    valid = SPLIT | {
        key: units for key in SPLIT if key.endswith(("per_point", "per_line")) and key[:3] in ("nll", "off")
    }
    valid.pop("without_capped_and_zero")

    text = text_of(to_page(run._replace(metrics={"valid": valid})))

    assert "vrnn scalar" not in text
    assert "on the valid split" in text


def test_numbers_are_written_for_readers() -> None:
    written = [said(value) for value in (1234567, -1.5, 0.12345, True, "a-b")]

    assert written == ["1,234,567", "−1.500", "0.123", "True", "a-b"]
