"""The page that a run leaves: what came out, whether to believe it, what was run on what, what it compares with."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import pandas as pd
from lxml.html import HtmlElement
from lxml.html.builder import CLASS

from penlift.common.files import made_by_stage
from penlift.common.geometry import Array
from penlift.drawing.densities import draw_by_lift, draw_density, draw_weights
from penlift.drawing.plots import loss_curves
from penlift.drawing.svg import draw_by_stroke, draw_plain, page_of, sheet
from penlift.evaluation.results import Evaluated, judged_split, read_json
from penlift.ink.alphabet import Alphabet, Texts
from penlift.ink.lines import SPLITS, evenly
from penlift.ink.offsets import Extremes, as_drawn
from penlift.ink.scales import hertz, otherwise, point_of, rate_in
from penlift.ink.windows import Coverage
from penlift.report.calibration import calibration_parts
from penlift.report.html import document, figure, paragraph, said, section, table, tag
from penlift.report.legibility import legibility_parts
from penlift.report.likelihood import likelihood_parts
from penlift.report.movement import movement_parts
from penlift.report.text import text_parts
from penlift.report.verdicts import Verdict, verdicts
from penlift.sampling.health import rules
from penlift.sampling.samples import Sample

BUILT_IN = PurePosixPath("data/corpus")
STAGES = 6  # of learning to write that are shown


class SplitCounts(NamedTuple):
    """What a split holds."""

    lines: int
    points: int
    writers: int
    forms: int


class InkSummary(NamedTuple):
    """summary.json of stage extract."""

    splits: dict[str, SplitCounts]
    rejected: int
    reasons: dict[str, int]
    torn_writers: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class DataSummaries(NamedTuple):
    """What the stages before training said of their data."""

    ink: InkSummary
    offsets: Extremes  # summary.json of stage normalise
    windows: Coverage  # coverage.json of stage window


def read_summaries(ink: Path, offsets: Path, windows: Path) -> DataSummaries:
    """From the folders of the stages."""
    return DataSummaries(
        read_json(ink / "summary.json", InkSummary),
        read_json(offsets / "summary.json", Extremes),
        read_json(windows / "coverage.json", Coverage),
    )


def read_metrics(path: Path) -> dict[str, Any]:
    """metrics.json, with the parts that every run has."""
    with made_by_stage(path):
        metrics: dict[str, Any] = read_json(path)
        if missing := {"train", "calibration", "free_running"} - metrics.keys():
            raise ValueError(f"it has no {min(missing)}")
        return metrics


def data_parts(made: DataSummaries) -> Iterator[HtmlElement]:
    """SplitCounts, and what was set aside."""
    splits = sorted(made.ink.splits.items(), key=lambda split: [*SPLITS, split[0]].index(split[0]))
    yield table("Ink by split", ("split", *SplitCounts._fields), [(split, *counts) for split, counts in splits])
    if torn := made.ink.torn_writers:
        yield paragraph(f"In more than one split, so not new to the network: writers {', '.join(torn)}.", "notice")
    if remarks := made.ink.remarks:
        yield paragraph(f"Of this ink: {'; '.join(remarks)}.", "notice")
    if made.ink.rejected:
        yield table("Files set aside", ("reason", "files"), sorted(made.ink.reasons.items()))
    facts: list[tuple[str, int | float]] = [
        ("offsets", made.offsets.offsets),
        ("offsets at the cap", made.offsets.capped),
        ("offsets exactly zero", made.offsets.zero),
        ("training lines that windows are cut from", made.windows.lines),
        ("targets in them", made.windows.targets),
        ("training lines left out as too short", len(made.windows.left_out)),
    ]
    if made.windows.most_to_least is not None:
        facts.append(("most to least often drawn target of a long line", made.windows.most_to_least))
    yield table("Offsets and windows", ("what", "how many"), facts)
    if left_out := made.windows.left_out:
        yield paragraph(f"Too short: {', '.join(left_out)}.", "quiet")


def params_parts(params: dict[str, dict[str, Any]]) -> Iterator[HtmlElement]:
    """A table for each section of params.yaml."""
    for name, values in params.items():
        rows = [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in values.items()]
        yield table(name, ("parameter", "value"), rows)


class RunPage(NamedTuple):
    """All that the page tells of, as the stages left it."""

    params: dict[str, dict[str, Any]]
    made: DataSummaries
    history: pd.DataFrame
    metrics: dict[str, Any]
    evaluated: Evaluated
    hands: list[Array]  # each (n, 3), by different writers of the ink
    real: list[Array]  # held-out lines, (n, 3)
    counterparts: list[Array]  # lines that the network wrote, of as many points each
    dreamt: list[Sample]  # the samples that were asked for
    health: pd.DataFrame  # a row a sample
    learnt: list[Array]  # each (n + 1, 3), dreamt behind each epoch
    texts: Texts | None = None  # that stage window found, for a network with text
    signs: str = ""  # that this network tells apart

    @property
    def rate(self) -> float | None:
        """Hz that points were thinned to, or None."""
        return rate_in(self.params)

    @property
    def point(self) -> str:
        """What a likelihood is of."""
        return point_of(self.rate)

    def drawn(self, lines: list[Array]) -> list[Array]:
        """What the network wrote as it is shown: with curves between points that were thinned."""
        return [as_drawn(line, self.rate) for line in lines]


def page_of_run(run: RunPage) -> str:
    """The whole page as HTML."""
    return document("penlift: a run", _parts(run))


def _parts(run: RunPage) -> Iterator[HtmlElement]:
    split = judged_split(run.metrics)
    yield tag.h1("What the network wrote, and how well it predicts")
    yield paragraph(_summary(run, split), "lead")
    if _is_built_in(run):
        yield paragraph(
            "This run is on the built-in corpus: made-up writers and single-stroke fonts, not people. Its likelihoods "
            "compare with other runs on the same corpus, and with no published figure.",
            "notice",
        )
    yield section("In short", _verdicts(verdicts(run.metrics, run.history, run.point)))
    yield section("Handwriting", *_pictures(run))
    yield section("What it expected", *_maps(run.dreamt[0]))
    yield section("Samples", *_health(run.health))
    yield section("Likelihood of held-out lines", *_likelihoods(run, split))
    if run.texts:
        parts = text_parts(run.evaluated, run.metrics.get("text", {}), run.texts, Alphabet(run.signs), run.point)
        yield section("Does it read?", *parts)
    yield section("Can it be read?", *legibility_parts(run.evaluated, run.metrics.get("legibility", {})))
    yield section("Calibration", *calibration_parts(run.evaluated, run.metrics["calibration"], split))
    yield section("Movement and likeness", *movement_parts(run.evaluated, run.metrics["free_running"]))
    yield section("Learning", *_learning(run))
    yield section("Hands", _hands(run))
    yield section("Data", *data_parts(run.made))
    yield section("Parameters", tag.div(CLASS("columns"), *params_parts(run.params)))


def _verdicts(found: Iterable[Verdict]) -> HtmlElement:
    """Answers in words, each with its rule; not told apart by colour alone."""
    items = [
        tag.li(
            CLASS("good" if verdict.good else "bad"),
            tag.strong(f"{verdict.question} {'Yes.' if verdict.good else 'No.'}"),
            f" {verdict.words} ",
            tag.span(CLASS("quiet"), f"Rule: {verdict.rule}"),
        )
        for verdict in found
    ]
    return tag.ul(CLASS("verdicts"), *items)


def _summary(run: RunPage, split: str) -> str:
    model = run.params["model"]
    cell = f"{model['cell']}{' with peepholes' if model['peepholes'] else ''}"
    nll = run.metrics[split]["nll_nats_per_point"]["tablet"]
    beside = "" if run.rate is None else f"; {otherwise(run.metrics[split])}"
    return (
        f"{model['layers']} layers of {model['hidden']} units ({cell}), {model['mixtures']} mixtures, "
        f"{len(run.history)} epochs on {run.params['extract']['path']}: {said(float(nll))} nats a {run.point} in "
        f"tablet units on the {split} split{beside}."
    )


def _pictures(run: RunPage) -> Iterator[HtmlElement]:
    count = len(run.real)
    caption = f"Held out: {count} lines, evenly taken from all."
    yield figure(draw_plain(page_of(run.real)), f"{count} held-out lines", caption)
    what = "the same texts" if run.texts else "as many points"
    how = "alike" if run.rate is None else f"with curves between points of {hertz(run.rate)}"
    caption = f"Dreamt: {count} lines of {what}, from nothing but the network; drawn {how}, none left out."
    yield figure(draw_plain(page_of(run.drawn(run.counterparts))), f"{count} dreamt lines", caption)
    lines = run.drawn([line.points for line in run.dreamt])
    caption = f"All {len(lines)} samples, as section sample of the parameters asks for them."
    yield figure(draw_plain(page_of(lines)), f"{len(lines)} samples", caption)


def _maps(line: Sample) -> Iterator[HtmlElement]:
    points, densities = line.points, line.densities
    yield figure(draw_by_stroke(points), "Sample 1 by stroke", "Sample 1, a colour for each stroke.")
    lift = "Sample 1, darker where the network expected the pen to lift."
    yield figure(draw_by_lift(points, densities.lift), "Sample 1 by lift probability", lift)
    density = "Sample 1 over the density that each point was drawn from, to scale; ellipses at one standard deviation."
    yield figure(draw_density(points, densities), "Sample 1 over next-point densities", density)
    weights = "The weights of the components along sample 1, a row a component (Graves 2013, figure 10)."
    yield figure(draw_weights(densities), "Mixture weights along sample 1", weights)


def _health(health: pd.DataFrame) -> Iterator[HtmlElement]:
    head = ("sample", *(name.replace("_", " ") for name in health.columns))
    rows = [(str(number), *map(_said_of, row)) for number, *row in health.itertuples()]
    yield table("Every sample that was drawn, lengths in tablet units", head, rows)
    yield paragraph(rules(), "quiet")


def _said_of(value: float | bool) -> float | str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return round(value)


def _hands(run: RunPage) -> HtmlElement:
    kind = "made-up writers of the built-in corpus" if _is_built_in(run) else "writers of this ink"
    caption = f"A line each by {len(run.hands)} {kind}."
    return figure(draw_plain(sheet(run.hands, columns=2)), f"Lines by {len(run.hands)} hands", caption)


def _learning(run: RunPage) -> Iterator[HtmlElement]:
    alt = "Curves of the NLL in training and held out, by epoch"
    yield figure(loss_curves(run.history, run.point), alt, "NLL by epoch.")
    for epoch in evenly(range(1, len(run.learnt) + 1), STAGES):
        caption = f"Dreamt after epoch {epoch} of {len(run.learnt)}, from the same random numbers each time."
        yield figure(draw_plain(*run.drawn([run.learnt[epoch - 1]])), f"A line dreamt after epoch {epoch}", caption)


def _likelihoods(run: RunPage, split: str) -> Iterator[HtmlElement]:
    likelihood = run.evaluated.likelihood
    drawn = " or ".join(likelihood["drawn"].unique())
    yield paragraph(
        "Lower is better. Whole lines, state carried from zero, dropout off; the first point of a line is never a "
        f"target. Offsets are capped at {run.params['normalise']['cap']:g} tablet units, and no standard deviation is "
        f"below half a unit. Intervals: bootstrap over {drawn}. No network: one mixture of 20 normals over offsets and "
        "one lift rate, fitted to the training split."
    )
    yield from likelihood_parts(likelihood, run.evaluated.writers, split, run.rate)


def _is_built_in(run: RunPage) -> bool:
    return PurePosixPath(run.params["extract"]["path"]) == BUILT_IN
