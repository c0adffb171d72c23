"""What compared trainings came to, as a text and as a page: of a sweep, and of runs that a person named."""

import itertools
import math
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

from penlift.common.params import flatten
from penlift.common.terminal import in_columns
from penlift.evaluation.comparison.differences import Effect
from penlift.evaluation.comparison.intervals import ENOUGH_WRITERS
from penlift.experiments.comparison import Answer, Comparison, Factor
from penlift.experiments.comparison_pictures import draw_forest, pictures_of
from penlift.experiments.runs import Run
from penlift.experiments.sweeps.design import word
from penlift.report.html import Cell, document, figure, paragraph, said, section, table, tag

SPACE = "\N{NO-BREAK SPACE}"
FIGURES = ("calibration.", "free_running.")  # of metrics.json, beside the likelihood


def text_of_comparison(found: Comparison) -> str:
    """The table of configurations, but for what they cost."""
    rows = in_columns([said(cell) for cell in row[:-1]] for row in _rows(found))
    name, unit, by = found.measure[1:]
    told = f"{rows}\n\n{name} and differences from {found.first}: {unit}, {by}."
    read, words = found.legibility
    rates = ", ".join(f"{name} {100 * wrong:.1f} %" for name, _, wrong in read)
    return (
        f"{told}\nLetters read wrongly, written at bias 0.5: {rates + '; ' if read else ''}{words}." if words else told
    )


def text_of_answer(found: Answer) -> str:
    """How far it is, a row a configuration, and what each factor does."""
    sentences = [f"{factor.name}: {sentence(found, factor)}" for factor in found.factors]
    return "\n".join([progress(found), "", text_of_comparison(found), "", *sentences]).rstrip()


def page_of_comparison(found: Comparison) -> str:
    """A page of its own, which opens offline."""
    judged = f"{_judged_by(found)} Each run was trained once: another seed may turn what differs."
    forests = [part for factor in found.factors for part in _forest(found, factor)]
    parts = [
        tag.h1("Runs side by side"),
        paragraph(judged, "lead"),
        section("Likelihood", _configurations(found), *forests),
        *_legible(found),
        section("What differs", *_differing(found.runs)),
    ]
    return document("penlift: runs compared", [*parts, *pictures_of(found), _method(found)])


def page_of_answer(found: Answer) -> str:
    """Likewise, of a sweep."""
    seeds = [str(seed) for seed in found.sweep.seeds]
    fixed = ", ".join(f"{key}: {word(value)}" for key, value in found.sweep.set.items())
    made = (
        f"Each configuration is trained with seed{'s' if len(seeds) > 1 else ''} {_listed(seeds)} on "
        f"{found.runs[0].params['extract']['path']}. {_judged_by(found)} {f'In every trial {fixed}.' if fixed else ''}"
    )
    parts = [
        tag.h1(f"What sweep {found.sweep.name} found"),
        paragraph(found.sweep.about, "lead"),
        paragraph(progress(found), "" if len(found.runs) == found.planned else "notice"),
        paragraph(made),
        *([section("Factors", *_factors(found))] if found.factors else []),
        section("Configurations", _configurations(found)),
        *_legible(found),
    ]
    return document(f"penlift: sweep {found.sweep.name}", [*parts, *pictures_of(found), _method(found)])


def progress(found: Answer) -> str:
    """How much of the sweep it rests on."""
    done = f"{len(found.runs)} of {found.planned} trials"
    if found.searched:
        return (
            f"{done} left their results here. Poor ones are cut short, others may not be done or have run elsewhere: "
            "levels are not compared over what is left."
        )
    if len(found.runs) == found.planned:
        return f"All {found.planned} trials are finished."
    return f"{done} are finished; what the others would say is left out."


def _judged_by(found: Comparison) -> str:
    """A sentence: the lines, and the unit of what is said of them."""
    name, unit, by = found.measure[1:]
    return f"Judged by the {by}: {name}, {unit}; lower is better."


def _factors(found: Answer) -> Iterator[HtmlElement]:
    """Each in a sentence, and as a forest plot."""
    others = "a mean over the levels of the other factors" if found.sweep.design == "grid" else "which only it changes"
    yield paragraph(
        f"In brackets the difference from the first level, {others}: {found.measure.unit}, below 0 where a level is "
        "better; its 95 % interval; and for how many it is worse, since a mean may rest on few.",
        "quiet",
    )
    for factor in found.factors:
        yield tag.h3(factor.name)
        yield paragraph(sentence(found, factor))
        yield from _forest(found, factor)


def sentence(found: Answer, factor: Factor) -> str:
    """What the levels of a factor do, those of one verdict together, each with its figures."""
    alike: dict[str, list[str]] = {}
    for name, _, effect, _ in factor.others:
        missing = f", {effect.seeds} of {found.seeds} seeds" if effect.seeds < found.seeds else ""
        figures = f" ({bounded(effect)}, worse for {_worse_for(effect)}{missing})" if effect.pairs else ""
        alike.setdefault(effect.verdict(found.equal, factor.first), []).append(name + figures)
    told = [f"{_listed(levels)} {'is' if len(levels) == 1 else 'are'} {words}" for words, levels in alike.items()]
    return "; ".join(told) + "."


