"""Records on their way to a store, which may be down: kept first, sent if it can be done, and sent later if not."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from penlift.errors import InputError
from penlift.files import write_json
from penlift.outbox import Outbox
from penlift.record import Record
from penlift.slides import dreamt_by_now
from penlift.state_folder import Training, trainings_in
from penlift.store import Store, Unsent
from penlift.tracking import send
from penlift.training_record import record_of

MIRRORED = "mirrored.json"  # in the folder of a training: what of it a store has
PATIENT = 60.0  # s that a store has to answer when nobody trains


def hand_over(record: Record, states: Path, root: Path) -> str:
    """Keep the record of an outcome, then send it; what became of it, in a line. No fault of a store is an error."""
    store, outbox = Store.of(root), Outbox(states)
    try:
        place = outbox.put(record)
    except OSError as error:  # no room for a copy
        fault = f"{outbox.folder}: {error.strerror or error}"
        try:
            return f"run {send(record, store)} in {store.uri}; sent without a copy that could have waited ({fault})"
        except Unsent as unsent:
            return f"{unsent}, and no copy can wait ({fault}): `dvc repro track` sends it once one is mended"
    try:
        return f"run {outbox.deliver(place, partial(send, store=store))} in {store.uri}; {_where(store)}"
    except Unsent as unsent:
        waits = f"{len(record.points)} figures and {len(record.files) + len(record.images)} files wait in {place}"
        return f"{unsent}; nothing is lost: {waits}, and `penlift track --all` sends them"


def _where(store: Store) -> str:
    return "look at it with `make ui`" if store.file else "look at it there"


def deliver_training(training: Training, store: Store, patience: float = 5.0) -> str:
    """Send what a training has come to by now, and note that in its folder; the run's id."""
    record = replace(record_of(training), images=dreamt_by_now(training.folder))
    run = send(record, store, patience)
    write_json(training.folder / MIRRORED, {"run": run} | _seen(record, store))
    return run


def waits(training: Training, store: Store) -> bool:
    """Whether the store lacks something of a training that nobody is at, as far as its folder knows."""
    if training.running or not any("epoch" in event for event in training.events):
        return False
    try:
        noted = json.loads((training.folder / MIRRORED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return True
    return {key: noted.get(key) for key in ("uri", "points", "status")} != _seen(record_of(training), store)


def waiting(states: Path, store: Store) -> list[str]:
    """What the store lacks, as far as the folder `.state` knows: a line each."""
    outcomes = [f"{place.name[:16]}: a finished run" for place in Outbox(states).waiting()]
    trainings = (training for training in trainings_in(states) if waits(training, store))
    return outcomes + [f"{training.folder.name}: the curves of a training" for training in trainings]


def drain(states: Path, store: Store) -> Iterator[tuple[str, bool]]:
    """Send all that waits: a line each, and whether it is sent. Ends with the first that the store does not take."""
    outbox = Outbox(states)
    steps = [(place.name[:16], partial(outbox.deliver, place, partial(send, store=store, patience=PATIENT)))
             for place in outbox.waiting()]  # fmt: skip
    steps += [(training.folder.name, partial(deliver_training, training, store, PATIENT))
              for training in trainings_in(states) if waits(training, store)]  # fmt: skip
    for number, (name, step) in enumerate(steps):
        try:
            yield f"{name}: run {step()}", True
        except InputError as error:  # a damaged record, which keeps no other from being sent
            yield str(error), False
        except Unsent as unsent:
            yield f"{name}: {unsent}; {len(steps) - number} of {len(steps)} wait", False
            return


def _seen(record: Record, store: Store) -> dict[str, object]:
    return {"uri": store.uri, "points": len(record.points), "status": record.status}
