"""What the trials of a sweep write by themselves: lines of the same names, level by level."""

from collections.abc import Iterator

from lxml.html import HtmlElement
from lxml.html import builder as tag

from penlift.answer import Answer
from penlift.answer_text import joined
from penlift.drawing import draw_plain, page_of
from penlift.evenly import evenly
from penlift.page import figure, paragraph
from penlift.results import points_of
from penlift.runs import Run
from penlift.tried import Tried

SHOWN = 2  # lines of each level


def sample_parts(found: Answer) -> Iterator[HtmlElement]:
    """For each factor its levels, the other factors at their first, each by its first finished seed."""
    names = _common([each.run for each in found.tried])
    if not names:
        yield paragraph("The trials dreamt no lines of the same names.")
        return
    yield paragraph(
        f"Lines {joined(names)} as each trial dreamt them: as many points as the held-out lines of these names, evenly "
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
    return figure(draw_plain(page_of(points_of(ink, numbers))), f"Lines dreamt with {caption}", f"{caption}.")


def _common(runs: list[Run]) -> list[str]:
    """Some of the names that the dreamt lines of all have, evenly taken."""
    return evenly(sorted(set.intersection(*(set(run.dreamt.index["line"]) for run in runs))), SHOWN)
