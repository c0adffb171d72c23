"""What lies in the folder of a training, `.state/FINGERPRINT`, for anybody to read, even while it grows; no torch.

The state file's header, and a journal of what happened when: a line of JSON an event, only ever added to.
"""

import fcntl
import json
import math
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import from_json
from safetensors import SafetensorError, safe_open

from penlift.common.errors import InputError, one_line
from penlift.common.files import DAMAGE
from penlift.common.processes import LOCK, PID, pid_in

STATE, JOURNAL = "state.safetensors", "journal.jsonl"
ABOUT = "run.json"  # name, tags and parameters, as `tracking.curves` writes them
WAITING = "waiting"  # beside the trainings: the records that no store has taken yet
HEADER = "penlift"  # the key of the JSON
KINDS = {"number", "epoch", "ended"}  # what an event tells of
OF_A_STEP, NO_NUMBERS = ("targets", "seconds", "peak_mib"), {"system", "ended", "why"}  # in an event
MOST, LATEST = 2**31, 2.0**40  # epochs; s since 1970


def states_of(root: Path) -> Path:
    """Where the trainings of a checkout are. DVC names the repository that a queued experiment came from."""
    return Path(os.environ.get("DVC_ROOT") or root) / ".state"


class Training(NamedTuple):
    """A training, as it is now."""

    folder: Path
    running: str  # the pid of its trainer, or nothing
    header: dict[str, Any]  # of its state, if one was saved
    events: list[dict[str, Any]]  # of its journal
    damage: tuple[str, ...] = ()  # what of both cannot be read, a line each

    @property
    def done(self) -> bool:
        """Whether it has come to its end."""
        return bool(self.header.get("kept", {}).get("done"))

    @property
    def status(self) -> str:
        """MLflow's word for where it stands."""
        if self.running:
            return "RUNNING"
        if self.done:
            return "FINISHED"
        return "FAILED" if self.events and self.events[-1].get("ended") == "Diverged" else "KILLED"


def read_training(folder: Path, running: str | None = None) -> Training:
    """Read what is there; what is damaged counts as none. `running`: the trainer's pid, where it is known."""
    header, events, damage = dict[str, Any](), list[dict[str, Any]](), list[str]()
    try:
        header = read_header(folder / STATE)
    except FileNotFoundError:
        pass
    except (InputError, OSError) as error:
        damage.append(str(error))
    try:
        events, odd = read_journal(folder / JOURNAL)
        damage += [f"{folder / JOURNAL}: {odd} damaged lines, which are passed over"] if odd else []
    except OSError as error:
        damage.append(str(error))
    pid = running_in(folder) if running is None else running
    return Training(folder, pid, header, events, tuple(damage))


def trainings_in(states: Path) -> list[Training]:
    """All trainings of a folder `.state`, the one that was last at work first."""
    folders = [lock.parent for lock in states.glob(f"*/{LOCK}")]
    return sorted(map(read_training, folders), key=lambda training: -last_at_work(training.folder))


def cut_short_in(states: Path) -> list[str]:
    """The trainings with a state from which nobody goes on, by the names of their folders."""
    found = []
    for path in sorted(states.glob(f"*/{STATE}")):
        with suppress(InputError, OSError):  # `penlift runs` tells of what is damaged
            if not (read_header(path)["kept"]["done"] or running_in(path.parent)):
                found.append(path.parent.name)
    return found


def drawn(folder: Path) -> list[tuple[int, Path]]:
    """The lines that a training dreamt, each behind its epoch, as numbers on disk."""
    lines = ((path, path.stem.removeprefix("epoch-")) for path in folder.glob("epoch-*.npy"))
    return sorted((int(epoch), path) for path, epoch in lines if epoch.isdecimal())


def last_at_work(folder: Path) -> float:
    """When its trainer last wrote anything, in s since 1970."""
    files = (folder / name for name in (STATE, JOURNAL, PID))
    return max(map(time_of, files))


def time_of(file: Path) -> float:
    """When a file was last written, in s since 1970; long ago where there is none."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def running_in(folder: Path) -> str:
    """The pid of the trainer that has the folder's lock, or nothing. Any number may ask at once."""
    try:
        with (folder / LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return ""
    except OSError:
        return pid_in(folder)
    return ""


class Kept(NamedTuple):
    """What stands beside the state in its file."""

    fingerprint: str  # of the training
    journal: int  # bytes of the journal that the state goes with
    done: bool  # whether training has ended; then only what it has come to is kept


def read_header(path: Path) -> dict[str, Any]:
    """The header of a state file: `kept`, `step`, `history` and what else `resume.pack` puts there."""
    with damage_named(path), safe_open(path, "np") as file:
        header = dict(from_json(file.metadata()[HEADER]))
        if not all(map(_is_number, [header["step"], *map(held_out_in, header["history"])])):
            raise ValueError("a step or an NLL that is no number")
        Kept(**header["kept"])
        return header


def held_out_in(row: Mapping[str, Any]) -> float:
    """What an epoch was judged by, of its row in a header. States of a penlift before recognisers had one name for it.

    KeyError where there is none.
    """
    value: float = row["held_out"] if "held_out" in row else row["valid_nll_nats_per_point"]
    return value


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """While entered, what cannot be read of a state file is named, with the remedy: InputError."""
    try:
        yield
    except (SafetensorError, *DAMAGE) as error:
        fault = one_line(error)
        raise InputError(f"{path}: a damaged state ({fault}); delete it to train from the beginning") from None


class Journal:
    """Events that wait in memory until `flush` puts them on disk, behind what was flushed before."""

    def __init__(self, path: Path, size: int = 0) -> None:
        """Go on behind the first `size` bytes, or all there are; what follows belongs to a run that was cut short."""
        self.path, self.size = path, min(size, path.stat().st_size if path.exists() else 0)
        self._waiting: list[str] = []

    def add(self, **event: Any) -> None:
        """Note an event, now; JSON has no NaN and no infinity, so they are null."""
        known = {key: None if isinstance(value, float) and not math.isfinite(value) else value
                 for key, value in event.items()}  # fmt: skip
        self._waiting.append(json.dumps({"time": round(time.time(), 3)} | known) + "\n")

    def flush(self) -> None:
        """Write the waiting events to disk. Where that fails they go on waiting, and nothing on disk is spoilt."""
        content = "".join(self._waiting).encode()
        with self.path.open("r+b" if self.path.exists() else "w+b") as file:
            file.truncate(self.size)
            file.seek(self.size)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self.size += len(content)
        self._waiting.clear()


def read_events(path: Path) -> list[dict[str, Any]]:
    """The events on disk by now, in their order; none where there is no journal."""
    return read_journal(path)[0]


def read_journal(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The events on disk by now, in their order, and how many lines are damaged.

    What follows the last whole line is being written, or was cut short; a damaged line is passed over.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    events = []
    for line in lines:
        with suppress(ValueError):
            if _is_event(event := from_json(line)):
                events.append(event)
    return events, len(lines) - len(events)


def _is_event(event: Any) -> bool:
    """Whether this is a step, an epoch or an end, with all that goes with it."""
    if not (isinstance(event, dict) and KINDS & event.keys() and isinstance(system := event.get("system", {}), dict)):
        return False
    values = [value for key, value in event.items() if key not in NO_NUMBERS and value is not None]
    needed = [event.get(key) for key in ("time", *(OF_A_STEP if "number" in event else []))] + [*system.values()]
    numbered = isinstance(epoch := event.get("epoch", 0), int) and 0 <= epoch < MOST
    return all(map(_is_number, [*values, *needed])) and numbered and 0 <= event["time"] < LATEST


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**63)
