"""The page that a run leaves: what was run, on what, what came out, and what that compares with."""

import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from lxml.html import HtmlElement
from lxml.html import builder as tag

from penlift.density_drawing import draw_by_lift, draw_density
from penlift.drawing import Array, draw_by_stroke, draw_plain, sheet
from penlift.dreams import Dreamt
from penlift.health import rules
from penlift.ink import SPLITS
from penlift.likelihoods import graves_table, likelihood_table, parts_table
from penlift.page import document, figure, paragraph, said, section, table
from penlift.plots import loss_curves

BUILT_IN = PurePosixPath("data/corpus")
STAGES = 6  # of learning to write that are shown
DREAMS = 4  # dreamt lines shown plain; the first is also drawn in every other way


class RealLine(NamedTuple):
    """A held-out line to look at beside the dreamt ones."""

    name: str
    text: str
    points: Array  # (n, 3): x, y, lift


class Run(NamedTuple):
    """All that the page tells of, as the stages left it."""

    params: dict[str, dict[str, Any]]
    ink: dict[str, Any]  # summary.json of extract
    offsets: dict[str, Any]  # summary.json of normalise
    windows: dict[str, Any]  # coverage.json of window
    history: pd.DataFrame
    metrics: dict[str, Any]
    hands: list[Array]  # each (n, 3), by different writers of the ink
    real: RealLine
    dreamt: list[Dreamt]
    health: pd.DataFrame  # a row a dreamt line
    learnt: list[Array]  # each (n + 1, 3), dreamt behind each epoch


def to_page(run: Run) -> str:
    """The whole page as HTML."""
    return document("penlift: a run", _parts(run))


def _parts(run: Run) -> Iterator[HtmlElement]:
    yield tag.H1("What the network wrote, and how well it predicts")
    yield paragraph(_summary(run), "lead")
    if _is_built_in(run):
        yield paragraph(
            "This run is on the built-in corpus: made-up writers and single-stroke fonts, not people. Its likelihoods "
            "compare with other runs on the same corpus, and with no published figure.",
            "notice",
        )
    yield section("Handwriting", *_pictures(run))
    yield section("Samples", *_health(run))
    yield section("Hands", _hands(run))
    yield section("Likelihood of held-out lines", *_likelihoods(run))
    yield section("Learning", *_learning(run))
    yield section("Data", *_data(run))
    yield section("Parameters", tag.DIV(tag.CLASS("columns"), *_params(run)))


def _summary(run: Run) -> str:
    model, split = run.params["model"], "test" if "test" in run.metrics else "valid"
    cell = f"{model['cell']}{' with peepholes' if model['peepholes'] else ''}"
    nll = run.metrics[split]["nll_nats_per_point"]["tablet"]
    return (
        f"{model['layers']} layers of {model['hidden']} units ({cell}), {model['mixtures']} mixtures, "
        f"{len(run.history)} epochs: {said(float(nll))} nats a point in tablet units on the {split} split."
    )


def _pictures(run: Run) -> Iterator[HtmlElement]:
    text = f", “{run.real.text}”" if run.real.text else ""
    yield figure(draw_plain(run.real.points), f"A held-out line{text}", f"Held out: {run.real.name}{text}.")
    yield figure(draw_by_stroke(run.real.points), "The same line by stroke", "The same, a colour for each stroke.")
    for number, line in enumerate(run.dreamt[:DREAMS], 1):
        caption = f"Dreamt: sample {number}, from nothing but the network."
        yield figure(draw_plain(line.points), f"Dreamt line {number}", caption)
    first, densities, _ = run.dreamt[0]
    yield figure(draw_by_stroke(first), "Dreamt line 1 by stroke", "Sample 1, a colour for each stroke.")
    lift = "Sample 1, darker where the network expected the pen to lift."
    yield figure(draw_by_lift(first, densities.lift), "Dreamt line 1 by lift probability", lift)
    density = "Sample 1 over the density that each point was drawn from, to scale; ellipses at one standard deviation."
    yield figure(draw_density(first, densities), "Dreamt line 1 over next-point densities", density)


