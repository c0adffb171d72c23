"""A dozen runs on MLflow's own pages, in headless Chromium: curves, slider, search by tag, comparison."""

import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from mlflow_server import Server
from tracked import PNG, START, outcome

from penlift.tracking.client import send
from penlift.tracking.curves import metric_points
from penlift.tracking.outcome import NOTE
from penlift.tracking.record import Image
from penlift.tracking.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
CELLS, MIXTURES, EPOCHS = ("lstm", "lstm+peepholes", "gru", "rnn"), (5, 10, 20), 4
WAIT = 30_000  # ms for a page that a busy machine draws


class Pages:
    """MLflow's pages of the runs."""

    def __init__(self, browser: Any, uri: str, runs: list[str], shots: Path) -> None:
        self.view = browser.new_context(viewport={"width": 1600, "height": 1400}).new_page()
        self.view.set_default_timeout(WAIT)
        self.uri, self.runs, self.shots = uri, runs, Path(os.environ.get("PENLIFT_SCREENSHOTS", shots))

    def open(self, path: str, *signs: str) -> str:
        """Open a page, and wait until it shows the signs, which are drawn one by one; its text."""
        self.view.goto(f"{self.uri}/#/{path}")
        self.view.reload()
        for sign in signs:
            self.view.get_by_text(sign).first.wait_for()
        return str(self.view.inner_text("body"))

    def shoot(self, name: str) -> None:
        self.view.wait_for_timeout(1000)
        self.view.screenshot(path=self.shots / f"mlflow-{name}.png")


@pytest.fixture(scope="module")
def pages(browser: Any, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    folder = tmp_path_factory.mktemp("pages")
    server = Server(folder)
    server.start()
    runs = []
    for number, (cell, mixtures) in enumerate(itertools.product(CELLS, MIXTURES)):
        name = f"{cell}-{mixtures}mix"
        events = [{"epoch": epoch, "time": START / 1000 + epoch, "valid_nll_nats_per_point": 6.0 - epoch - number / 10,
                   "learning_rate": 0.01, "system": {"cpu_utilization_percentage": 90.0}}
                  for epoch in range(1, EPOCHS + 1)]  # fmt: skip
        record = outcome(folder / name, name, name)
        record = replace(
            record,
            name=name,
            tags=record.tags | {"penlift.cell": cell, NOTE: f"| note | of {name} |\n|---|---|\n"},
            params={"model.cell": cell, "model.mixtures": mixtures, "train.seed": 1},
            points=[*metric_points(events), *(point for point in record.points if point.key.startswith("test/"))],
            images=[Image("by_epoch/dreamt", epoch, PNG) for epoch in range(1, EPOCHS + 1)],
        )
        runs.append(send(record, Store(server.uri, Path("unused")), patience=30))
    yield Pages(browser, server.uri, runs, folder)
    server.kill()


def test_the_curves_come_first_and_the_slider_stands_beside_them(pages: Pages) -> None:
    said = pages.open("experiments/1/runs?compareRunsMode=CHART", "12 matching runs", "by_epoch", "System metrics")

    assert "12 matching runs" in said
    groups = [group for group in ("by_epoch", "test", "System metrics") if group in said]
    assert sorted(groups, key=said.index) == ["by_epoch", "test", "System metrics"]
    slider = pages.view.get_by_role("slider").first
    slider.focus()
    for _ in range(2):
        slider.press("ArrowRight")
    dreamt = pages.view.locator("img[src*='by_epoch~dreamt'][src*='step%2B2']").first
    dreamt.wait_for(state="attached")
    pages.view.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=dreamt.element_handle())
    pages.shoot("charts")


def test_runs_are_found_by_tag_and_by_parameter(pages: Pages) -> None:
    for query, count in (("tags.`penlift.cell` = 'gru'", 3), ("params.`model.mixtures` = '5'", 4)):
        said = pages.open(f"experiments/1/runs?searchFilter={quote(query)}", f"{count} matching runs", "gru-5mix")

        assert "gru-5mix" in said
        assert "rnn-20mix" not in said
    pages.shoot("search")


def test_a_comparison_draws_what_differs_against_the_held_out_likelihood(pages: Pages) -> None:
    runs, experiments = (quote(json.dumps(names)) for names in (pages.runs, ["1"]))

    signs = ("Comparing 12 Runs", "Parallel Coordinates Plot")
    said = pages.open(f"compare-runs?runs={runs}&experiments={experiments}", *signs)

    assert "Comparing 12 Runs" in said
    plot = pages.view.locator(".js-plotly-plot").first
    plot.get_by_text("by_epoch/valid_nll_nats_per_point.over_20").first.wait_for()
    axes = plot.inner_text()
    assert "model.cell" in axes
    assert "model.mixtures" in axes
    assert "train.seed" not in axes  # the same in all
    pages.shoot("compare")


def test_a_run_tells_what_it_is(pages: Pages) -> None:
    signs = ("Finished", "data/corpus", "penlift.cell", "penlift.training", "by_epoch/valid_nll_nats_per_point.over_20")

    said = pages.open(f"experiments/1/runs/{pages.runs[0]}", "of lstm-5mix", *signs)
    assert all(sign in said for sign in signs)
    pages.shoot("run")
    files = pages.open(f"experiments/1/runs/{pages.runs[0]}/artifacts", "reports", "params.yaml")
    assert "params.yaml" in files
    pages.open(f"experiments/1/runs/{pages.runs[0]}/system-metrics", "cpu_utilization_percentage")
