"""Can it be read? Letters that a recogniser reads wrongly of what a network wrote, beside those of people's lines.

All are read in the same way and are to say the same: the texts of held-out lines, as people wrote them, as what is left
of those once they are normalised, and as the network writes them, more and more neatly. What had to be ended counts as
it is. The recogniser never saw a held-out line, guesses no words, and is not asked what it would rather have read.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from penlift.common.files import write_json
from penlift.common.geometry import Array
from penlift.common.terminal import shown
from penlift.evaluation.comparison.intervals import INTERVAL, Clusters, clusters_of, resampled
from penlift.evaluation.comparison.shape import all_distances, shape_of
from penlift.evaluation.evaluate import EvaluateParams, FreeRunning
from penlift.evaluation.free_running import write_lines
from penlift.evaluation.results import EDITS, JUDGE, write_table
from penlift.ink.lines import Ink, evenly, hands_in
from penlift.ink.offsets import as_drawn, to_points
from penlift.model.checkpoint import Model
from penlift.model.mixture import Steering
from penlift.recognition.checkpoint import fingerprint_of, judge_in
from penlift.recognition.edits import confusions, errors
from penlift.recognition.network import Recogniser
from penlift.recognition.reading import read
from penlift.sampling.health import drawn_part

BIASES = (0.0, 0.5, 1.0)
PEOPLE, NORMALISED, ANOTHER = "people", "normalised", "another text"  # beside "bias 0.5" and so on
SAME, HANDS = 20, 5  # texts that are written again, and in how many hands, to see how unlike these are
AGAIN = 1_000_000  # added to the numbers of lines, whose noise is then another
SHORTEST = 3  # letters of a word that says anything


class HeldOut(NamedTuple):
    """Lines that neither the network nor the recogniser learned from."""

    offsets: Ink  # normalised, of all splits
    ink: Ink  # the same lines as they were written
    split: str


class Legibility(NamedTuple):
    """What was read."""

    lines: pd.DataFrame  # of, line, writer, seen, text, read, letters, EDITS, words, words_wrong
    apart: dict[str, float]  # by `of`: mean distance in shape of two lines of one text in two hands, tablet units


def biased(bias: float) -> str:
    """What the lines written at a bias are called."""
    return f"bias {bias:g}"


def read_beside(model: Model, recogniser: Recogniser, held_out: HeldOut, most: int, seed: int) -> Legibility:
    """Have held-out lines that have a text read, `most` at most, and what the network writes in their place."""
    offsets, ink, split = held_out
    numbers = evenly(ink.of_split(split, with_text=True), most)
    entries, known = ink.index.iloc[numbers], set(ink.index["text"].iloc[ink.of_split("train")])
    texts = entries["text"].tolist()
    about = {"line": entries["line"].to_numpy(), "writer": entries["writer"].to_numpy()}
    about["seen"] = np.array([text in known for text in texts])
    sides: dict[str, list[Array]] = {
        PEOPLE: [ink.rows_of(number) for number in numbers],
        NORMALISED: [
            as_drawn(to_points(offsets.rows_of(number)[1:], model.scales), model.scales.rate) for number in numbers
        ],
    }
    sides |= {biased(bias): lines_at(model, texts, numbers, bias, seed) for bias in BIASES}
    said = {side: [reading.text for reading in shown(read(recogniser, lines), f"read {side}", len(lines))]
            for side, lines in sides.items()}  # fmt: skip
    plain = [recogniser.alphabet.plain(text) for text in texts]
    tables = [_compared(side, plain, found) for side, found in said.items()]
    tables.append(_compared(ANOTHER, _others(plain), said[PEOPLE]))
    some = evenly(range(len(texts)), SAME)
    apart = {PEOPLE: _apart(_of_several(ink))}
    for bias in BIASES:
        again = [AGAIN * hand + numbers[row] for hand in range(1, HANDS + 1) for row in some]
        lines = lines_at(model, [texts[row] for row in some] * HANDS, again, bias, seed)
        apart[biased(bias)] = _apart(lines[place :: len(some)] for place in range(len(some)))
    return Legibility(pd.concat([table.assign(**about) for table in tables], ignore_index=True), apart)


def lines_at(model: Model, texts: list[str], numbers: list[int], bias: float, seed: int) -> list[Array]:
    """What a network writes at a bias, as it is drawn; `numbers`: of the lines, which choose their noise."""
    lines = write_lines(model.network, model.scales, numbers, texts, seed, Steering.of(bias, 1, 1, 1))
    return [drawn_part(line, model.scales.rate) for line in lines]


def _others(texts: list[str]) -> list[str]:
    """For each text the next one that is another, or itself where there is none."""
    count = len(texts)
    return [next((texts[(row + step) % count] for step in range(1, count) if texts[(row + step) % count] != text), text)
            for row, text in enumerate(texts)]  # fmt: skip


def _compared(side: str, texts: list[str], said: list[str]) -> pd.DataFrame:
    rows = []
    for text, found in zip(texts, said, strict=True):
        letters, words = errors(text, found)
        rows.append((side, text, found, *letters, words.letters, words.count))
    return pd.DataFrame(rows, columns=["of", "text", "read", "letters", *EDITS, "words", "words_wrong"])


def _of_several(ink: Ink) -> list[list[Array]]:
    """Of texts that several hands wrote a line of each; none where each text is one person's."""
    index = ink.index[ink.index["text"] != ""].assign(hand=hands_in(ink.index))
    firsts = index.drop_duplicates(["text", "hand"])
    groups = [group for _, group in firsts.groupby("text", sort=True) if len(group) > 1]
    return [[np.asarray(ink.rows_of(int(number))) for number in group.index] for group in evenly(groups, SAME)]


