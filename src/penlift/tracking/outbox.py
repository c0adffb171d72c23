"""Records on their way to a store, which may be down: kept first, sent if it can be done, and sent later if not."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydantic_core import from_json

from penlift.common.errors import InputError
from penlift.tracking.client import send
from penlift.tracking.curves import dreamt_by_now, record_of_training
from penlift.tracking.record import RECORD, TRAINING, Record, read_record, write_record
from penlift.tracking.store import Silent, Store, Unsent
from penlift.training.folder import WAITING, Training, read_training, time_of, trainings_in

MIRRORED = "mirrored.json"  # in the folder of a training: what of it a store has
SOON, PATIENT = 5.0, 60.0  # s that a store has to answer a request: while somebody waits to go on, and when nobody does


class Waiting(NamedTuple):
    """Something that a store has not taken yet."""

    what: str
    send: Callable[[], str]  # gives the run's id


def hand_over(record: Record, states: Path, root: Path) -> str:
    """Keep the record of an outcome, then send it; what became of it, in a line. No fault of a store is an error,
    nor is a URI that names none: the run waits."""
    place = states / WAITING / record.identity
    try:
        if not (place / RECORD).is_file():  # the same outcome is the same record, and may be on its way
            write_record(record, place)
        kept = f"nothing is lost: {len(record.points)} figures and {len(record.files) + len(record.images)} files wait"
        later = f"{kept} in {place}, and `penlift track --all` sends them"
    except OSError as error:
        later = f"no copy can wait ({place}: {error.strerror or error}): `dvc repro track` sends it once one is mended"
    try:
        store = Store.of(root)
        with store.alone(PATIENT):  # no training waits here
            run = send(record, store, SOON)
            shutil.rmtree(place, ignore_errors=True)
    except (InputError, Unsent) as fault:
        return f"{fault}; {later}"
    training = states / record.tags[TRAINING]
    with suppress(OSError):  # its curves have gone there too; unless that can be noted, they will be sent once more
        _note(training, record_of_training(read_training(training)), store)
    return f"run {run} in {store.uri}; look at it {'with `make ui`' if store.file else 'there'}"


def outcomes_in(states: Path) -> list[Path]:
    """The folders of the records that wait below a folder `.state`, the oldest first."""
    return sorted((file.parent for file in states.glob(f"{WAITING}/[!.]*/{RECORD}")), key=time_of)


def damaged_in(places: list[Path]) -> Iterator[str]:
    """Of records that wait, those that cannot be read, a line each."""
    for place in places:
        try:
            read_record(place)
        except InputError as error:
            yield str(error)


def _deliver_outcome(place: Path, store: Store) -> str:
    """Send a record that waits, and forget it once the store has taken it; the run's id."""
    with store.alone(PATIENT):
        if not (place / RECORD).is_file():
            return "that another process has just sent"
        run = send(read_record(place), store, PATIENT)
        shutil.rmtree(place)
        return run


def deliver_training(folder: Path, store: Store, trainer: str | None = None, patience: float = SOON) -> str:
    """Send what a training has come to by now, and note that in its folder; the run's id.

    `trainer`: who is at it, if that is known; nothing for nobody.
    """
    images = dreamt_by_now(folder)  # this takes time, in which others may send
    with store.alone(patience):
        record = record_of_training(read_training(folder, trainer))
        run = send(replace(record, images=images), store, patience)
    _note(folder, record, store)
    return run


def _note(training: Path, record: Record, store: Store) -> None:
    """Note that the store has all of a training, in the folder of it that is there."""
    (training / MIRRORED).write_text(json.dumps(_seen(training, record, store)), encoding="utf-8")


def _seen(training: Path, record: Record, store: Store) -> dict[str, object]:
    where = os.path.relpath(store.file, training) if store.file else store.uri  # a checkout may be moved with its file
    return {"uri": where, "experiment": store.experiment, "points": len(record.points), "status": record.status}


def mirrored(training: Training, store: Store) -> str:
    """Whether the store has all of a training, as far as its folder knows: yes, waits, or nothing without an epoch."""
    record = record_of_training(training)
    try:
        noted = from_json((training.folder / MIRRORED).read_bytes())
    except (OSError, ValueError):
        return "waits" if record.points else ""
    return "yes" if noted == _seen(training.folder, record, store) else "waits"


def waiting(states: Path, store: Store) -> list[Waiting]:
    """What the store lacks, as far as the folder `.state` knows."""
    outcomes = [Waiting(f"{place.name[:16]}: a finished run", partial(_deliver_outcome, place, store))
                for place in outcomes_in(states)]  # fmt: skip
    folders = [training.folder for training in trainings_in(states)
               if not training.running and mirrored(training, store) == "waits"]  # fmt: skip
    return outcomes + [
        Waiting(f"{folder.name}: the curves of a training", partial(deliver_training, folder, store, None, PATIENT))
        for folder in folders
    ]


def told(left: list[Waiting], store: Store) -> str:
    """How much waits, and what sends it."""
    return f"{len(left)} wait for {store.uri}; send them with `penlift track --all`"


def drain(states: Path, store: Store) -> Iterator[tuple[str, bool]]:
    """Send all that waits: a line each, and whether it is sent. Ends where the store does not answer."""
    left = waiting(states, store)
    for number, (what, deliver) in enumerate(left):
        try:
            yield f"{what}: run {deliver()}", True
        except Silent as error:
            yield f"{what}: {error}; {len(left) - number} of {len(left)} wait", False
            return
        except (Unsent, InputError, OSError) as error:  # which keeps no other from being sent
            yield f"{what}: {error}", False
