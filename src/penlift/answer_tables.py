"""The tables of a sweep's page, and for each factor its picture."""

import math
from collections.abc import Iterator

from lxml.html import HtmlElement
from lxml.html import builder as tag

from penlift.answer import Answer, Configuration, Contrast
from penlift.answer_text import judged, verdict, worse
from penlift.effects import Effect
from penlift.forest import bounded, forest
from penlift.intervals import ENOUGH_WRITERS
from penlift.page import Cell, figure, said, table

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
    return contrast.level, effect.value, _interval(effect), *counts, _whole(judged(found, contrast))


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
