"""Where a run came from: its name and tags."""

import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from penlift.processor import processor_name

CODE = ("src", "pipeline", "dvc.yaml")
SWEEP = "PENLIFT_SWEEP"  # the environment variable that names the sweep which a run belongs to


def cell_of(params: Mapping[str, Any]) -> str:
    """The cell as one word, peepholes included."""
    model = params["model"]
    return f"{model['cell']}+peepholes" if model["peepholes"] else str(model["cell"])


def name_of(params: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """The DVC experiment's name, or what the run is by its parameters."""
    model = params["model"]
    own = f"{cell_of(params)}-{model['layers']}x{model['hidden']}-{model['mixtures']}mix"
    return environment.get("DVC_EXP_NAME") or own


def tags_of(root: Path, params: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """What a run can be searched by: cell, data, the code's revision, versions, processor, sweep, DVC experiment."""
    tags = {
        "penlift.cell": cell_of(params),
        "penlift.data": str(params["extract"]["path"]),
        "penlift.revision": _git(root, "rev-parse", "HEAD") or "unknown",
        "penlift.changed": "yes" if _git(root, "status", "--porcelain", "--", *CODE) else "no",
        "penlift.version": _version(),
        "penlift.python": platform.python_version(),
        "penlift.cpu": processor_name(),
        "penlift.sweep": environment.get(SWEEP, ""),
        "dvc.experiment": environment.get("DVC_EXP_NAME", ""),
        "dvc.baseline": environment.get("DVC_EXP_BASELINE_REV", ""),
    }
    return {key: value for key, value in tags.items() if value}


def tags_of_training(about: Mapping[str, Any]) -> dict[str, str]:
    """What a training ran on, of training.json."""
    return {f"penlift.{key}": str(value) for key, value in about.items() if key != "fingerprint"}


def _version() -> str:
    try:
        return version("penlift")
    except PackageNotFoundError:  # a checkout that is not installed
        return ""


def _git(root: Path, *arguments: str) -> str:
    answer = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    return answer.stdout.strip()
