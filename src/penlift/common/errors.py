"""The one kind of error that a user can mend."""


class InputError(Exception):
    """Something given to penlift is wrong; the message names it, its value and the remedy, on one line."""


def one_line(error: Exception) -> str:
    """What a library's error says, without the lines it breaks that into; not all of it where that is long."""
    return " ".join(str(error).split())[:300]
