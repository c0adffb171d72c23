"""A training as it goes, shown on MLflow's pages by a process beside it, which training waits for at its end only."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LONGEST_WAIT = 5.0  # s for what is still being sent when training ends
SWITCH = "PENLIFT_LIVE"  # the environment variable that says no


@contextmanager
def fed(folder: Path, root: Path) -> Iterator[None]:
    """While entered, a process follows the journal in `folder`, of a training in the checkout `root`.

    It gets little of the processor, ends by itself when this process does, however that comes about, and nothing that
    becomes of it matters: stage track sends what is missing.
    """
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


def _start(folder: Path, root: Path) -> "subprocess.Popen[bytes] | None":
    """The process; none where the disk or the machine has no room for it."""
    command = [sys.executable, "-P", "-m", "penlift.live_mirror", str(folder), str(root)]
    path = {"PYTHONPATH": str(root / "src")}
    try:
        with (folder / "mirror.log").open("wb") as log:
            return subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=os.environ | path, start_new_session=True
            )
    except OSError:
        return None
