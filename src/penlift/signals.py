"""A stop that is asked for from outside: by Ctrl-C, or by whoever ends a job."""

import signal
from types import FrameType
from typing import Any, Self


class Signals:
    """While entered, notes the first SIGINT or SIGTERM in `asked`.

    A second Ctrl-C acts as it always does. Another SIGTERM changes nothing: torchrun sends one on, a scheduler and
    whoever ends all processes of a folder send them to all, and what was asked for is being done.
    """

    WATCHED = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.asked = ""  # the name of the signal
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._note) for number in self.WATCHED}
        return self

    def __exit__(self, *failure: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.asked = self.asked or signal.Signals(number).name
        signal.signal(signal.SIGINT, self._before[signal.SIGINT])
