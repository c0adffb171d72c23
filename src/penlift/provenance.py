"""Where a run came from: its name and tags."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def name_of(params: dict[str, Any], environment: Mapping[str, str]) -> str:
    """The DVC experiment's name, or what the run is by its parameters."""
    model = params["model"]
    cell = f"{model['cell']}+peepholes" if model["peepholes"] else model["cell"]
    return environment.get("DVC_EXP_NAME") or f"{cell}-{model['layers']}x{model['hidden']}-{model['mixtures']}mix"


def tags_of(root: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The code's revision, and the DVC experiment with its baseline where it is one."""
    tags = {
        "penlift.revision": _git(root, "rev-parse", "HEAD") or "unknown",
        "penlift.changed": "yes" if _git(root, "status", "--porcelain", "--untracked-files=no") else "no",
        "dvc.experiment": environment.get("DVC_EXP_NAME", ""),
        "dvc.baseline": environment.get("DVC_EXP_BASELINE_REV", ""),
    }
    return {key: value for key, value in tags.items() if value}


def _git(root: Path, *arguments: str) -> str:
    answer = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    return answer.stdout.strip()
