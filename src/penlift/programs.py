"""Git and DVC, called as the programs that they are."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from configobj import ConfigObj

from penlift.errors import InputError

DVC = (sys.executable, "-P", "-m", "dvc")  # -P: runs no code of the folder that it is called in

NOBODY = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER")
          for key, value in (("NAME", "penlift"), ("EMAIL", "penlift@localhost"))}  # fmt: skip


def committer(repository: Path) -> dict[str, str]:
    """What Git needs in its environment to commit: nothing, or somebody where nobody is configured."""
    try:
        output_of(repository, "git", "var", "GIT_COMMITTER_IDENT")
    except InputError:
        return NOBODY
    return {}


def share_cache(folder: Path, repository: Path) -> None:
    """Let DVC work in a folder that has `.dvc/config` on the cache of a repository."""
    output_of(folder, *DVC, "config", "--local", "cache.dir", str(cache_of(repository)))


def apart(folder: Path, repository: Path) -> None:
    """Let DVC work in a folder of no Git repository as it does in one: by its `.dvc/config`, and on its cache."""
    (folder / ".dvc").mkdir()
    shutil.copyfile(repository / ".dvc" / "config", folder / ".dvc" / "config")
    on_cache(folder, cache_of(repository))


def on_cache(folder: Path, cache: Path) -> None:
    """Let DVC work, on this cache, in a folder that has `.dvc/config` and belongs to no Git repository.

    Written as DVC does: to call it takes seconds for each of many folders.
    """
    local = ConfigObj(str(folder / ".dvc" / "config.local"))
    local.update({"core": {"no_scm": "true"}, "cache": {"dir": str(cache)}})
    local.write()


def cache_of(repository: Path) -> Path:
    """Where DVC keeps the files of a repository."""
    return (repository / output_of(repository, *DVC, "cache", "dir").decode().strip()).resolve()


def output_of(folder: Path, *command: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
    """Run a program in a folder; what it prints. `given`: its input; `environment`: beside this process's."""
    answer = subprocess.run(
        command, cwd=folder, input=given, env=os.environ | (environment or {}), capture_output=True, check=False
    )
    if answer.returncode:
        shown = ("dvc", *command[len(DVC) :]) if command[: len(DVC)] == DVC else command
        raise InputError(f"{folder}: `{' '.join(shown[:4])}` failed: {answer.stderr.decode().strip()[-300:]}")
    return answer.stdout
