"""Runs side by side as a text and as a page: what differs in their parameters, and what came of it."""

import math
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement
from lxml.html import builder as tag

from penlift.common.params import flatten
from penlift.drawing.plots import panels, saved
from penlift.drawing.svg import HUES, draw_plain, page_of
from penlift.evaluation.comparison.differences import Difference
from penlift.evaluation.results import A_POINT, points_of_lines
from penlift.experiments.runs import Run
from penlift.ink.lines import evenly
from penlift.report.forest import FIRST, bounded, forest
from penlift.report.html import Cell, document, figure, paragraph, said, section, table

SHOWN = 3  # lines of each run
FIGURES = {  # of metrics.json, beside the likelihood
    "calibration.ks_dx": "distance from uniform, dx",
    "calibration.ks_dy": "distance from uniform, dy",
    "calibration.coverage_80": "coverage of 80 % regions",
    "calibration.lift_error": "lift probabilities off by",
    "free_running.ks_mean": "movement, distance from held-out lines",
    "free_running.nearness_to_training": "nearness to training lines",
    "free_running.relative_variety": "variety",
    "free_running.froze_share": "froze, share",
    "free_running.left_page_share": "left the page, share",
}
Compared = list[tuple[Run, Difference | None]]  # the first run has no difference: it is what the others differ from


def text_of_comparison(compared: Compared, split: str) -> str:
    """A row a run."""
    width = max(len(run.name) for run, _ in compared)
    head = f"NLL, nats a point  difference [95 %]          better on  {split} split, tablet units"
    rows = [f"{'run':{width}}  {head}"]
    for run, found in compared:
        nll = run.metrics[split][A_POINT]["tablet"]
        said_so = f"{bounded(found):24}  {100 * found.better:6.0f} %  {found.verdict}" if found else FIRST
        rows.append(f"{run.name:{width}}  {nll:17.3f}  {said_so}")
    return "\n".join(rows)


def page_of_comparison(compared: Compared, split: str) -> str:
    """A page of its own, which opens offline."""
    return document("penlift: runs compared", _parts(compared, split))


def _parts(compared: Compared, split: str) -> Iterator[HtmlElement]:
    runs = [run for run, _ in compared]
    drawn = next(found.drawn for _, found in compared if found)
    yield tag.H1("Runs side by side")
    yield paragraph(
        f"Differences from {runs[0].name}, line by line on the same held-out lines of the {split} split: nats a point "
        f"in tablet units, below 0 where a run predicts better. Intervals: 95 %, bootstrap over {drawn}.",
        "lead",
    )
    yield section("Likelihood", *_likelihood(compared, split))
    yield section("What differs", _parameters(runs))
    yield section("Calibration and samples", _figures(runs))
    yield section("Learning", figure(_curves(runs), "Held-out NLL by epoch of each run", "Held-out NLL by epoch."))
    yield section("Handwriting", *_lines(runs))


def _likelihood(compared: Compared, split: str) -> Iterator[HtmlElement]:
    rows: list[tuple[Cell, ...]] = []
    for run, found in compared:
        nll = float(run.metrics[split][A_POINT]["tablet"])
        if found:
            bounds = "unknown" if math.isnan(found.low) else f"{said(found.low)} to {said(found.high)}"
            rows.append((run.name, nll, said(found.value), bounds, f"{100 * found.better:.0f} %", found.verdict))
        else:
            rows.append((run.name, nll, "", "", "", FIRST))
    head = ("run", "NLL", "difference", "95 % interval", "lines predicted better", "verdict")
    yield table("NLL, nats a point, tablet units", head, rows)
    others = [(run.name, found) for run, found in compared if found]
    alt = "; ".join(f"{name}: {bounded(found)}" for name, found in others)
    yield figure(
        forest(compared[0][0].name, others), f"Differences with their intervals. {alt}", "Left of the line: better."
    )


def _parameters(runs: list[Run]) -> HtmlElement:
    flat = [dict(flatten(run.params)) for run in runs]
    keys = [
        key for key in dict.fromkeys(key for each in flat for key in each) if len({str(f.get(key)) for f in flat}) > 1
    ]
    if not keys:
        return paragraph("No parameter differs.")
    rows = [(key, *(str(each.get(key, "")) for each in flat)) for key in keys]
    return table("Parameters that differ", ("parameter", *(run.name for run in runs)), rows)


def _figures(runs: list[Run]) -> HtmlElement:
    flat: list[dict[str, Any]] = [dict(flatten(run.metrics)) for run in runs]
    rows: list[tuple[Cell, ...]] = [
        (words, *(float(each.get(key, "nan")) for each in flat)) for key, words in FIGURES.items()
    ]
    return table("Figures of metrics.json", ("figure", *(run.name for run in runs)), rows)


def _curves(runs: list[Run]) -> bytes:
    canvas, (axes,) = panels(1, 1, (9.0, 3.4))
    for number, run in enumerate(runs):
        history = run.history
        axes.plot(history["epoch"], history[f"valid_{A_POINT}"], color=HUES[number % len(HUES)], label=run.name)
    axes.set(xlabel="epoch", ylabel="NLL of valid lines, nats a point (offsets / 20)")
    axes.legend(frameon=False)
    return saved(canvas, "svg")


def _lines(runs: list[Run]) -> Iterator[HtmlElement]:
    for run in runs:
        caption = f"{run.name}: {SHOWN} lines that it dreamt, evenly taken."
        lines = points_of_lines(run.dreamt, evenly(range(len(run.dreamt)), SHOWN))
        yield figure(draw_plain(page_of(lines)), f"Lines dreamt by {run.name}", caption)
