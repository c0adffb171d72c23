"""Git and DVC, called as the programs that they are."""

import subprocess
import sys
from pathlib import Path

from penlift.errors import InputError

DVC = (sys.executable, "-P", "-m", "dvc")  # -P: runs no code of the folder that it is called in


def share_cache(folder: Path, repository: Path) -> None:
    """Let DVC work in a folder that has `.dvc/config`, without Git and on the cache of a repository."""
    cache = output_of(repository, *DVC, "cache", "dir").decode().strip()
    output_of(folder, *DVC, "config", "--local", "core.no_scm", "true")
    output_of(folder, *DVC, "config", "--local", "cache.dir", str((repository / cache).resolve()))


def output_of(folder: Path, *command: str) -> bytes:
    """Run a program in a folder; what it prints."""
    answer = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    if answer.returncode:
        raise InputError(f"{folder}: `{' '.join(command[:4])}` failed: {answer.stderr.decode().strip()[-300:]}")
    return answer.stdout
