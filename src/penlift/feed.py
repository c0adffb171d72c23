"""A training as it goes, shown on MLflow's pages by a process beside it, which training waits for at its end only."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from penlift.outcome import hash_of_ink
from penlift.params import read_params
from penlift.provenance import name_of, tags_of, tags_of_training
from penlift.record import flatten
from penlift.training_record import write_about

LONGEST_WAIT = 5.0  # s for what is still being sent when training ends
SWITCH = "PENLIFT_LIVE"  # the environment variable that says no
INK = Path("data", "ink")  # where stage extract leaves it
APART = ("train.save_every", "train.processes")  # may change while a training goes on


@contextmanager
def fed(folder: Path, root: Path, told: Mapping[str, Mapping[str, Any]], about: Mapping[str, Any]) -> Iterator[None]:
    """While entered, a process follows the journal in `folder`, of a training in the checkout `root`.

    It gets little of the processor, ends by itself when this process does, however that comes about, and nothing that
    becomes of it matters: stage track sends what is missing. `told`: the sections of parameters that training goes by;
    `about`: what it runs on, as training.json has it.
    """
    with suppress(Exception):  # whatever it is, training goes on, and the run has no name before it is done
        _describe(folder, root, told, about)
    mirror = None if os.environ.get(SWITCH) == "no" else _start(folder, root)
    try:
        yield
    finally:
        if mirror and mirror.stdin:
            mirror.stdin.close()  # which tells it that this is the end
            with suppress(subprocess.TimeoutExpired):
                mirror.wait(LONGEST_WAIT)
            mirror.kill()
            mirror.wait()


def _describe(folder: Path, root: Path, told: Mapping[str, Mapping[str, Any]], about: Mapping[str, Any]) -> None:
    file = read_params(root / "params.yaml")
    params = {**file, **told}  # the file may have been edited since
    spelt = dict(flatten(file))  # 10, where training has read 10.0: a store takes them for two
    own = {key: there if (there := spelt.get(key)) == value else value
           for key, value in flatten({**told}) if key not in APART}  # fmt: skip
    tags = tags_of(root, params, os.environ) | tags_of_training(about)
    with suppress(FileNotFoundError):  # data of another making
        tags["penlift.data_hash"] = hash_of_ink(root / INK)
    write_about(folder, name_of(params, os.environ), tags, own)


def _start(folder: Path, root: Path) -> "subprocess.Popen[bytes] | None":
    """The process; none where the disk or the machine has no room for it."""
    command = [sys.executable, "-P", "-m", "penlift.live_mirror", str(folder), str(root)]
    path = os.pathsep.join([str(root / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        with (folder / "mirror.log").open("wb") as log:
            return subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=os.environ | {"PYTHONPATH": path},
                start_new_session=True,
            )  # fmt: skip
    except OSError:
        return None
