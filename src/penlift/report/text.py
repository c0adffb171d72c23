"""Text on the page of a run: what its network knows, whether it reads, and how its window went along."""

from collections.abc import Iterator, Mapping
from typing import Any

from lxml.html import HtmlElement

from penlift.common.geometry import Array
from penlift.drawing.plots import panels, saved
from penlift.evaluation.results import Evaluated
from penlift.ink.alphabet import Alphabet, Texts
from penlift.report.html import figure, paragraph, table

WORDS = {
    "own": "its own text", "other": "the text of another line", "shuffled": "its own letters, shuffled",
}  # fmt: skip


def draw_window(under: Array, text: str) -> bytes:
    """SVG of what lay under the window at each point, (T, U): Graves (2013), figure 14."""
    drawing, (axes,) = panels(1, 1, (10.0, 3.6))
    axes.imshow(under.T, aspect="auto", cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
    axes.set_yticks(range(len(text)), labels=[sign.replace("$", r"\$") for sign in text], fontsize=6)
    axes.set(xlabel="point")
    axes.grid(visible=False)
    return saved(drawing, "svg")


def text_parts(
    found: Evaluated, metrics: dict[str, Any], texts: Texts, alphabet: Alphabet, point: str
) -> Iterator[HtmlElement]:
    """Nothing of a network without text; `point`: what likelihoods are of, as `scales.point_of` has it."""
    if found.reading is None:
        return
    yield paragraph(
        "A network that reads finds ink likelier under its own words than under others. Held-out lines, each read with "
        "its own text, with one of another line, with its own letters in another order, and with nine others, among "
        "which the own one would be the likeliest one time in ten by chance. Lines whose text stands in training too "
        "are told apart: the figures of unseen texts are those to go by."
    )
    for name, figures in metrics.items():
        rows = [(words, figures[f"nll_nats_per_point_{under}_text"]["tablet"]) for under, words in WORDS.items()]
        share, low, high = (figures.get(f"likelier_share{end}") for end in ("", "_low", "_high"))
        caption = f"{figures['lines']} lines with {name} texts, nats a {point} in tablet units"
        yield table(caption, ("under", "NLL"), rows)
        between = f" (95 %: {100 * low:.1f} to {100 * high:.1f} %)" if low is not None and high is not None else ""
        yield paragraph(
            f"{100 * share:.1f} % of them{between} are likelier under their own text than under nine others; "
            f"{figures['nll_nats_per_line_own_text']['tablet']:.0f} nats a line, "
            f"{figures['nll_nats_per_letter_own_text']['tablet']:.1f} a letter."
        )
    for under, text in zip(found.windows, found.reading["text"], strict=False):
        words = "Where the window was on the text, along the points of a held-out line (Graves 2013, figure 14)."
        yield figure(draw_window(under[:, : len(text)], text), f"Map of the window on: {text}", words)
    others = _counted(alphabet.others(texts.counts)) or "none"
    yield paragraph(f"Signs with a number of their own: {alphabet.signs!r}. Signs that share one: {others}.")
    yield paragraph(f"How often each stands in the training lines: {_counted(texts.counts)}.", "quiet")
    if texts.unfit:
        named = ", ".join(f"{line} ({why})" for line, why in texts.unfit.items())
        yield paragraph(f"{len(texts.unfit)} lines were neither learned from nor judged by: {named}.", "notice")


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{sign!r} {count}" for sign, count in counts.items())
