"""A stop that is asked for several times is one stop, but for a second Ctrl-C."""

import os
import signal
from collections.abc import Iterator

import pytest

from penlift.common.processes import Signals


@pytest.fixture(autouse=True)
def as_in_a_terminal() -> Iterator[None]:
    """Signals act as they do there, whatever this process was given; and as before afterwards."""
    before = {each: signal.getsignal(each) for each in Signals.WATCHED}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
def test_however_often_sigterm_comes_what_is_done_goes_on_to_its_end(first: signal.Signals) -> None:
    with Signals() as signals:
        assert signals.asked == ""
        for each in (first, signal.SIGTERM, signal.SIGTERM):
            os.kill(os.getpid(), each)

        assert signals.asked == first.name


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
def test_ctrl_c_after_that_acts_as_it_always_does(first: signal.Signals) -> None:
    before = [signal.getsignal(each) for each in Signals.WATCHED]

    with pytest.raises(KeyboardInterrupt), Signals():
        os.kill(os.getpid(), first)
        os.kill(os.getpid(), signal.SIGINT)

    assert [signal.getsignal(each) for each in Signals.WATCHED] == before
