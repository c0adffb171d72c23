"""The one kind of error that a user can mend, and what others have given or said, short enough for its line."""

import reprlib
from collections.abc import Iterable

MOST = 240  # letters of what a library says


class InputError(Exception):
    """Something given to penlift is wrong; the message names it, its value and the remedy, on one line."""


def one_line(error: object) -> str:
    """What a library's error or a program says, on a line that can be printed; not all of it where that is long."""
    return printable(" ".join(str(error).split())[:MOST] or type(error).__name__)


def printable(text: str) -> str:
    """A text whose letters can all be seen on a line."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


_VALUE = reprlib.Repr()
_VALUE.maxlevel, _VALUE.maxstring, _VALUE.maxother = 2, 60, 60


def cut_short(value: object) -> str:
    """A value as a message has it: its beginning, where it is long or deep."""
    return one_line(_VALUE.repr(value))


def some(things: Iterable[str], between: str = "; ") -> str:
    """The first three things, and how many more there are."""
    every = list(things)
    return between.join([*every[:3], *([f"and {len(every) - 3} more"] if len(every) > 3 else [])])
