"""The page of a sweep: its question, what the finished trials answer, and what that rests on."""

import math
from collections.abc import Iterator

from lxml.html import HtmlElement
from lxml.html import builder as tag

from penlift.drawing.svg import draw_plain, page_of
from penlift.evaluation.comparison.differences import Effect
from penlift.evaluation.comparison.intervals import ENOUGH_WRITERS
from penlift.evaluation.results import points_of_lines
from penlift.experiments.runs import Run
from penlift.experiments.sweeps.answer import Answer, Configuration, Contrast
from penlift.experiments.sweeps.answer_plots import cost, curves, labelled
from penlift.experiments.sweeps.answer_text import listed, progress, sentence, shown_effect, verdict, worse
from penlift.experiments.sweeps.design import word
from penlift.experiments.sweeps.finished import Tried
from penlift.ink.lines import evenly
from penlift.report.forest import bounded, forest
from penlift.report.html import Cell, document, figure, paragraph, said, section, table

NATS = "nats a point, tablet units"
SPACE = "\N{NO-BREAK SPACE}"


def factor_parts(found: Answer) -> Iterator[HtmlElement]:
    """For each factor, what its levels change."""
    grid = found.sweep.design == "grid"
    others = "mean over the levels of the other factors" if grid else "other factors at their first levels"
    head = ("level", "difference", "95 % interval", "worse for", "seeds", "pairs", "verdict")
    for factor, first in found.sweep.reference.items():
        contrasts = found.of(factor)
        yield tag.H3(factor)
        rows = [_row(found, each) for each in contrasts]
        yield table(f"{factor}, difference from {first}: {NATS}; {others}", head, rows)
        if any(each.effect.pairs for each in contrasts):
            yield _picture(contrasts, found.sweep.equal)
            if 1 < len(contrasts[0].writers) < ENOUGH_WRITERS:
                yield _by_writer(contrasts)


def configuration_table(found: Answer) -> HtmlElement:
    """A row a configuration."""
    head = ("configuration", "seeds", "NLL", "over seeds", "difference", "95 % interval", "verdict", "seconds",
            "weights")  # fmt: skip
    caption = (
        f"NLL: {NATS}, mean and standard deviation over seeds; differences from {found.first}; seconds of training, "
        "median over seeds"
    )
    return table(caption, head, [_configuration(found, each) for each in found.configurations])


def _by_writer(contrasts: list[Contrast]) -> HtmlElement:
    """A row a writer: with so few, intervals are over lines and do not tell what is one writer's alone."""
    factor, _, first, _, writers = contrasts[0]
    columns = [each.writers["difference"] for each in contrasts]
    rows = [(*row, *(column[row[0]] for column in columns)) for row in writers[["lines", "points"]].itertuples()]
    caption = f"{factor}, difference from {first} by writer: {NATS}; a mean may rest on one of so few"
    return table(caption, ("writer", "lines", "points", *(each.level for each in contrasts)), rows)


def _picture(contrasts: list[Contrast], equal: float) -> HtmlElement:
    factor, _, first, *_ = contrasts[0]
    alt = "; ".join(f"{each.level}: {bounded(each.effect)}" for each in contrasts)
    caption = f"Left of the line: better than {first}. Shaded: within {equal:g}, which is called equal."
    others = [(each.level, each.effect) for each in contrasts]
    return figure(forest(first, others, equal), f"{factor}, differences from {first}. {alt}", caption)


def _row(found: Answer, contrast: Contrast) -> tuple[Cell, ...]:
    effect = contrast.effect
    worse_for = _whole(worse(effect)) if effect.pairs else ""
    counts = (worse_for, effect.seeds, effect.pairs)
    return contrast.level, effect.value, _interval(effect), *counts, _whole(shown_effect(found, contrast))


def _configuration(found: Answer, each: Configuration) -> tuple[Cell, ...]:
    effect = each.effect
    beside = (effect.value, _interval(effect), _whole(verdict(found, each))) if effect else ("", "", "")
    cost = (_rounded(each.seconds), _rounded(each.weights))
    return each.words, _whole(f"{each.seeds} of {len(found.sweep.seeds)}"), each.nll, each.deviation, *beside, *cost


def _interval(effect: Effect) -> str:
    if math.isnan(effect.low):
        return "unknown"
    alone = f", {effect.drawn} alone" if effect.seeds == 1 else ""
    return _whole(f"{said(effect.low)} to {said(effect.high)}{alone}")


def _whole(words: str) -> str:
    """Broken over lines in few places only, so that a narrow screen has no column of single words."""
    return words.replace(" ", SPACE).replace(f",{SPACE}", ", ").replace(f"{SPACE}within", " within")


def _rounded(value: float) -> Cell:
    return value if math.isnan(value) else round(value)


SHOWN = 2  # lines of each level


