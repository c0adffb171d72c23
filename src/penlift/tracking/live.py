"""A training as it goes, shown on MLflow's pages by a process beside it, which training waits for at its end only.

That process is `python -m penlift.tracking.live STATE_FOLDER CHECKOUT`: it follows the journal, and ends when standard
input does. That is a pipe from the trainer, so it is told of the trainer's end even by SIGKILL.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from penlift.common.errors import InputError
from penlift.common.files import whole_file, write_bytes
from penlift.common.params import flatten, read_params
from penlift.common.processes import pid_in
from penlift.drawing.svg import draw_plain
from penlift.tracking.curves import write_about
from penlift.tracking.outbox import deliver_training, mirrored
from penlift.tracking.outcome import hash_of_ink, name_of, reader_of, tags_of, tags_of_training
from penlift.tracking.record import RATE
from penlift.tracking.store import Store, Unsent
from penlift.training.folder import JOURNAL, read_training, time_of

if TYPE_CHECKING:
    from penlift.training.state import TrainState

LONGEST_WAIT = 5.0  # s for what is still being sent when training ends
SWITCH = "PENLIFT_LIVE"  # the environment variable that says no
INK = Path("data", "ink")  # where stage extract leaves it
APART = ("train.save_every", "train.processes", "recognise.save_every")  # may change while a training goes on
READS = "recognise"  # the section that a recogniser is trained by
OF_WHAT_WRITES = ("penlift.cell", RATE)  # tags that a recogniser's training has not
LOOK = 1.0  # s between two looks at the journal
AGAIN = 30.0  # s before a store that did not answer is tried again
LAST = 10  # s for the last of it, once the trainer is gone


@contextmanager
def watched(
    folder: Path, root: Path, told: Mapping[str, Mapping[str, Any]], about: Mapping[str, Any]
) -> Iterator[Callable[["TrainState"], None]]:
    """While entered, a process follows the journal in `folder`, of a training in the checkout `root`.

    What is given draws, called behind an epoch, the line that the network dreams by now.

    It gets little of the processor, ends by itself when this process does, however that comes about, and nothing that
    becomes of it matters: stage track sends what is missing. `told`: the sections of parameters that training goes by;
    `about`: what it runs on, as training.json has it. InputError at once where runs could go nowhere in the end.
    """
    Store.of(root)
    with suppress(Exception):  # whatever it is, training goes on, and the run has no name before it is done
        _describe(folder, root, told, about)
    mirror = None if os.environ.get(SWITCH) == "no" else _start(folder, root)
    try:
        yield partial(_draw, folder)
    finally:
        if mirror:
            with suppress(subprocess.TimeoutExpired):
                mirror.communicate(timeout=LONGEST_WAIT)  # closes its standard input: this is the end
            mirror.kill()
            mirror.wait()


def _draw(folder: Path, state: "TrainState") -> None:
    """Draw what the network dreams by now. No output of a stage: training thus depends on no drawing."""
    if not state.samples:  # it learns to read, and writes nothing
        return
    line, epoch = state.samples[-1], f"epoch-{len(state.history):03}"
    with suppress(OSError, InputError):  # the disk may be full, or the line not finite: training goes on
        write_bytes(folder / f"{epoch}.svg", draw_plain(line.astype(np.float64)))
        with whole_file(folder / f"{epoch}.npy") as part, part.open("wb") as file:
            np.save(file, line)


def _describe(folder: Path, root: Path, told: Mapping[str, Mapping[str, Any]], about: Mapping[str, Any]) -> None:
    file = read_params(root / "params.yaml")
    params = {**file, **told}  # the file may have been edited since
    spelt = dict(flatten(file))  # 10, where training has read 10.0: a store takes them for two
    own = {key: there if (there := spelt.get(key)) == value else value
           for key, value in flatten({**told}) if key not in APART}  # fmt: skip
    tags = tags_of(root, params, os.environ) | tags_of_training(about)
    with suppress(FileNotFoundError):  # data of another making
        tags["penlift.data_hash"] = hash_of_ink(root / INK)
    if READS in told:
        tags = {key: tag for key, tag in tags.items() if key not in OF_WHAT_WRITES}
    write_about(folder, reader_of(params) if READS in told else name_of(params, os.environ), tags, own)


def _start(folder: Path, root: Path) -> "subprocess.Popen[bytes] | None":
    """The process; none where the disk or the machine has no room for it."""
    command = [sys.executable, "-P", "-m", "penlift.tracking.live", str(folder), str(root)]
    path = os.pathsep.join([str(root / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        with (folder / "mirror.log").open("wb") as log:
            return subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=os.environ | {"PYTHONPATH": path},
                start_new_session=True,
            )  # fmt: skip
    except OSError:
        return None


def main(folder: Path, root: Path) -> None:
    """Send what is new until the trainer is gone, and then how it ended, unless another has gone on meanwhile."""
    os.nice(19)
    store, trainer = Store.of(root), pid_in(folder)
    sent, wait = 0.0, LOOK
    while not select.select([sys.stdin], [], [], wait)[0]:  # nothing is ever written to it, so it ends
        written, wait = time_of(folder / JOURNAL), LOOK
        if written > sent:
            if _sent(folder, store, trainer):
                sent = written
            else:
                wait = AGAIN
    signal.alarm(LAST)
    if pid_in(folder) == trainer:
        _sent(folder, store, "")


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
