"""A trial's training, followed while it goes on."""

import csv
import math
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from penlift.common.params import read_params
from penlift.evaluation.results import A_POINT
from penlift.experiments.search.held import Held
from penlift.experiments.search.trial import Place
from penlift.tracking.training import read_about
from penlift.training.folder import JOURNAL, LOCK, PID, pid_in, read_events, running_in, time_of

NLL = f"valid_{A_POINT}"  # of an epoch, offsets / 20


class Follower:
    """Reports the epochs of a training as they come, and stops it where it compares poorly."""

    def __init__(self, held: Held, place: Place, states: Path) -> None:
        self._held, self._states = held, states
        self._last = int(read_params(place.folder / "params.yaml")["train"]["epochs"])
        self._name = place.environment["DVC_EXP_NAME"]
        self.folder: Path | None = None  # of the training, once it is known
        self.poor = False
        self._judged = 0  # epochs
        self._read = 0.0  # when the journal was written that was read last: to read it takes time
        self._began, self._family = time.time(), set[str]()

    def look(self, trainer: "subprocess.Popen[bytes]") -> None:
        """See what is new, and stop a trainer that is not worth its time."""
        self.folder = self.folder or self._found(_family(trainer.pid))
        if self.folder is None or self.poor:
            return
        if (written := time_of(self.folder / JOURNAL)) == self._read:
            return
        self._read = written
        for epoch, nll in _epochs(read_events(self.folder / JOURNAL)):
            self._held.report(epoch, nll)
        newest = max(self._held.nlls, default=0)
        if self._judged < newest < self._last:  # behind the last epoch there is no time to save
            self._judged = newest
            if self._held.is_poor():
                self.poor = True
                trainer.terminate()

    def ended(self) -> str:
        """The journal's word for what cut the training short, if anything did."""
        folder = self.folder or self._found(self._family)  # one that ended between two looks
        events = read_events(folder / JOURNAL) if folder else []
        own = [event for event in events if event["time"] >= self._began]  # of no earlier attempt
        return str(own[-1].get("ended", "")) if own else ""

    def _found(self, family: set[str]) -> Path | None:
        """The folder of the training that one of these processes is or has just been at."""
        self._family |= family
        folders = (lock.parent for lock in self._states.glob(f"*/{LOCK}"))
        return next((folder for folder in folders if self._is_theirs(folder)), None)

    def _is_theirs(self, folder: Path) -> bool:
        """Numbers of processes come again, and other containers have the same: so it goes by name and time, too."""
        pid = pid_in(folder)
        if pid not in self._family or read_about(folder)["name"] != self._name:
            return False
        return running_in(folder) == pid or time_of(folder / PID) >= self._began


def _family(pid: int) -> set[str]:
    """The trainer and, where several processes train together, these."""
    try:
        return {str(pid), *(str(child.pid) for child in psutil.Process(pid).children(recursive=True))}
    except psutil.NoSuchProcess:
        return {str(pid)}


def _epochs(events: list[dict[str, Any]]) -> Iterator[tuple[int, float]]:
    """Epochs with a finite NLL."""
    for event in events:
        if "epoch" in event and event[NLL] is not None:
            yield int(event["epoch"]), float(event[NLL])


def history_in(folder: Path) -> Iterator[tuple[int, float]]:
    """The same of a training that is done."""
    with (folder / "reports" / "train" / "history.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if math.isfinite(nll := float(row[NLL] or "nan")):
                yield int(row["epoch"]), nll