def bounded(effect: Effect) -> str:
    """A difference and its interval: three decimals each, plus or a true minus."""
    if math.isnan(effect.difference):
        return "unknown"
    bounds = "unknown" if math.isnan(effect.low) else f"{effect.low:+.3f}, {effect.high:+.3f}"
    return f"{effect.difference:+.3f} [{bounds}]".replace("-", "\N{MINUS SIGN}")


def _worse_for(effect: Effect) -> str:
    return f"{effect.worse} of {effect.units} {effect.drawn.partition(' ')[0]}" if effect.pairs else ""


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _forest(found: Comparison, factor: Factor) -> Iterator[HtmlElement]:
    """The forest plot of a factor's levels; and where writers are few, a table of what is one writer's alone.

    Intervals are over lines then, and do not tell it.
    """
    if not any(level.effect.pairs for level in factor.others):
        return
    alt = "; ".join(f"{level.name}: {bounded(level.effect)}" for level in factor.others)
    shaded = f" Shaded: within {found.equal:g}, which is called equal." if found.equal else ""
    caption = f"Left of the line: better than {factor.first}.{shaded}"
    picture = draw_forest(factor, found.equal, found.measure.unit)
    yield figure(picture, f"{factor.name}, differences from {factor.first}. {alt}", caption)
    writers = factor.levels[0].writers
    if 1 < len(writers) < ENOUGH_WRITERS:
        columns = [level.writers["difference"] for level in factor.others]
        rows = [(*row, *(column[row[0]] for column in columns)) for row in writers[["lines", "points"]].itertuples()]
        what = f"{factor.name}, difference from {factor.first} by writer: {found.measure.unit}"
        caption = f"{what}; a mean may rest on one of so few"
        yield table(caption, ("writer", "lines", "points", *(level.name for level in factor.others)), rows)


def _configurations(found: Comparison) -> HtmlElement:
    """A row a configuration, its words broken in few places: a narrow screen has no columns of single words."""
    over_seeds = ("mean and standard deviation over seeds; ", ", median over seeds") if found.seeds > 1 else ("", "")
    differences = f"{over_seeds[0]}differences from {found.first}"
    caption = f"{found.measure.name}: {found.measure.unit}; {differences}; seconds of training{over_seeds[1]}"
    head, *rows = _rows(found)
    whole = [
        [cell.replace(" ", SPACE).replace(f"{SPACE}with", " with") if isinstance(cell, str) else cell for cell in row]
        for row in rows
    ]
    return table(caption, [str(words) for words in head], whole)


def _rows(found: Comparison) -> list[list[Cell]]:
    """Its head, and a row a configuration; with one seed each there are no seeds to count, and none to differ."""
    rows: list[list[Cell]] = [
        ["configuration", "seeds", found.measure.name, "over seeds", "difference [95 %]", "worse for", "verdict",
         "seconds"]
    ]  # fmt: skip
    for words, seeds, mean, deviation, seconds, effect in found.configurations:
        beside = ["", "", "what the others differ from"]
        if effect:
            beside = [bounded(effect), _worse_for(effect), effect.verdict(found.equal, found.first)]
        took = seconds if math.isnan(seconds) else round(seconds)
        rows.append([words, f"{seeds} of {found.seeds}", mean, deviation, *beside, took])
    return rows if found.seeds > 1 else [[row[0], row[2], *row[4:]] for row in rows]


def _legible(found: Comparison) -> Iterator[HtmlElement]:
    """Letters read wrongly, a row a run; nothing where no run was read."""
    read, words = found.legibility
    if read:
        rows = [(name, f"{100 * people:.1f} %", f"{100 * wrong:.1f} %") for name, people, wrong in read]
        head = ("run", "people's lines", "written at bias 0.5")
        yield section("Can it be read?", table(f"Letters read wrongly, {words}", head, rows))
    elif words:
        yield section("Can it be read?", paragraph(f"{words[0].upper()}{words[1:]}.", "notice"))


def _differing(runs: list[Run]) -> Iterator[HtmlElement]:
    """Their parameters where they differ, and the figures that docs/metrics.md tells of."""
    head = [run.name for run in runs]
    params = [(key, *map(str, values)) for key, *values in _flat([run.params for run in runs], "")]
    if rows := [row for row in params if len(set(row[1:])) > 1]:
        yield table("Parameters that differ", ("parameter", *head), rows)
    else:
        yield paragraph("No parameter differs.")
    metrics = _flat([run.metrics for run in runs], math.nan)
    figures: list[list[Cell]] = [[key, *map(float, each)] for key, *each in metrics if key.startswith(FIGURES)]
    yield table("Calibration and samples, as in metrics.json", ("figure", *head), figures)


def _flat(found: list[dict[str, Any]], missing: Cell) -> list[tuple[str, *tuple[Any, ...]]]:
    """A row a leaf of any of these nested mappings: its path, and what each has there."""
    flat = [dict(flatten(each)) for each in found]
    return [(key, *(each.get(key, missing) for each in flat)) for key in dict.fromkeys(itertools.chain(*flat))]


def _method(found: Comparison) -> HtmlElement:
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
