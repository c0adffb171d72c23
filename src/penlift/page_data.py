"""What a run was made of, on the page: ink, offsets, windows, parameters."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from lxml.html import HtmlElement

from penlift.ink import SPLITS
from penlift.page import paragraph, table


class Material(NamedTuple):
    """What the stages before training said of their data."""

    ink: dict[str, Any]  # summary.json of extract
    offsets: dict[str, Any]  # summary.json of normalise
    windows: dict[str, Any]  # coverage.json of window


def data_parts(made: Material) -> Iterator[HtmlElement]:
    """Counts, and what was set aside."""
    columns = ("lines", "points", "writers", "forms")
    splits = sorted(made.ink["splits"].items(), key=lambda split: [*SPLITS, split[0]].index(split[0]))
    rows = [(split, *(int(counts[key]) for key in columns)) for split, counts in splits]
    yield table("Ink by split", ("split", *columns), rows)
    if torn := made.ink.get("torn_writers"):
        yield paragraph(f"In more than one split, so not new to the network: writers {', '.join(torn)}.", "notice")
    if made.ink["rejected"]:
        yield table("Files set aside", ("reason", "files"), sorted(made.ink["reasons"].items()))
    left_out = made.windows["left_out"]
    facts: list[tuple[str, int | float]] = [
        ("offsets", int(made.offsets["offsets"])),
        ("offsets at the cap", int(made.offsets["capped"])),
        ("offsets exactly zero", int(made.offsets["zero"])),
        ("training lines that windows are cut from", int(made.windows["lines"])),
        ("targets in them", int(made.windows["targets"])),
        ("training lines left out as too short", len(left_out)),
    ]
    if made.windows["most_to_least"] is not None:
        facts.append(("most to least often drawn target of a long line", float(made.windows["most_to_least"])))
    yield table("Offsets and windows", ("what", "how many"), facts)
    if left_out:
        yield paragraph(f"Too short: {', '.join(left_out)}.", "quiet")


def params_parts(params: dict[str, dict[str, Any]]) -> Iterator[HtmlElement]:
    """A table for each section of params.yaml."""
    for name, values in params.items():
        rows = [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in values.items()]
        yield table(name, ("parameter", "value"), rows)
