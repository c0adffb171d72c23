"""Differences from one first, with their intervals, as a reader sees them: in words, in a table, as a forest plot."""

import math
from collections.abc import Iterable, Iterator, Sequence

from lxml.html import HtmlElement

from penlift.drawing.plots import panels, saved
from penlift.drawing.svg import HUES
from penlift.evaluation.comparison.differences import Contrast, Effect
from penlift.evaluation.comparison.intervals import ENOUGH_WRITERS
from penlift.report.html import Cell, figure, table

FIRST = "what the others differ from"
NATS = "nats a point, tablet units"
SPACE = "\N{NO-BREAK SPACE}"
EFFECT_HEAD = ("difference [95 %]", "worse for", "verdict")  # over the cells of an effect


def bounded(found: Effect) -> str:
    """A difference and its interval."""
    if math.isnan(found.value):
        return "unknown"
    bounds = "unknown" if math.isnan(found.low) else f"{signed(found.low)}, {signed(found.high)}"
    return f"{signed(found.value)} [{bounds}]"


def signed(value: float) -> str:
    """Three decimals, plus or a true minus."""
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")


def worse_for(found: Effect) -> str:
    """How many of the writers, or lines, it is worse for; a mean may rest on few of them."""
    return f"{found.worse} of {found.units} {found.drawn.partition(' ')[0]}" if found.pairs else ""


def effect_cells(found: Effect | None, equal: float, first: str) -> tuple[str, str, str]:
    """An effect in a table, under EFFECT_HEAD; None is that of the first itself."""
    if found is None:
        return "", "", FIRST
    return bounded(found), worse_for(found), found.verdict(equal, first)


def effect_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HtmlElement:
    """A table with such cells, broken in few places only: a narrow screen has no columns of single words."""
    return table(caption, head, [[_unbroken(cell) if isinstance(cell, str) else cell for cell in row] for row in rows])


def _unbroken(words: str) -> str:
    whole = words.replace(" ", SPACE)
    return whole.replace(f"{SPACE}with", " with").replace(f"{SPACE}differ", " differ")  # within, too


def forest_parts(factor: str, first: str, contrasts: Sequence[Contrast], equal: float) -> Iterator[HtmlElement]:
    """The forest plot of a factor's levels, and of few writers a table: what is one writer's alone."""
    if not any(each.effect.pairs for each in contrasts):
        return
    alt = "; ".join(f"{each.level}: {bounded(each.effect)}" for each in contrasts)
    shaded = f" Shaded: within {equal:g}, which is called equal." if equal else ""
    caption = f"Left of the line: better than {first}.{shaded}"
    yield figure(forest(first, contrasts, equal), f"{factor}, differences from {first}. {alt}", caption)
    if 1 < len(contrasts[0].writers) < ENOUGH_WRITERS:
        yield _by_writer(factor, first, contrasts)


def _by_writer(factor: str, first: str, contrasts: Sequence[Contrast]) -> HtmlElement:
    """A row a writer: with so few, intervals are over lines and do not tell what is one writer's alone."""
    columns = [each.writers["difference"] for each in contrasts]
    lines = contrasts[0].writers[["lines", "points"]].itertuples()
    rows = [(*row, *(column[row[0]] for column in columns)) for row in lines]
    caption = f"{factor}, difference from {first} by writer: {NATS}; a mean may rest on one of so few"
    return table(caption, ("writer", "lines", "points", *(each.level for each in contrasts)), rows)


def forest(first: str, others: Sequence[Contrast], equal: float) -> bytes:
    """SVG of the first at 0 and of the others below it, by their names; differences up to `equal` are shaded."""
    canvas, (axes,) = panels(1, 1, (9.0, 0.8 + 0.35 * (1 + len(others))))
    axes.axvspan(-equal, equal, color="#e9edf3", linewidth=0)
    axes.axvline(0, color="#888888", linewidth=1, linestyle="--")
    axes.plot([0], [0], "o", color="white", markeredgecolor=HUES[0])
    for row, (_, found, _) in enumerate(others, 1):
        axes.plot([found.low, found.high], [-row, -row], color=HUES[0], linewidth=2)
        axes.plot([found.value], [-row], "o", color=HUES[0])
    labels = [first, *(each.level for each in others)]
    axes.set_yticks([-row for row in range(len(labels))], labels=labels)
    axes.set(xlabel=f"difference from {first}, nats a point", ylim=(0.6 - len(labels), 0.6))
    return saved(canvas, "svg")
