"""What is said while work goes on is shown as it is."""

import io
import sys

import pytest

from penlift.common.terminal import Meter

SAID = "failed: [/tmp] has no room [old]; [bold]see there"


class Terminal(io.StringIO):
    """Takes what is printed, and says that it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_brackets_in_what_is_said_or_noted_are_no_markup(
    monkeypatch: pytest.MonkeyPatch, kind: type[io.StringIO]
) -> None:
    monkeypatch.setattr(sys, "stderr", shown := kind())
    monkeypatch.setenv("COLUMNS", "200")

    with Meter("train", 2) as meter:
        meter.say(SAID)
        meter.advance(f"noted {SAID}", 2)

    assert SAID in shown.getvalue()
    assert f"noted {SAID}" in shown.getvalue()
