"""The page in headless Chromium: accessible by axe-core, readable on a phone, in the dark and in print."""

import os
from pathlib import Path
from typing import Any

import pytest
from made_up_sweep import sweep_of, tried_all
from runs import run_of
from small_run import SmallRun

from penlift.experiments.comparison import answer_of, comparison_of
from penlift.experiments.comparison_page import page_of_answer, page_of_comparison
from penlift.report.run_page import page_of_run

pytestmark = pytest.mark.slow
SCREENS = {"desk": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def page(small: SmallRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "index.html"
    file.write_text(page_of_run(run_of(small)), encoding="utf-8")
    return file


def opened(browser: Any, file: Path, **context: Any) -> Any:
    view = browser.new_context(**context).new_page()
    view.goto(file.as_uri())
    return view


def axe_finds_nothing(browser: Any, file: Path, screen: str, colours: str, shot: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    width, height = SCREENS[screen]
    view = opened(browser, file, viewport={"width": width, "height": height}, color_scheme=colours)
    picture = Path(os.environ.get("PENLIFT_SCREENSHOTS", shot.parent)) / shot.name
    view.screenshot(path=picture, full_page=True)

    found = Axe().run(view).response

    assert [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found["violations"]] == []
    assert len(found["passes"]) > 10
    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_to_mend(browser: Any, page: Path, screen: str, colours: str, tmp_path: Path) -> None:
    axe_finds_nothing(browser, page, screen, colours, tmp_path / f"page-{screen}-{colours}.png")


@pytest.mark.parametrize(("screen", "colours"), [("desk", "light"), ("phone", "dark")])
def test_axe_finds_nothing_on_the_page_of_a_sweep_or_of_runs(
    browser: Any, screen: str, colours: str, tmp_path: Path
) -> None:
    sweep, file = sweep_of(), tmp_path / "index.html"
    tried = tried_all(sweep, lambda trial: 5.0 + trial.seed / 100, seconds=300.0)
    runs = [each.run for each in tried[::3]]
    pages = {
        "sweep": page_of_answer(answer_of(sweep, tried, seed=1)),
        "runs": page_of_comparison(comparison_of(runs, [300.0] * len(runs), seed=1)),
    }

    for name, page in pages.items():
        file.write_text(page, encoding="utf-8")
        axe_finds_nothing(browser, file, screen, colours, tmp_path / f"{name}-{screen}-{colours}.png")


def test_nothing_is_fetched_and_nothing_runs(browser: Any, page: Path) -> None:
    view = browser.new_context(java_script_enabled=False).new_page()
    asked: list[str] = []
    view.on("request", lambda request: asked.append(request.url))

    view.goto(page.as_uri())

    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert view.inner_text("h1") == "What the network wrote, and how well it predicts"


def test_a_phone_scrolls_tables_and_pictures_and_never_the_page_sideways(browser: Any, page: Path) -> None:
    view = opened(browser, page, viewport={"width": 390, "height": 844})

    assert view.evaluate("document.documentElement.scrollWidth") <= 390


def test_every_picture_is_drawn(browser: Any, page: Path) -> None:
    view = opened(browser, page)

    sizes = view.evaluate("[...document.images].map(image => image.complete ? image.naturalWidth : 0)")

    assert len(sizes) > 10
    assert min(sizes) > 0
