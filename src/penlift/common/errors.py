"""The one kind of error that a user can mend."""

MOST = 240  # letters of what a library says


class InputError(Exception):
    """Something given to penlift is wrong; the message names it, its value and the remedy, on one line."""


def one_line(error: object) -> str:
    """What a library's error or a program says, on a line that can be printed; not all of it where that is long."""
    said = " ".join(str(error).split())[:MOST] or type(error).__name__
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in said)
