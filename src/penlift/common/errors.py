"""The one kind of error that a user can mend."""


class InputError(Exception):
    """Something given to penlift is wrong; the message names it, its value and the remedy, on one line."""
