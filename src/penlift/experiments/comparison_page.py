"""Compared runs as a text and as a page; and what a sweep shares with them: the table and the method."""

import math
from collections.abc import Iterator

from lxml.html import HtmlElement
from lxml.html import builder as tag

from penlift.common.params import flatten
from penlift.common.terminal import in_columns
from penlift.experiments.comparison import Comparison
from penlift.experiments.comparison_pictures import pictures_of
from penlift.experiments.runs import Run
from penlift.report.forest import EFFECT_HEAD, NATS, effect_cells, effect_table, forest_parts
from penlift.report.html import Cell, document, paragraph, said, section, table

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


def text_of_comparison(found: Comparison) -> str:
    """The table of configurations, but for what they cost."""
    rows = in_columns([said(cell) for cell in row[:-2]] for row in _table(found))
    return f"{rows}\n\nNLL and differences from {found.first}: {NATS}, {found.split} split."


def page_of_comparison(found: Comparison) -> str:
    """A page of its own, which opens offline."""
    return document("penlift: runs compared", _parts(found))


def _parts(found: Comparison) -> Iterator[HtmlElement]:
    yield tag.H1("Runs side by side")
    yield paragraph(
        f"Each run is judged by {judged_by(found)} Each was trained once: another seed may turn what differs.", "lead"
    )
    pictures = [part for each in found.factors for part in forest_parts(each.name, each.first, each.contrasts, 0.0)]
    yield section("Likelihood", configuration_table(found), *pictures)
    yield section("What differs", _parameters(found.runs))
    yield section("Calibration and samples", _figures(found.runs))
    yield from pictures_of(found)
    yield method(found)


def _parameters(runs: list[Run]) -> HtmlElement:
    flat = [dict(flatten(run.params)) for run in runs]
    values = {
        key: [str(each.get(key, "")) for each in flat] for key in dict.fromkeys(key for each in flat for key in each)
    }
    rows = [(key, *own) for key, own in values.items() if len(set(own)) > 1]
    if not rows:
        return paragraph("No parameter differs.")
    return table("Parameters that differ", ("parameter", *(run.name for run in runs)), rows)


def _figures(runs: list[Run]) -> HtmlElement:
    flat = [dict(flatten(run.metrics)) for run in runs]
    rows: list[tuple[Cell, ...]] = [
        (words, *(float(each.get(key, "nan")) for each in flat)) for key, words in FIGURES.items()
    ]
    return table("Figures of metrics.json", ("figure", *(run.name for run in runs)), rows)


def judged_by(found: Comparison) -> str:
    """The end of a sentence: the lines, and the unit of what is said of them."""
    held_out = int((found.runs[0].lines["split"] == found.split).sum())
    return f"the {held_out:,} held-out lines of the {found.split} split: NLL, {NATS}; lower is better."


def configuration_table(found: Comparison) -> HtmlElement:
    """A row a configuration."""
    over_seeds = ("mean and standard deviation over seeds; ", ", median over seeds") if found.seeds > 1 else ("", "")
    caption = f"NLL: {NATS}; {over_seeds[0]}differences from {found.first}; seconds of training{over_seeds[1]}"
    head, *rows = _table(found)
    return effect_table(caption, [str(word) for word in head], rows)


def _table(found: Comparison) -> list[list[Cell]]:
    """Its head, and a row a configuration; with one seed each there are no seeds to count, and none to differ."""
    rows: list[list[Cell]] = [[found.kind, "seeds", "NLL", "over seeds", *EFFECT_HEAD, "seconds", "weights"]]
    for each in found.configurations:
        price = (value if math.isnan(value) else round(value) for value in (each.seconds, each.weights))
        seeds, beside = f"{each.seeds} of {found.seeds}", effect_cells(each.effect, found.equal, found.first)
        rows.append([each.words, seeds, each.nll, each.deviation, *beside, *price])
    return rows if found.seeds > 1 else [[row[0], row[2], *row[4:]] for row in rows]


def method(found: Comparison) -> HtmlElement:
    """How the intervals are made, and what the words mean."""
    minded = f", and the difference is {found.equal:g} or more" if found.equal else ""
    equal = f" Equal: the whole interval is within {found.equal:g} of 0." if found.equal else ""
    text = (
        "Differences are taken line by line, on the same held-out lines; where there are several seeds, between "
        "trainings with the same one. Intervals are 95 %, by Student's t: to the variance over writers, or over lines "
        "where writers are few or unknown, by bootstrap, that between seeds is added; degrees of freedom by Welch and "
        "Satterthwaite. What is noise of one seed on one line counts in both, which errs on the wide side. With one "
        "seed each, an interval is over writers or lines alone and says nothing of other seeds, which may turn what it "
        "shows. Each interval stands for itself: of twenty, one is expected to miss. Better and worse: the interval is "
        f"beyond 0{minded}.{equal}"
    )
    return section("How the intervals are made", paragraph(text, "quiet"))
