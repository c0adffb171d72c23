"""Prose to lines of text, as long as a hand writes them."""

from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path

from penlift.errors import InputError
from penlift.typeface import PRINTABLE


def read_words(path: Path) -> list[str]:
    """The words of a text, punctuation kept."""
    try:
        words = path.read_text(encoding="utf-8").split()
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such text; restore it with git, or name another") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a text in UTF-8; save it as plain text") from None
    if not words:
        raise InputError(f"{path}: holds no words to write; name a text of printable ASCII characters")
    strange = next((character for word in words for character in word if character not in PRINTABLE), None)
    if strange is not None:
        raise InputError(f"{path}: holds {strange!r}, which no font here can write; keep to printable ASCII characters")
    return words


def break_lines(words: Iterable[str], lengths: Iterable[int]) -> Iterator[str]:
    """A line for each of `lengths`: the most words, at least one, that fit in so many characters.

    The words run on from line to line, and from the end of the text to its beginning.
    """
    text = cycle(words)
    word = next(text)
    for length in lengths:
        line, word = word, next(text)
        while len(line) + 1 + len(word) <= length:
            line, word = f"{line} {word}", next(text)
        yield line
