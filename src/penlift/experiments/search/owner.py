"""Who has a trial of a search, and whether that worker is still there."""

import os
import socket
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil
from optuna.trial import FrozenTrial

OWNER, BEAT = "owner", "beat"  # what a trial says of its worker: who it is, and a number that grows while it is there
BEATS = 20.0  # s between two of them
SILENCE = 180.0  # s without one after which a worker on another host is gone
SAME = 2.0  # s by which the clocks that a process's beginning is read from may differ


class Owner(NamedTuple):
    """A worker."""

    host: str
    pid: int
    began: float  # the process, in s since 1970
    token: str  # of this worker alone


def this_worker() -> Owner:
    """The worker that this process is. Containers of one host may number their processes apart, and machines that were
    copied have the same name."""
    host = [socket.gethostname()]
    with suppress(OSError):  # no Linux
        host += [Path("/proc/sys/kernel/random/boot_id").read_text().strip(), Path("/proc/self/ns/pid").readlink().name]
    return Owner(" ".join(host), os.getpid(), psutil.Process().create_time(), uuid.uuid4().hex)


def owner_of(trial: FrozenTrial) -> Owner:
    """Who has a trial."""
    return Owner(*trial.user_attrs[OWNER])


class Heard(NamedTuple):
    """What was last heard of a worker elsewhere."""

    beat: int
    since: float  # when this beat was first seen here
    looked: float  # when it was last looked for


class Watch:
    """Sees which of the others are gone: on this host at once, elsewhere by their silence, on this clock alone."""

    def __init__(self, me: Owner, silence: float = SILENCE, away: float = BEATS) -> None:
        """`away`: s without a look after which it was this worker, or its storage, that heard nothing."""
        self._me, self._silence, self._away = me, silence, away
        self._heard: dict[int, Heard] = {}  # by trial

    def is_gone(self, trial: FrozenTrial) -> bool:
        """Whether nobody is at a running trial; called by a worker that has none itself."""
        owner = owner_of(trial)
        if owner == self._me:
            return True  # a claim whose answer was lost on its way
        if owner.host == self._me.host:
            return not _lives(owner)
        beat, now = int(trial.user_attrs[BEAT]), time.monotonic()
        known = self._heard.get(trial.number)
        if known is None or known.beat != beat or now - known.looked > self._away:
            known = Heard(beat, now, now)
        self._heard[trial.number] = known._replace(looked=now)
        return now - known.since > self._silence


def _lives(owner: Owner) -> bool:
    try:
        process = psutil.Process(owner.pid)
        same = bool(abs(process.create_time() - owner.began) < SAME)
        return same and str(process.status()) != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
