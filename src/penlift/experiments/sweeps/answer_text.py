"""The answer of a sweep in words and in tables, for a terminal, a page or another program."""

from typing import NamedTuple

import pandas as pd

from penlift.evaluation.comparison.differences import UNKNOWN, Effect
from penlift.experiments.sweeps.answer import Answer, Configuration, Contrast
from penlift.report.forest import FIRST, bounded
from penlift.report.html import said

CONFIGURATIONS = ["configuration", "seeds", "nll", "deviation", "difference", "low", "high", "verdict", "seconds",
                  "weights"]  # fmt: skip
EFFECTS = ["factor", "level", "first", "difference", "low", "high", "seeds", "pairs", "drawn", "worse", "units",
           "verdict"]  # fmt: skip
WRITERS = ["factor", "level", "first", "writer", "lines", "points", "difference"]


def text_of_answer(found: Answer) -> str:
    """A row a configuration, and what each factor does."""
    width = max(len(configuration.words) for configuration in found.configurations)
    head = f"seeds      NLL  over seeds  difference [95 %]          {found.split} split, nats a point, tablet units"
    rows = [f"{'configuration':{width}}  {head}"]
    for each in found.configurations:
        said_so = f"{bounded(each.effect):24}  {verdict(found, each)}" if each.effect else FIRST
        rows.append(f"{each.words:{width}}  {each.seeds:5}  {said(each.nll):>7}  {said(each.deviation):>10}  {said_so}")
    sentences = [f"{factor}: {sentence(found, factor)}" for factor in found.sweep.reference if found.of(factor)]
    return "\n".join([progress(found), "", *rows, "", *sentences])


class Tables(NamedTuple):
    """An answer as tables, each with the columns of its name above."""

    configurations: pd.DataFrame  # a row a configuration
    effects: pd.DataFrame  # a row a level against its first
    writers: pd.DataFrame  # a row a level and writer


def to_tables(found: Answer) -> Tables:
    """All figures of an answer."""
    configurations = [
        (each.words, each.seeds, each.nll, each.deviation, *(each.effect or UNKNOWN)[:3], verdict(found, each),
         each.seconds, each.weights)
        for each in found.configurations
    ]  # fmt: skip
    effects = [(*each[:3], *each.effect, shown_effect(found, each)) for each in found.contrasts]
    writers = [(*each[:3], *row) for each in found.contrasts for row in each.writers.itertuples()]
    return Tables(
        pd.DataFrame(configurations, columns=CONFIGURATIONS),
        pd.DataFrame(effects, columns=EFFECTS),
        pd.DataFrame(writers, columns=WRITERS),
    )


def progress(found: Answer) -> str:
    """How much of the sweep the answer rests on."""
    if found.searched:
        return (
            f"{len(found.tried)} of {found.planned} trials left their results here. Poor ones are cut short, others may"
            " not be done or have run elsewhere: levels are not compared over what is left."
        )
    if len(found.tried) == found.planned:
        return f"All {found.planned} trials are finished."
    return f"{len(found.tried)} of {found.planned} trials are finished; what the others would say is left out."


def sentence(found: Answer, factor: str) -> str:
    """What the levels of a factor do, those of one verdict together, each with its figures."""
    alike: dict[str, list[str]] = {}
    for contrast in found.of(factor):
        alike.setdefault(shown_effect(found, contrast), []).append(
            f"{contrast.level}{_figures(found, contrast.effect)}"
        )
    told = [f"{listed(levels)} {'is' if len(levels) == 1 else 'are'} {words}" for words, levels in alike.items()]
    return "; ".join(told) + "."


def _figures(found: Answer, effect: Effect) -> str:
    """In brackets, with the seeds where some are missing."""
    if not effect.pairs:
        return ""
    planned = len(found.sweep.seeds)
    rest = f", {effect.seeds} of {planned} seeds" if effect.seeds < planned else ""
    return f" ({bounded(effect)}, worse for {worse(effect)}{rest})"


def verdict(found: Answer, configuration: Configuration) -> str:
    """What a configuration is, beside the reference."""
    return configuration.effect.verdict(found.sweep.equal, found.first) if configuration.effect else FIRST


def shown_effect(found: Answer, contrast: Contrast) -> str:
    """What a level is, beside the first of its factor."""
    return contrast.effect.verdict(found.sweep.equal, contrast.first)


def worse(found: Effect) -> str:
    """How many of the writers, or lines, it is worse for; a mean may rest on few of them."""
    return f"{found.worse} of {found.units} {found.drawn.partition(' ')[0]}"


def listed(words: list[str]) -> str:
    """As a sentence lists them."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
