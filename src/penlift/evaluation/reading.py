"""Does a network with text read it? Held-out lines under their own text, and under texts that are not theirs.

A network that reads finds real ink likelier under its own words than under any others. Lines whose text stands in
training too are told apart: people copied the same forms, and who has learned a text by heart need not read it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from penlift.common.geometry import Array
from penlift.common.terminal import Meter
from penlift.evaluation.comparison.intervals import INTERVAL, clusters_of, resampled
from penlift.ink.lines import Ink, evenly
from penlift.ink.scales import shift_to
from penlift.model.checkpoint import Model
from penlift.model.scores import predict_lines

READ, OTHERS, SHOWN = 200, 9, 2  # lines that are read, texts of others before each, and lines whose window is drawn
UNDER = ("own", "other", "shuffled")  # of the NLL of a line: the texts that it was read with


class Reading(NamedTuple):
    """What became of lines read with several texts."""

    lines: pd.DataFrame  # line, writer, text, seen, points, own, other, shuffled (nats, tablet units), others, likelier
    windows: list[Array]  # (T, U): what lies under the window at each point of the first lines, by letters of the text


def read_with_texts(model: Model, ink: Ink, split: str, seed: int) -> Reading:
    """Read lines of a split that have a text, evenly taken."""
    texts = ink.index["text"]
    numbers = evenly(ink.of_split(split, with_text=True), READ)
    known, rng = set(texts.iloc[ink.of_split("train")]), np.random.default_rng(seed)
    own = {number: str(texts.iloc[number]) for number in numbers}
    others = _others(own, rng)
    shuffled = {number: "".join(rng.permutation(list(text))) for number, text in own.items()}
    rounds = [own, shuffled, *others]
    with Meter("read texts", len(rounds) * len(numbers)) as meter:
        nats = [_nats(model, ink, said, meter) for said in rounds]
    table = pd.DataFrame({"line": ink.index["line"].iloc[numbers], "writer": ink.index["writer"].iloc[numbers]})
    table = table.assign(text=list(own.values()), seen=[text in known for text in own.values()])
    table["points"] = ink.index["points"].iloc[numbers] - 1
    under = pd.DataFrame([[each.get(number, np.nan) for each in nats] for number in numbers], index=table.index)
    table["own"], table["shuffled"], table["other"] = under[0], under[1], under[2] if others else np.nan
    table["others"] = under.iloc[:, 2:].notna().sum(axis=1)
    table["likelier"] = (under.iloc[:, 2:].gt(under[0], axis=0) | under.iloc[:, 2:].isna()).all(axis=1)
    return Reading(table.reset_index(drop=True), list(_windows(model, ink, numbers[:SHOWN])))


def _others(own: Mapping[int, str], rng: np.random.Generator) -> list[dict[int, str]]:
    """Nine times a text of another line for each: all of them differ, from its own too; fewer where there are none."""
    different = list(dict.fromkeys(own.values()))
    rounds: list[dict[int, str]] = [{} for _ in range(min(OTHERS, len(different) - 1))]
    for number, text in own.items():
        for each, other in zip(rounds, rng.permutation([one for one in different if one != text]), strict=False):
            each[number] = str(other)
    return rounds


def _nats(model: Model, ink: Ink, said: Mapping[int, str], meter: Meter) -> dict[int, float]:
    """Each line's NLL with this text, in nats and tablet units."""
    found: dict[int, float] = {}
    for lines, targets, mask, mixture, _ in predict_lines(model.network, ink, list(said), said):
        nats = -(mixture.log_prob(targets) * mask).double().sum(1) + shift_to((1.0, 1.0), model.scales) * mask.sum(1)
        found |= zip(lines.numbers, nats.tolist(), strict=True)
        meter.advance(count=len(lines.numbers))
    return found


def _windows(model: Model, ink: Ink, numbers: list[int]) -> Iterator[Array]:
    for number in numbers:
        (read,) = predict_lines(model.network, ink, [number])
        if read.window:
            yield read.window.along()[1][:, 0]


def figures_of(lines: pd.DataFrame, seed: int) -> dict[str, Any]:
    """For metrics.json, of lines with texts that do not stand in training, and of those that do, apart."""
    groups = {"unseen": lines[~lines["seen"]], "seen": lines[lines["seen"]]}
    return {name: _figures(group, seed) for name, group in groups.items() if len(group)}


def _figures(lines: pd.DataFrame, seed: int) -> dict[str, Any]:
    """Nats a point in tablet units, with the interval of that under the own text; the share that is likelier so."""
    sums = lines[["points", *UNDER, "likelier"]].astype(float).assign(lines=1.0)
    again = resampled(sums, clusters_of(lines), seed)
    low, high = (again["own"] / again["points"]).quantile(INTERVAL)
    share_low, share_high = (again["likelier"] / again["lines"]).quantile(INTERVAL)
    whole = sums.sum()
    figures: dict[str, Any] = {"lines": len(lines)}
    figures |= {f"nll_nats_per_point_{name}_text": {"tablet": float(whole[name] / whole["points"])} for name in UNDER}
    letters = int(lines["text"].map(len).sum())
    return figures | {
        "nll_nats_per_point_own_text_low": {"tablet": float(low)},
        "nll_nats_per_point_own_text_high": {"tablet": float(high)},
        "nll_nats_per_line_own_text": {"tablet": float(whole["own"] / len(lines))},
        "nll_nats_per_letter_own_text": {"tablet": float(whole["own"] / letters)},
        "likelier_share": float(whole["likelier"] / len(lines)),
        "likelier_share_low": float(share_low),
        "likelier_share_high": float(share_high),
    }