def _health(run: Run) -> Iterator[HtmlElement]:
    head = ("sample", *(name.replace("_", " ") for name in run.health.columns))
    rows = [(str(number), *map(_said_of, row)) for number, *row in run.health.itertuples()]
    yield table("Every sample that was drawn", head, rows)
    yield paragraph(rules(), "quiet")


def _said_of(value: float | bool) -> float | str:
    return ("yes" if value else "no") if isinstance(value, bool) else value


def _hands(run: Run) -> HtmlElement:
    kind = "made-up writers of the built-in corpus" if _is_built_in(run) else "writers of this ink"
    caption = f"A line each by {len(run.hands)} {kind}."
    return figure(draw_plain(sheet(run.hands, columns=2)), f"Lines by {len(run.hands)} hands", caption)


def _learning(run: Run) -> Iterator[HtmlElement]:
    yield figure(loss_curves(run.history), "Curves of the NLL in training and held out, by epoch", "NLL by epoch.")
    chosen = np.unique(np.linspace(1, len(run.learnt), STAGES).round().astype(int))
    for epoch in chosen:
        caption = f"Dreamt after epoch {epoch} of {len(run.learnt)}, from the same random numbers each time."
        yield figure(draw_plain(run.learnt[epoch - 1]), f"A line dreamt after epoch {epoch}", caption)


def _is_built_in(run: Run) -> bool:
    return PurePosixPath(run.params["extract"]["path"]) == BUILT_IN


def _likelihoods(run: Run) -> Iterator[HtmlElement]:
    yield paragraph(
        "Lower is better. Whole lines, state carried from zero, dropout off; the first point of a line is never a "
        f"target. Offsets are capped at {run.params['normalise']['cap']:g} tablet units, and no standard deviation is "
        "below half a unit."
    )
    splits = {split: run.metrics[split] for split in SPLITS if split in run.metrics}
    yield likelihood_table(splits)
    yield parts_table(splits)
    yield graves_table()
    yield paragraph(
        "What compares with Graves (2013): the z-score column, per line, on the valid split of IAM-OnDB, with "
        "extract.splits: graves and a cap too high to cut anything. Dividing data by s lowers the NLL by 2 ln s nats a "
        "point, so figures in different columns never compare. The vrnn column divides both axes by the one scalar of "
        "the variational-RNN papers, which is about √2 too large and worth 0.7 to 0.9 nats a point.",
        "quiet",
    )


def _data(run: Run) -> Iterator[HtmlElement]:
    columns = ("lines", "points", "writers", "forms")
    splits = sorted(run.ink["splits"].items(), key=lambda split: [*SPLITS, split[0]].index(split[0]))
    rows = [(split, *(int(counts[key]) for key in columns)) for split, counts in splits]
    yield table("Ink by split", ("split", *columns), rows)
    if torn := run.ink.get("torn_writers"):
        yield paragraph(f"In more than one split, so not new to the network: writers {', '.join(torn)}.", "notice")
    if run.ink["rejected"]:
        yield table("Files set aside", ("reason", "files"), sorted(run.ink["reasons"].items()))
    left_out = run.windows["left_out"]
    facts: list[tuple[str, int | float]] = [
        ("offsets", int(run.offsets["offsets"])),
        ("offsets at the cap", int(run.offsets["capped"])),
        ("offsets exactly zero", int(run.offsets["zero"])),
        ("training lines that windows are cut from", int(run.windows["lines"])),
        ("targets in them", int(run.windows["targets"])),
        ("training lines left out as too short", len(left_out)),
    ]
    if run.windows["most_to_least"] is not None:
        facts.append(("most to least often drawn target of a long line", float(run.windows["most_to_least"])))
    yield table("Offsets and windows", ("what", "how many"), facts)
    if left_out:
        yield paragraph(f"Too short: {', '.join(left_out)}.", "quiet")


def _params(run: Run) -> Iterator[HtmlElement]:
    for name, values in run.params.items():
        rows = [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in values.items()]
        yield table(name, ("parameter", "value"), rows)