def _apart(groups: Iterable[list[Array]]) -> float:
    """The mean distance in shape of all pairs of lines of a group; NaN where there is none."""
    found = []
    for lines in groups:
        found += all_distances(np.stack([shape_of(line) for line in lines])).tolist()
    return float(np.mean(found)) if found else float("nan")


def wordlike(
    recogniser: Recogniser, ink: Ink, dreamt: Iterable[Array], real: Iterable[Array], seed: int
) -> dict[str, float]:
    """Shares of read words that stand in the training texts: of dreamt lines, of real ones, and of those shuffled."""
    known = set(_words(" ".join(ink.index["text"].iloc[ink.of_split("train")])))
    rng, said = np.random.default_rng(seed), {}
    for name, lines in (("dreamt", dreamt), ("people", real)):
        said[name] = [word for reading in read(recogniser, lines) for word in _words(reading.text)]
    said["shuffled"] = ["".join(rng.permutation(list(word))) for word in said["people"]]
    return {name: float(np.mean([word in known for word in words])) if words else float("nan")
            for name, words in said.items()}  # fmt: skip


def _words(text: str) -> list[str]:
    bare = ("".join(filter(str.isalpha, word)).lower() for word in text.split())
    return [word for word in bare if len(word) >= SHORTEST]


def figures_of(found: Legibility, seed: int) -> dict[str, Any]:
    """For metrics.json: of lines with texts that do not stand in training, and of those that do, apart."""
    lines = found.lines
    groups = {"unseen": lines[~lines["seen"]], "seen": lines[lines["seen"]]}
    figures: dict[str, Any] = {}
    for name, group in groups.items():
        if len(group):
            sides = {key_of(side): _figures(group[group["of"] == side], side, seed) for side in group["of"].unique()}
            figures[name] = {"lines": int((group["of"] == PEOPLE).sum())} | sides
    return figures | {"tablet_units_apart": {key_of(side): value for side, value in found.apart.items()}}


def key_of(side: str) -> str:
    """Of metrics.json, where a dot parts keys."""
    return side.replace(" ", "_").replace(".", "_")


def _figures(lines: pd.DataFrame, side: str, seed: int) -> dict[str, float]:
    """Error rates of letters and words, with the interval of the former by writers, or by lines of what none wrote."""
    sums = lines[["letters", *EDITS, "words", "words_wrong"]].astype(float)
    units = (
        clusters_of(lines) if side in (PEOPLE, NORMALISED) else Clusters("lines", lines["line"].to_numpy(dtype=object))
    )
    again, whole = resampled(sums, units, seed), sums.sum()
    low, high = (again[list(EDITS)].sum(axis=1) / again["letters"]).quantile(INTERVAL)
    rates = {name: float(whole[name] / whole["letters"]) for name in EDITS}
    return {
        "cer": sum(rates.values()), "cer_low": float(low), "cer_high": float(high),
        "wer": float(whole["words_wrong"] / whole["words"]), **rates,
    }  # fmt: skip


def confusion_table(lines: pd.DataFrame) -> pd.DataFrame:
    """How often each letter was read as each, of all but texts of others: of, letter, as, times."""
    rows = []
    for side, group in lines[lines["of"] != ANOTHER].groupby("of"):
        found = confusions(zip(group["text"], group["read"], strict=True))
        rows += [(side, *pair, times) for pair, times in sorted(found.items())]
    return pd.DataFrame(rows, columns=["of", "letter", "as", "times"])


class Judged(NamedTuple):
    """What a recogniser makes of a run."""

    fingerprint: str = ""  # of the recogniser; nothing where there is none
    figures: dict[str, Any] | None = None  # for metrics.json
    lines: pd.DataFrame | None = None  # as `Legibility` has them, of a network with text


def judged_by(folder: Path, model: Model, held_out: HeldOut, written: FreeRunning, params: EvaluateParams) -> Judged:
    """Ask the recogniser of a folder, if there is one.

    Of a network with text it says how well that is read; of another, how like words what it dreams is.
    """
    recogniser = judge_in(folder)
    if recogniser is None:
        return Judged()
    if model.network.alphabet:
        found = read_beside(model, recogniser, held_out, params.read, params.seed)
        return Judged(fingerprint_of(folder), figures_of(found, params.seed), found.lines)
    dreamt, real = [pair.dreamt.rows for pair in written.pairs], [pair.real.rows for pair in written.pairs]
    shares = wordlike(recogniser, held_out.ink, dreamt, real, params.seed)
    return Judged(fingerprint_of(folder), {"known_words_share": shares})


def save_judged(folder: Path, judged: Judged) -> None:
    """Write what there is into an existing folder."""
    if judged.fingerprint:
        write_json(folder / JUDGE, {"recogniser": judged.fingerprint})
    if judged.lines is not None:
        for name, rows in (("legibility", judged.lines), ("confusions", confusion_table(judged.lines))):
            write_table(folder / f"{name}.csv", rows)
