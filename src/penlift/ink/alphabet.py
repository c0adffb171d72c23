"""Texts as numbers: the signs that a network knows, made from the texts of the lines that it learns from."""

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import ConfigDict, Field, TypeAdapter

from penlift.common.errors import InputError
from penlift.common.files import made_by_stage, write_json
from penlift.common.params import Params

Codes = npt.NDArray[np.int64]  # (U,): numbers of signs, the last that of the end
ALPHABET = "alphabet.json"  # what stage window leaves of texts
NOTHING = -1  # behind the end of a text that stands beside longer ones
FAR = 4.0  # times the usual letters a point, or a part of them
# What editors and phones put in the place of signs that a keyboard has.
TWINS = str.maketrans({
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"), **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\t\u00a0\u2007\u2009\u202f", " "), "\u2026": "...",
})  # fmt: skip


class TextSwitch(Params):
    """Of section `model` of params.yaml, what decides over texts."""

    model_config = ConfigDict(extra="ignore")

    text: bool = Field(description="true or false: whether the network reads a text, and writes it")


class Alphabet(NamedTuple):
    """The signs that have a number each; all others share the one behind these, and the last ends a text."""

    signs: str

    @classmethod
    def of(cls, texts: Iterable[str], rarest: int) -> Self:
        """The signs that stand in these texts `rarest` times or more, those that are rarer replaced by their twins."""
        counts = Counter("".join(map(composed, texts)))
        for sign in [sign for sign, count in counts.items() if count < rarest and sign.translate(TWINS) != sign]:
            counts.update(dict.fromkeys(sign.translate(TWINS), counts[sign]))
        return cls("".join(sorted(sign for sign, count in counts.items() if count >= rarest)))

    def __str__(self) -> str:
        """For messages."""
        return f"it knows {self.signs!r}"

    @property
    def size(self) -> int:
        """How many numbers there are, with those of the others and of the end."""
        return len(self.signs) + 2

    @property
    def end(self) -> int:
        """The number that closes a text."""
        return len(self.signs) + 1

    def plain(self, text: str) -> str:
        """A text in composed signs, those that the alphabet lacks replaced by their twins."""
        return "".join(sign if sign in self.signs else sign.translate(TWINS) for sign in composed(text))

    def others(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Of signs with their counts, those that share the one number."""
        return {sign: count for sign, count in counts.items() if self.unknown(sign)}

    def unknown(self, text: str) -> list[str]:
        """The signs of a text that have no number of their own, in their order."""
        return list(dict.fromkeys(sign for sign in self.plain(text) if sign not in self.signs))

    def place(self, sign: str) -> int:
        """The number of a sign; of one that has none of its own, that of all others."""
        found = self.signs.find(sign)
        return found if found >= 0 else len(self.signs)

    def codes(self, text: str) -> Codes:
        """The numbers of a text and of its end."""
        return np.array([*map(self.place, self.plain(text)), self.end], dtype=np.int64)

    def with_those_of(self, other: "Alphabet") -> "Alphabet":
        """The signs of both."""
        return Alphabet("".join(sorted({*self.signs, *other.signs})))


class Texts(NamedTuple):
    """What a network that reads learns from, as stage window finds it in the training lines."""

    alphabet: Alphabet
    pace: Annotated[float, Field(gt=0, allow_inf_nan=False)]  # letters a point
    counts: dict[str, int]  # of each sign that stands there, how often it does, its twins counted with it
    unfit: dict[str, str]  # line -> why it is set aside: its text cannot be learned from, or judged by


def texts_of(ink: pd.DataFrame, long_enough: npt.NDArray[np.int64], rarest: int, switch: str = "model.text") -> Texts:
    """Make the alphabet of the training lines that are long enough, by their numbers in the index of the ink.

    A text that is there, but has many more or fewer letters a point than the others, cannot be what was written. Where
    no line of a split has a text, InputError, with the `switch` of params.yaml that asked for texts.
    """
    lines, held_out = ink.iloc[long_enough], ink[ink["split"] != "train"]
    letters = lines["text"].map(len)
    said = letters > 0
    for what, texts in (
        ("training line", lines["text"]),
        ("line of split valid", ink["text"][ink["split"] == "valid"]),
    ):
        if not (texts != "").any():
            raise InputError(f"{switch} is true, but no {what} has a text; put ascii files beside the ink, or false")
    rates = letters[said] / lines.loc[said, "points"]
    apart = np.abs(np.log(rates / rates.median())) > math.log(FAR)
    unfit = dict.fromkeys(lines.loc[~said, "line"], "no text")
    unfit |= dict.fromkeys(lines.loc[apart[apart].index, "line"], "a text of another length than its ink")
    kept = lines[~lines["line"].isin(unfit)]
    unfit |= dict.fromkeys(held_out["line"][held_out["text"] == ""], "held out, no text")
    alphabet = Alphabet.of(kept["text"], rarest)
    counts = Counter("".join(map(alphabet.plain, kept["text"])))
    return Texts(alphabet, float(letters[kept.index].sum() / kept["points"].sum()), dict(sorted(counts.items())), unfit)


def save_texts(folder: Path, texts: Texts) -> None:
    """Write what `load_texts` reads into an existing folder."""
    write_json(folder / ALPHABET, texts._asdict() | {"alphabet": texts.alphabet._asdict()})


def load_texts(folder: Path) -> Texts | None:
    """What stage window found; None where it looked for no texts."""
    place = folder / ALPHABET
    if not place.exists():
        return None
    with made_by_stage(place):
        return TypeAdapter(Texts).validate_json(place.read_bytes(), strict=True)


def composed(text: str) -> str:
    """A text whose accents are one sign with their letter (Unicode's NFC)."""
    return unicodedata.normalize("NFC", text)


def side_by_side(texts: list[Codes]) -> Codes:
    """(B, U): texts of unequal length, each with NOTHING behind its end; U is 0 where there are none."""
    rows = np.full((len(texts), max(map(len, texts), default=0)), NOTHING, dtype=np.int64)
    for row, codes in zip(rows, texts, strict=True):
        row[: len(codes)] = codes
    return rows