def sample_parts(found: Answer) -> Iterator[HtmlElement]:
    """For each factor its levels, the other factors at their first, each by its first finished seed."""
    names = _common([each.run for each in found.tried])
    if not names:
        yield paragraph("The trials dreamt no lines of the same names.")
        return
    yield paragraph(
        f"Lines {listed(names)} as each trial dreamt them: as many points as the held-out lines of these names, evenly "
        "taken from those that all trials have, drawn alike."
    )
    for factor, levels in found.sweep.levels.items():
        yield tag.H3(factor)
        for level in levels:
            yield from (_figure(f"{factor} {level}", each, names) for each in found.along(factor, level)[:1])


def _figure(words: str, tried: Tried, names: list[str]) -> HtmlElement:
    ink = tried.run.dreamt
    numbers = ink.index.reset_index().set_index("line").loc[names, "index"]
    caption = f"{words}, seed {tried.trial.seed}"
    return figure(draw_plain(page_of(points_of_lines(ink, numbers))), f"Lines dreamt with {caption}", f"{caption}.")


def _common(runs: list[Run]) -> list[str]:
    """Some of the names that the dreamt lines of all have, evenly taken."""
    return evenly(sorted(set.intersection(*(set(run.dreamt.index["line"]) for run in runs))), SHOWN)


def page_of_answer(found: Answer) -> str:
    """A page of its own, which opens offline."""
    return document(f"penlift: sweep {found.sweep.name}", _parts(found))


def _parts(found: Answer) -> Iterator[HtmlElement]:
    yield tag.H1(f"What sweep {found.sweep.name} found")
    yield paragraph(found.sweep.about, "lead")
    yield paragraph(progress(found), "" if len(found.tried) == found.planned else "notice")
    yield paragraph(_tried(found))
    if found.contrasts:
        yield section("In short", *_in_short(found))
        yield section("Factors", *factor_parts(found))
    yield section("Configurations", configuration_table(found))
    if any(not math.isnan(each.seconds) for each in found.configurations):
        yield section("Cost and quality", _cost(found))
    if not found.searched:  # whose trials stand along no factor
        yield section("Learning", _learning(found))
        yield section("Handwriting", *sample_parts(found))
    yield section("How the intervals are made", paragraph(_intervals(found), "quiet"))


def _tried(found: Answer) -> str:
    run, seeds = found.tried[0].run, found.sweep.seeds
    held_out = int((run.lines["split"] == found.split).sum())
    trained = f"seed{'s' if len(seeds) > 1 else ''} {listed([str(seed) for seed in seeds])}"
    fixed = ", ".join(f"{key}: {word(value)}" for key, value in found.sweep.set.items())
    return (
        f"Each configuration is trained with {trained} on {run.params['extract']['path']}, and judged by the "
        f"{held_out:,} held-out lines of the {found.split} split: NLL, {NATS}; lower is better. "
        f"{f'In every trial {fixed}.' if fixed else ''}"
    )


def _in_short(found: Answer) -> Iterator[HtmlElement]:
    items = [tag.LI(tag.STRONG(f"{factor}:"), f" {sentence(found, factor)}") for factor in found.sweep.reference]
    yield tag.UL(tag.CLASS("verdicts"), *items)
    rule = (
        f"In brackets the difference, {NATS}, below 0 where a level predicts better, its 95 % interval, and for how "
        "many it predicts worse: a mean may rest on few."
    )
    yield paragraph(rule, "quiet")


def _cost(found: Answer) -> HtmlElement:
    known = [each for each in found.configurations if not math.isnan(each.seconds)]
    alt = "; ".join(f"{each.words}: {each.seconds:.0f} s, {each.nll:.3f}" for each in known)
    named = "" if len(labelled(known)) == len(known) else "; named: what no other beats in both"
    caption = (
        f"NLL on the {found.split} split by seconds of training; bars: a standard deviation over seeds each way{named}."
    )
    return figure(cost(known), f"Cost and quality of each configuration. {alt}", caption)


def _learning(found: Answer) -> HtmlElement:
    caption = (
        "Held-out NLL by epoch, without the first, which would dwarf the others: a colour a level, a line a seed, the "
        "other factors at their first levels."
    )
    return figure(curves(found), f"Held-out NLL by epoch, along {listed(list(found.sweep.reference))}", caption)


def _intervals(found: Answer) -> str:
    return (
        "Differences are taken line by line, on the same held-out lines, between trials of the same seed. Intervals "
        "are 95 %, by Student's t: to the variance over writers, or over lines where writers are few or unknown, by "
        "bootstrap, that between seeds is added; degrees of freedom by Welch and Satterthwaite. What is noise of one "
        "seed on one line counts in both, which errs on the wide side. Where there is one seed, an interval is over "
        "writers or lines alone and says nothing of other seeds. Each interval stands for itself: of twenty, one is "
        "expected to miss. Better and worse: the interval is beyond 0, and the difference is "
        f"{found.sweep.equal:g} or more. Equal: the whole interval is within {found.sweep.equal:g} of 0."
    )
