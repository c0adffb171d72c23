"""The built-in corpus: prose in lines as long as a hand writes them, written form after form by made-up writers."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import count, cycle
from pathlib import Path
from string import ascii_uppercase, punctuation
from typing import NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from penlift.common.errors import InputError
from penlift.common.params import Params
from penlift.common.processes import spread
from penlift.corpus.archives import CorpusLine
from penlift.corpus.layout import lay_out
from penlift.corpus.motion import trace
from penlift.corpus.typeface import PRINTABLE, Typeface
from penlift.corpus.writers import Writer, invent

OF_WRITERS, OF_LENGTHS, OF_INK, OF_DRILLS = range(4)  # the streams of random numbers
SHORTEST, LONGEST = 20, 45  # characters that a writer means to get on a line
FULL = 8  # lines of a form; a writer's first forms have 1, 2 and 4, so that few lines still have many writers
FORMS = 100  # in a group of forms, such as a01
HELD_OUT = {"testset_v": 0.07, "testset_t": 0.05, "testset_f": 0.08}  # shares of the writers


class ComposeParams(Params):
    """Section `compose` of params.yaml."""

    lines: int = Field(ge=1, le=100_000, description="1 to 100000")
    writers: int = Field(ge=4, description="4 or more")
    drills: float = Field(ge=0, le=1, description="share of the lines, 0 to 1")
    seed: int = Field(ge=0, description="0 or more")

    @model_validator(mode="after")
    def _each_writer_has_a_line(self) -> Self:
        if self.writers > self.lines:
            raise ValueError(f"writers is {self.writers} but lines only {self.lines}; each writer needs a line or more")
        return self


class Place(NamedTuple):
    """Where a line stands."""

    writer: int
    form: str
    number: int  # on the form, from 1


def compose(
    params: ComposeParams, typefaces: list[Typeface], words: list[str], processes: int = 1
) -> Iterator[CorpusLine]:
    """The lines of the corpus, in the order of the text."""
    hands = spread(partial(hand, seed=params.seed, typefaces=typefaces), range(params.writers), processes)
    lines = zip(count(), places(params.writers), texts(params, words), strict=False)
    work = partial(line_of, params=params, hands=list(hands), lists=lists_of(params.writers))
    return spread(work, lines, processes)


def line_of(line: tuple[int, Place, str], params: ComposeParams, hands: list[Writer], lists: list[str]) -> CorpusLine:
    """The ink of a line, given its number, place and text alone: any number of processes come to the same ink."""
    number, (writer, form, on_form), text = line
    rng, motion = _stream(params, OF_INK, number), hands[writer].motion
    strokes = trace(lay_out(text, hands[writer], rng), motion, rng)
    return CorpusLine(form, on_form, f"w{writer:03d}", lists[writer], text, strokes)


def texts(params: ComposeParams, words: list[str]) -> Iterator[str]:
    """What stands on each line."""
    lengths = (int(_stream(params, OF_LENGTHS, line).integers(SHORTEST, LONGEST + 1)) for line in range(params.lines))
    prose = break_lines(words, lengths)
    if not params.drills:
        return prose
    streams = (_stream(params, OF_DRILLS, line) for line in range(params.lines))
    return (drill(words, len(text), rng) if rng.random() < params.drills else text
            for text, rng in zip(prose, streams, strict=True))  # fmt: skip


def hand(number: int, seed: int, typefaces: list[Typeface]) -> Writer:
    """Writer `number`: each typeface in turn."""
    return invent(typefaces[number % len(typefaces)], typefaces, np.random.default_rng([seed, OF_WRITERS, number]))


def lists_of(writers: int) -> list[str]:
    """The list, of IAM-OnDB's four, that has a writer's forms: the last writers are held out, one or more in a list."""
    held_out = [name for name, share in HELD_OUT.items() for _ in range(max(1, round(share * writers)))]
    return ["trainset"] * (writers - len(held_out)) + held_out


def places(writers: int) -> Iterator[Place]:
    """Where the first line stands, the second, and so on without end: the writers fill a form each, in turn."""
    for form in count():
        turn, writer = divmod(form, writers)
        for number in range(1, min(FULL, 2**turn) + 1):
            yield Place(writer, form_name(form), number)


def form_name(form: int) -> str:
    """The name of a form, as IAM-OnDB names them: a01-000u and so on."""
    group, number = divmod(form, FORMS)
    letter, hundred = divmod(group, 99)
    return f"{chr(ord('a') + letter)}{hundred + 1:02d}-{number:03d}u"


def _stream(params: ComposeParams, purpose: int, line: int) -> np.random.Generator:
    return np.random.default_rng([params.seed, purpose, line])


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


def drill(words: list[str], length: int, rng: np.random.Generator) -> str:
    """A line of about so many characters with what prose has little of: capitals, figures, rare signs."""
    line = ""
    while len(line) < length - 3:
        word = words[rng.integers(len(words))].strip(punctuation)
        capital = ascii_uppercase[rng.integers(len(ascii_uppercase))]
        a, b, c = map(int, rng.integers(1, (100, 1000, 10_000)))
        sign = punctuation[rng.integers(len(punctuation))]
        pieces = (word, f"{word}{sign}", f"{sign}{word}", f"{word} {sign}", capital + word[1:].lower(), word.upper(),
                  f"{capital}.", capital + ascii_uppercase[a % 26], str(a), str(b), str(c), f"{a % 24}:{b % 60:02d}",
                  f"{a}.{b % 100}", f"{a}{sign}{c}")  # fmt: skip
        line += f" {pieces[rng.integers(len(pieces))]}"
    return line.strip()


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
