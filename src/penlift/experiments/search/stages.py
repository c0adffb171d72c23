"""The stages of a trial, run one after another under the eyes of its worker."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from penlift.common.processes import end
from penlift.experiments.search.following import Follower, history_in
from penlift.experiments.search.held import Held
from penlift.experiments.search.trial import JUDGED, TRACK, TRAIN, Place, record

LOOK = 0.5  # s between two looks at a stage
LOG = "log"  # in a trial's folder: what its stages said
Asked = Callable[[], str]  # by which signal the worker was asked to stop, or nothing
Look = Callable[["subprocess.Popen[bytes]"], None]


class Interrupted(Exception):  # noqa: N818  (says what happened)
    """Somebody has asked the worker or its trainer to stop."""


class Faulty(Exception):  # noqa: N818  (says what happened)
    """A stage failed; the message is its last line."""


def _look_away(_process: "subprocess.Popen[bytes]") -> None:
    """Sees nothing."""


def run_trial(held: Held, place: Place, states: Path, asked_to_stop: Asked) -> str:
    """Run all stages; how it ended: finished, pruned or diverged. The held-out NLLs are those of `held`."""
    follower = Follower(held, place, states)
    code = _run(place, TRAIN, held, asked_to_stop, follower.look)
    if code and follower.poor:
        return "pruned"
    ended = follower.ended() if code else ""
    if ended == "Diverged":
        return "diverged"
    if ended == "Stopped":
        raise Interrupted("somebody stopped its trainer")
    _check(code, TRAIN, place)
    for epoch, nll in history_in(place.folder):
        held.report(epoch, nll)
    for stage in JUDGED:
        _check(_run(place, stage, held, asked_to_stop), stage, place)
    record(place.folder, place.root)
    _check(_run(place, TRACK, held, asked_to_stop), TRACK, place)
    return "finished"


def _run(place: Place, stage: str, held: Held, asked_to_stop: Asked, look: Look = _look_away) -> int:
    """The exit status of a stage; it is stopped when the worker is asked to stop, and on any mishap."""
    with _started(place, stage) as process:
        while process.poll() is None:
            if why := asked_to_stop():
                raise Interrupted(why)
            held.beat()
            look(process)
            time.sleep(LOOK)
        return process.returncode


@contextmanager
def _started(place: Place, stage: str) -> Iterator["subprocess.Popen[bytes]"]:
    with (place.folder / LOG).open("ab") as log:
        process = subprocess.Popen(
            place.commands[stage], cwd=place.folder, env=place.environment, stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, start_new_session=True,  # Ctrl-C is the worker's, which stops a stage in good order
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            end([psutil.Process(process.pid)])
        process.wait()


def _check(code: int, stage: str, place: Place) -> None:
    if code:
        said = (place.folder / LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        how = f"was ended by signal {-code}" if code < 0 else (said[-1] if said else "said nothing")
        raise Faulty(f"stage {stage}: {how}")
