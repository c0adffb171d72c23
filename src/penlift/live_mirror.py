"""Follows the journal of a training, and has MLflow show it: `python -m penlift.live_mirror STATE_FOLDER CHECKOUT`.

Ends when standard input does. That is a pipe from the trainer, so it is told of the trainer's end even by SIGKILL.
"""

import os
import select
import signal
import sys
import time
from pathlib import Path

from penlift.delivery import deliver_training
from penlift.params import read_params
from penlift.provenance import name_of, tags_of
from penlift.record import flatten
from penlift.state_folder import JOURNAL, read_training
from penlift.store import Store, Unsent
from penlift.training_record import write_about

LOOK = 1.0  # s between two looks at the journal
AGAIN = 30.0  # s before a store that did not answer is tried again
LAST = 10  # s for the last of it, once the trainer is gone
SECTIONS = ("model", "train", "window")  # what a training is told; the rest belongs to what is made of it
APART = ("train.save_every", "train.processes")  # may change while it goes on


def main(folder: Path, root: Path) -> None:
    """Send what is new until the trainer is gone, and then how it ended."""
    os.nice(19)
    params = read_params(root / "params.yaml")
    told = dict(flatten({name: params[name] for name in SECTIONS}))
    about = {key: value for key, value in told.items() if key not in APART}
    write_about(folder, name_of(params, os.environ), tags_of(root, params, os.environ), about)
    store, sent, not_before = Store.of(root), 0.0, 0.0
    while not _over(LOOK):
        written = _written(folder / JOURNAL)
        if written > sent and time.monotonic() >= not_before:
            sent, not_before = (written, 0.0) if _sent(folder, store, "?") else (sent, time.monotonic() + AGAIN)
    signal.alarm(LAST)
    _sent(folder, store, "")


def _over(wait: float) -> bool:
    """Whether standard input has ended; nothing is ever written to it."""
    return bool(select.select([sys.stdin], [], [], wait)[0])


def _written(journal: Path) -> float:
    return journal.stat().st_mtime if journal.exists() else 0.0


def _sent(folder: Path, store: Store, trainer: str) -> bool:
    """Whether the store took all that there is by now; `trainer`: who is at it, or nobody."""
    training = read_training(folder, trainer)
    if not any("epoch" in event for event in training.events):
        return True
    try:
        print(f"run {deliver_training(training, store)} in {store.uri}", flush=True)
    except Unsent as error:
        print(error, flush=True)
        return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
