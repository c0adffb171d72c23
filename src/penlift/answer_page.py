"""The page of a sweep: its question, what the finished trials answer, and what that rests on."""

import math
from collections.abc import Iterator

from lxml.html import HtmlElement
from lxml.html import builder as tag

from penlift.answer import Answer
from penlift.answer_plots import cost, curves, labelled
from penlift.answer_samples import sample_parts
from penlift.answer_tables import NATS, configuration_table, factor_parts
from penlift.answer_text import joined, progress, sentence
from penlift.page import document, figure, paragraph, section
from penlift.sweep_file import word


def to_page(found: Answer) -> str:
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
    trained = f"seed{'s' if len(seeds) > 1 else ''} {joined([str(seed) for seed in seeds])}"
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
    return figure(curves(found), f"Held-out NLL by epoch, along {joined(list(found.sweep.reference))}", caption)


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
