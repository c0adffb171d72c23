"""How far what was read is from what was to be written: edits, error rates, and which letters are taken for which."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple, Self

from rapidfuzz.distance import Levenshtein

NONE = ""  # in the place of a letter that is not there, in a confusion


class Edits(NamedTuple):
    """Of texts that were read, against those that were to be written."""

    letters: int = 0  # that were to be written
    substitutions: int = 0
    deletions: int = 0  # letters that were not read
    insertions: int = 0  # letters that were read and are not there

    @property
    def count(self) -> int:  # type: ignore[override]
        """All of them."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Edits a letter, which may be above 1; NaN where there was nothing to be written."""
        return self.count / self.letters if self.letters else float("nan")

    def __add__(self, other: "Edits") -> Self:  # type: ignore[override]
        return type(self)(*(one + another for one, another in zip(self, other, strict=True)))


def edits(text: str | list[str], read: str | list[str]) -> Edits:
    """The fewest edits from what was read to what was to be written, in letters of texts or in words of lists."""
    found = Counter(step.tag for step in Levenshtein.editops(text, read))
    return Edits(len(text), found["replace"], found["delete"], found["insert"])


class Errors(NamedTuple):
    """In letters, and in words as spaces part them."""

    letters: Edits = Edits()
    words: Edits = Edits()

    def __add__(self, other: "Errors") -> Self:  # type: ignore[override]
        return type(self)(self.letters + other.letters, self.words + other.words)


def errors(text: str, read: str) -> Errors:
    """Of a text that was read."""
    return Errors(edits(text, read), edits(text.split(), read.split()))


def confusions(pairs: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """How often each letter was read as each, itself among them; NONE for one that is missing or was not to be there.

    `pairs`: what was to be written, and what was read.
    """
    found = Counter[tuple[str, str]]()
    for text, read in pairs:
        for step in Levenshtein.opcodes(text, read):
            one, other = text[step.src_start : step.src_end], read[step.dest_start : step.dest_end]
            if step.tag in ("equal", "replace"):
                found.update(zip(one, other, strict=True))
            else:
                found.update([*((letter, NONE) for letter in one), *((NONE, letter) for letter in other)])
    return found
