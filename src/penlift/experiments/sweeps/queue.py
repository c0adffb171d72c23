"""DVC's queue of a sweep, in a clone of the checkout.

DVC stashes the workspace and moves its HEAD for each trial that it queues, and a task whose worker was killed runs for
ever in its list. In a clone that can be made again neither matters: the checkout and its changes stay as they are, even
if all is killed, and its owner can go on working in it. Cache, states and MLflow store are the checkout's.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from penlift.common.errors import InputError
from penlift.common.files import write_text
from penlift.common.params import set_values
from penlift.experiments.repository import DVC, Experiment, committer, decisive, experiments_in, output_of, share_cache
from penlift.experiments.sweeps.design import Settings, Trial, Value, sections_of
from penlift.experiments.sweeps.workers import Workers, stop
from penlift.tracking.outcome import SWEEP
from penlift.tracking.store import Store
from penlift.training.folder import states_of

MADE_OF = "penlift-made-of"  # in the clone's .git: a hash of what decides over the trials
CONTROL = Path(".dvc", "tmp", "exps", "celery", "broker", "control")
EXCHANGES = ("celery.pidbox", "reply.celery.pidbox")  # of messages to workers, and of their answers
APPEAR = 10.0  # s for a worker that was started to be seen


class TrialQueue:
    """The queue in `folder`, which may be there already."""

    def __init__(self, root: Path, folder: Path, sweep: str) -> None:
        """`root`: of the checkout."""
        self.root, self.folder = root.resolve(), folder.resolve()
        self._environment = committer(self.root) | {
            SWEEP: sweep,
            "MLFLOW_TRACKING_URI": Store.of(self.root).uri,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",  # workers call `dvc`
        }

    def make(self, commit: str, trials: Iterable[Trial]) -> None:
        """Begin anew, for some of these trials, as `commit` has the checkout; what an earlier one left goes."""
        stop(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        output_of(self.root, "git", "clone", "--quiet", "--no-tags", str(self.root), str(self.folder))
        changes = output_of(self.root, "git", "diff-tree", "-p", "--binary", "HEAD", commit)
        if changes:
            output_of(self.folder, "git", "apply", "--index", "--whitespace=nowarn", given=changes)
        (self.folder / ".state").symlink_to(states_of(self.root).resolve())
        (self.folder / ".git" / "info" / "exclude").write_text("/.state\n", encoding="utf-8")
        write_text(self.folder / ".git" / MADE_OF, self._made_of(commit, trials))
        share_cache(self.folder, self.root)

    def is_of(self, commit: str, trials: Iterable[Trial]) -> bool:
        """Whether the queue is there, for these trials with the parameters, code and data that this commit has."""
        note = self.folder / ".git" / MADE_OF
        return note.is_file() and note.read_text(encoding="utf-8") == self._made_of(commit, trials)

    def make_data(self, settings: Settings) -> None:
        """Run the stages before training, with these parameters, so that the trials find in DVC's cache what they have
        in common."""
        set_values(self.folder / "params.yaml", sections_of(settings))
        if tracked := output_of(self.folder, "git", "ls-files", "-z", "*.dvc").decode().split("\0")[:-1]:
            self._dvc("checkout", "--quiet", "--allow-missing", *tracked)  # only one of them may be asked for
        command = [*DVC, "repro", "window"]
        if subprocess.run(command, cwd=self.folder, env=os.environ | self._environment, check=False).returncode:
            raise InputError(
                "the data of the trials could not be made in a copy of this checkout; the lines above say why. Ink of "
                "your own must be tracked: `dvc add` its folder, and `git add` the file that this makes"
            )

    def put(self, name: str, settings: Settings) -> None:
        """Queue a trial."""
        self._dvc(*queued(name, settings)[1:])

    def start(self, at_once: int) -> None:
        """Start workers, which outlive this process and end with the last trial."""
        make_exchanges(self.folder)
        log = self.folder / ".dvc" / "tmp" / "workers.log"
        with log.open("ab") as file:  # no pipe: the workers would keep it open
            begun = subprocess.run(
                [*DVC, "queue", "start", "--jobs", str(at_once)], cwd=self.folder, env=os.environ | self._environment,
                stdout=file, stderr=file, start_new_session=True, check=False
            )  # fmt: skip
        if begun.returncode:
            raise InputError(f"DVC's workers did not start; {log} says why")
        until, workers = time.monotonic() + APPEAR, Workers(self.folder)
        while not workers.at_work() and time.monotonic() < until:
            time.sleep(0.1)

    def finished(self) -> list[Experiment]:
        """The trials that have come to their end."""
        return experiments_in(self.folder) if (self.folder / ".git").is_dir() else []

    def failed(self) -> dict[str, str]:
        """The logs of the trials that failed, by name."""
        rows = (line.split() for line in self._dvc("queue", "status").decode().splitlines())
        names = [row[1] for row in rows if row[-1:] == ["Failed"]]
        return {name: self._log_of(name) for name in names}

    def _log_of(self, name: str) -> str:
        """What a trial said, or that it came to say nothing."""
        try:
            return self._dvc("queue", "logs", name).decode(errors="replace")
        except InputError as error:
            return str(error)

    def _made_of(self, commit: str, trials: Iterable[Trial]) -> str:
        """A hash of all that decides over the results of trials."""
        facts = [decisive(self.root, commit), {trial.name: trial.settings for trial in trials}]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def _dvc(self, *command: str) -> bytes:
        return output_of(self.folder, *DVC, *command, environment=self._environment)


def make_exchanges(repository: Path) -> None:
    """Make the files in which DVC's workers enter their names, where they are not there.

    To make one takes no lock, so of two workers that begin at once one overwrites the other's name. No message reaches
    that one then, and it never ends.
    """
    for name in EXCHANGES:
        file = repository / CONTROL / f"{name}.exchange"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            write_text(file, "[]")


def queued(name: str, settings: Mapping[str, Value]) -> list[str]:
    """The command that queues a trial."""
    changes = (part for key, value in settings.items() for part in ("-S", f"{key}={_said(value)}"))
    return ["dvc", "exp", "run", "--queue", "--name", name, *changes]


def _said(value: Value) -> str:
    """A value in the grammar of `dvc exp run -S`."""
    if not isinstance(value, str):
        return json.dumps(value)
    # Hydra takes a backslash for one that guards the next character only before a quote
    return "'" + re.sub(r"(\\*)('|$)", lambda at: 2 * at[1] + at[2].replace("'", "\\'"), value) + "'"
