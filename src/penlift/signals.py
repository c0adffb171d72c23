"""A stop that is asked for from outside: by Ctrl-C, or by whoever ends a job."""

import signal
from types import FrameType
from typing import Any, Self


class Signals:
    """While entered, notes the first SIGINT or SIGTERM in `asked`; a second one acts as it always does."""

    WATCHED = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.asked = ""  # the name of the signal
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._note) for number in self.WATCHED}
        return self

    def __exit__(self, *failure: object) -> None:
        self._restore()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.asked = signal.Signals(number).name
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
