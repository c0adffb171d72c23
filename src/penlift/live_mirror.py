"""Follows the journal of a training, and has MLflow show it: `python -m penlift.live_mirror STATE_FOLDER CHECKOUT`.

Ends when standard input does. That is a pipe from the trainer, so it is told of the trainer's end even by SIGKILL.
"""

import os
import select
import signal
import sys
import time
from pathlib import Path

os.nice(19)  # before all that is imported below, which takes seconds

from penlift.delivery import deliver_training, mirrored  # noqa: E402
from penlift.state_folder import JOURNAL, pid_in, read_training, time_of  # noqa: E402
from penlift.store import Store, Unsent  # noqa: E402

LOOK = 1.0  # s between two looks at the journal
AGAIN = 30.0  # s before a store that did not answer is tried again
LAST = 10  # s for the last of it, once the trainer is gone


def main(folder: Path, root: Path) -> None:
    """Send what is new until the trainer is gone, and then how it ended, unless another has gone on meanwhile."""
    store, trainer, sent, not_before = Store.of(root), pid_in(folder), 0.0, 0.0
    while not _over(LOOK):
        written = time_of(folder / JOURNAL)
        if written > sent and time.monotonic() >= not_before:
            sent, not_before = (written, 0.0) if _sent(folder, store, trainer) else (sent, time.monotonic() + AGAIN)
    signal.alarm(LAST)
    if pid_in(folder) == trainer:
        _sent(folder, store, "")


def _over(wait: float) -> bool:
    """Whether standard input has ended; nothing is ever written to it."""
    return bool(select.select([sys.stdin], [], [], wait)[0])


def _sent(folder: Path, store: Store, trainer: str) -> bool:
    """Whether the store took all that there is by now; `trainer`: who is at it, or nobody."""
    if not mirrored(read_training(folder, trainer), store):  # no epoch yet, or nothing that is left to be ended
        return True
    try:
        print(f"run {deliver_training(folder, store, trainer)} in {store.uri}", flush=True)
    except (Unsent, OSError) as error:
        print(error, flush=True)
        return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
