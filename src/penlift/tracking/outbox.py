"""Records on their way to a store, which may be down: kept first, sent if it can be done, and sent later if not."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from penlift.common.errors import InputError
from penlift.common.files import write_json
from penlift.tracking.client import send
from penlift.tracking.record import RECORD, TRAINING, Record, read_record, write_record
from penlift.tracking.store import Silent, Store, Unsent
from penlift.tracking.training import dreamt_by_now, record_of_training
from penlift.training.folder import WAITING, Training, read_training, time_of, trainings_in

SENDING = "sending.lock"  # beside the trainings
MIRRORED = "mirrored.json"  # in the folder of a training: what of it a store has
SOON, PATIENT = 5.0, 60.0  # s that a store has to answer a request: while somebody waits to go on, and when nobody does


class Outbox:
    """Below a folder `.state`."""

    def __init__(self, states: Path) -> None:
        self.states, self.folder = states, states / WAITING

    def put(self, record: Record) -> Path:
        """Keep a record of an outcome until it is sent; OSError where the disk does not take it."""
        place = self.folder / record.identity
        if not (place / RECORD).is_file():  # the same outcome is the same record, and may be on its way
            write_record(record, place)
        return place

    def waiting(self) -> list[Path]:
        """The folders of the records that wait, the oldest first."""
        return sorted((file.parent for file in self.folder.glob(f"[!.]*/{RECORD}")), key=time_of)

    def deliver(self, place: Path, send: Callable[[Record], str], patience: float) -> str:
        """Hand a record to `send`, and forget it once that has come back; what it gave back."""
        with self.alone(patience):
            if not (place / RECORD).is_file():
                return "that another process has just sent"
            run = send(read_record(place))
            shutil.rmtree(place)
            return run

    @contextmanager
    def alone(self, patience: float) -> Iterator[None]:
        """While entered, no other process on this machine sends anything: looking a run up and making it are two steps.

        Silent where another still does after `patience` seconds.
        """
        lock = FileLock(self.states / SENDING)
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            raise Silent(f"another process is sending ({lock.lock_file} is taken)") from None
        except OSError:
            pass  # no room for the lock's file, so others have none either
        try:
            yield
        finally:
            lock.release()


def hand_over(record: Record, states: Path, root: Path) -> str:
    """Keep the record of an outcome, then send it; what became of it, in a line. No fault of a store is an error."""
    store, outbox = Store.of(root), Outbox(states)
    try:
        place = outbox.put(record)
    except OSError as error:  # no room for a copy
        fault = f"{outbox.folder}: {error.strerror or error}"
        try:
            with outbox.alone(PATIENT):
                run = send(record, store, SOON)
            return f"run {run} in {store.uri}; sent without a copy that could wait ({fault})"
        except Unsent as unsent:
            return f"{unsent}, and no copy can wait ({fault}): `dvc repro track` sends it once one is mended"
    try:
        run = outbox.deliver(place, partial(send, store=store, patience=SOON), PATIENT)  # no training waits here
    except (Unsent, InputError, OSError) as fault:
        waits = f"{len(record.points)} figures and {len(record.files) + len(record.images)} files wait in {place}"
        return f"{fault}; nothing is lost: {waits}, and `penlift track --all` sends them"
    _note(states / record.tags[TRAINING], store)
    return f"run {run} in {store.uri}; look at it {'with `make ui`' if store.file else 'there'}"


def deliver_training(folder: Path, store: Store, trainer: str | None = None, patience: float = SOON) -> str:
    """Send what a training has come to by now, and note that in its folder; the run's id.

    `trainer`: who is at it, if that is known; nothing for nobody.
    """
    images = dreamt_by_now(folder)  # this takes time, in which others may send
    with Outbox(folder.parent).alone(patience):
        record = record_of_training(read_training(folder, trainer))
        run = send(replace(record, images=images), store, patience)
    write_json(folder / MIRRORED, _seen(record, store))
    return run


def mirrored(training: Training, store: Store) -> str:
    """Whether the store has all of a training, as far as its folder knows: yes, waits, or nothing without an epoch."""
    record = record_of_training(training)
    try:
        noted = json.loads((training.folder / MIRRORED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "waits" if record.points else ""
    return "yes" if noted == _seen(record, store) else "waits"


def waits(training: Training, store: Store) -> bool:
    """Whether the store lacks something of a training that nobody is at."""
    return not training.running and mirrored(training, store) == "waits"


def waiting(states: Path, store: Store) -> list[str]:
    """What the store lacks, as far as the folder `.state` knows: a line each."""
    outcomes = [f"{place.name[:16]}: a finished run" for place in Outbox(states).waiting()]
    trainings = (training for training in trainings_in(states) if waits(training, store))
    return outcomes + [f"{training.folder.name}: the curves of a training" for training in trainings]


def told(names: list[str], store: Store) -> str:
    """How many there are that `waiting` names, and what sends them."""
    return f"{len(names)} wait for {store.uri}; send them with `penlift track --all`"


def drain(states: Path, store: Store) -> Iterator[tuple[str, bool]]:
    """Send all that waits: a line each, and whether it is sent. Ends where the store does not answer."""
    outbox = Outbox(states)
    steps: list[tuple[str, Callable[[], str]]] = [
        (place.name[:16], partial(outbox.deliver, place, partial(send, store=store, patience=PATIENT), PATIENT))
        for place in outbox.waiting()
    ]
    steps += [(training.folder.name, partial(deliver_training, training.folder, store, None, PATIENT))
              for training in trainings_in(states) if waits(training, store)]  # fmt: skip
    for number, (name, step) in enumerate(steps):
        try:
            yield f"{name}: run {step()}", True
        except Silent as error:
            yield f"{name}: {error}; {len(steps) - number} of {len(steps)} wait", False
            return
        except (Unsent, InputError, OSError) as error:  # which keeps no other from being sent
            yield f"{name}: {error}", False


def _note(training: Path, store: Store) -> None:
    """Note that the store has all of a training, as its outcome has gone there."""
    if training.is_dir():
        with suppress(OSError):
            write_json(training / MIRRORED, _seen(record_of_training(read_training(training)), store))


def _seen(record: Record, store: Store) -> dict[str, object]:
    return {"uri": store.uri, "points": len(record.points), "status": record.status}
