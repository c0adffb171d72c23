"""The answer of a sweep as a text and as a page: its question, what the finished trials say, and how far they are."""

from collections.abc import Iterator

from lxml.html import HtmlElement
from lxml.html import builder as tag

from penlift.evaluation.comparison.differences import Effect
from penlift.experiments.comparison import Factor
from penlift.experiments.comparison_page import configuration_table, judged_by, method, text_of_comparison
from penlift.experiments.comparison_pictures import pictures_of
from penlift.experiments.sweeps.answer import Answer
from penlift.experiments.sweeps.design import word
from penlift.report.forest import EFFECT_HEAD, NATS, bounded, effect_cells, effect_table, forest_parts, worse_for
from penlift.report.html import document, paragraph, section


def text_of_answer(found: Answer) -> str:
    """How far it is, a row a configuration, and what each factor does."""
    sentences = [f"{factor.name}: {sentence(found, factor)}" for factor in found.factors]
    return "\n".join([progress(found), "", text_of_comparison(found), "", *sentences]).rstrip()


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


def sentence(found: Answer, factor: Factor) -> str:
    """What the levels of a factor do, those of one verdict together, each with its figures."""
    alike: dict[str, list[str]] = {}
    for level, effect, _ in factor.contrasts:
        words = effect.verdict(found.equal, factor.first)
        alike.setdefault(words, []).append(f"{level}{_figures(effect, found.seeds)}")
    told = [f"{_listed(levels)} {'is' if len(levels) == 1 else 'are'} {words}" for words, levels in alike.items()]
    return "; ".join(told) + "."


def _figures(effect: Effect, planned: int) -> str:
    """In brackets, with the seeds where some are missing."""
    if not effect.pairs:
        return ""
    rest = f", {effect.seeds} of {planned} seeds" if effect.seeds < planned else ""
    return f" ({bounded(effect)}, worse for {worse_for(effect)}{rest})"


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def page_of_answer(found: Answer) -> str:
    """A page of its own, which opens offline."""
    return document(f"penlift: sweep {found.sweep.name}", _parts(found))


def _parts(found: Answer) -> Iterator[HtmlElement]:
    yield tag.H1(f"What sweep {found.sweep.name} found")
    yield paragraph(found.sweep.about, "lead")
    yield paragraph(progress(found), "" if len(found.runs) == found.planned else "notice")
    yield paragraph(_tried(found))
    if found.factors:
        yield section("In short", *_in_short(found))
        yield section("Factors", *(part for factor in found.factors for part in _factor(found, factor)))
    yield section("Configurations", configuration_table(found))
    yield from pictures_of(found)
    yield method(found)


def _tried(found: Answer) -> str:
    seeds = [str(seed) for seed in found.sweep.seeds[: found.seeds]]
    fixed = ", ".join(f"{key}: {word(value)}" for key, value in found.sweep.set.items())
    return (
        f"Each configuration is trained with seed{'s' if len(seeds) > 1 else ''} {_listed(seeds)} on "
        f"{found.runs[0].params['extract']['path']}, and judged by {judged_by(found)} "
        f"{f'In every trial {fixed}.' if fixed else ''}"
    )


def _in_short(found: Answer) -> Iterator[HtmlElement]:
    items = [tag.LI(tag.STRONG(f"{factor.name}:"), f" {sentence(found, factor)}") for factor in found.factors]
    yield tag.UL(tag.CLASS("verdicts"), *items)
    rule = (
        f"In brackets the difference, {NATS}, below 0 where a level predicts better, its 95 % interval, and for how "
        "many it predicts worse: a mean may rest on few."
    )
    yield paragraph(rule, "quiet")


def _factor(found: Answer, factor: Factor) -> Iterator[HtmlElement]:
    """What its levels change."""
    grid = found.sweep.design == "grid"
    others = "mean over the levels of the other factors" if grid else "other factors at their first levels"
    rows = [
        (level, effect.seeds, effect.pairs, *effect_cells(effect, found.equal, factor.first))
        for level, effect, _ in factor.contrasts
    ]
    caption = f"{factor.name}, difference from {factor.first}: {NATS}; {others}"
    yield tag.H3(factor.name)
    yield effect_table(caption, ("level", "seeds", "pairs", *EFFECT_HEAD), rows)
    yield from forest_parts(factor.name, factor.first, factor.contrasts, found.equal)
