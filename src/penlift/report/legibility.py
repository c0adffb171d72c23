"""Legibility on the page of a run: letters read wrongly, of people and of the network, and which ones these are."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from lxml.html import HtmlElement

from penlift.evaluation.results import WRITTEN, Evaluated
from penlift.report.html import paragraph, table

SIDES = {  # of metrics.json, as a reader is told of them
    "people": "people's lines", "normalised": "the same, normalised and back", "bias_0": "written, bias 0",
    "bias_0_5": "written, bias 0.5", "bias_1": "written, bias 1", "another_text": "people's lines, by another text",
}  # fmt: skip
WORST, READ_AS, EXAMPLES = 12, 3, 8  # letters, and what each was mostly read as; lines


def legibility_parts(found: Evaluated, figures: Mapping[str, Any]) -> Iterator[HtmlElement]:
    """What a recogniser made of the run; that there was none, where there was none."""
    if not figures:
        yield paragraph(
            "No recogniser was trained in this run, so nobody knows: recognise.enabled is false. With true, one is, "
            "and says it.", "notice",
        )  # fmt: skip
        return
    yield paragraph(
        f"Recogniser {found.judge} was trained on the training split alone, and reads letter by letter, without words. "
        "Figures of another recogniser do not compare with these."
    )
    if shares := figures.get("known_words_share"):
        names = {"dreamt": "what the network dreamt", "people": "people's lines", "shuffled": "their letters, shuffled"}
        rows = [(names[key], f"{100 * share:.1f} %") for key, share in shares.items()]
        yield table("Read words that are words of the training texts", ("of", "known"), rows)
        return
    for name in ("unseen", "seen"):
        if group := figures.get(name):
            caption = f"{group['lines']} lines with {name} texts; edits in per cent of the letters"
            head = ("read", "wrong", "95 %", "words wrong", "substituted", "missing", "too many")
            yield table(caption, head, [_row(words, group[side]) for side, words in SIDES.items() if side in group])
    yield paragraph(
        "Texts of held-out lines, as people wrote them and as the network writes them; those that stand in no training "
        "line are the ones to go by. Lines that had to be ended are read as they are. A lower rate at a higher bias is "
        "bought with sameness:"
    )
    apart = figures.get("tablet_units_apart", {})
    rows = [(SIDES[side], value) for side, value in apart.items()]
    yield table("How unlike two hands write one text: mean distance in shape, tablet units", ("of", "apart"), rows)
    if "people" not in apart:
        yield paragraph("Of people this is unmeasured: no text of this ink was written by two.", "quiet")
    yield from _letters(found)


def _row(words: str, side: Mapping[str, float]) -> tuple[str, ...]:
    low, high = (side.get(f"cer_{end}") for end in ("low", "high"))
    between = f"{100 * low:.1f} to {100 * high:.1f}" if low is not None and high is not None else "unknown"
    rates = (f"{100 * side.get(key, float('nan')):.1f}" for key in ("wer", "substitutions", "deletions", "insertions"))
    return (words, f"{100 * side['cer']:.1f}", between, *rates)


def _letters(found: Evaluated) -> Iterator[HtmlElement]:
    if found.confusions is None or found.legibility is None:
        return
    wrong = {side: _wrong(group) for side, group in found.confusions.groupby("of")}
    if WRITTEN in wrong:
        rows = []
        of_people = wrong.get("people", {})
        by_errors = sorted(wrong[WRITTEN].items(), key=lambda each: (-each[1][1], each[0]))
        for letter, (times, errors, taken) in by_errors[:WORST]:
            people = of_people.get(letter)
            beside = f"{100 * people[1] / people[0]:.0f} %" if people else "unknown"
            rows.append((repr(letter), times, f"{100 * errors / times:.0f} %", beside, taken))
        head = ("letter", "times", "read wrongly", "of people", "mostly as")
        yield table(f"Letters by errors, written at {WRITTEN}", head, rows)
    some = found.legibility[found.legibility["of"] == WRITTEN]
    some = some.iloc[:: max(1, len(some) // EXAMPLES)].head(EXAMPLES)
    yield table(
        f"Some lines, written at {WRITTEN}", ("to be written", "read"), some[["text", "read"]].to_numpy().tolist()
    )


def _wrong(counts: pd.DataFrame) -> dict[str, tuple[int, int, str]]:
    """Of each letter how often it was to be written, how often it was read wrongly, and what it was mostly read as."""
    known = {}
    for letter, group in counts[counts["letter"] != ""].groupby("letter"):
        others = group[group["as"] != letter].sort_values(["times", "as"], ascending=[False, True])
        taken = ", ".join(repr(other) if other else "nothing" for other in others["as"].head(READ_AS))
        known[str(letter)] = int(group["times"].sum()), int(others["times"].sum()), taken
    return known
