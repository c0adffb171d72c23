"""What a training is: the same fingerprint, the same bytes in the end."""

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from penlift.processor import processor_name

DIGITS = 16  # of a fingerprint, in hexadecimal


def fingerprint(facts: Mapping[str, Any], files: Iterable[Path]) -> str:
    """A hash of facts, and of the contents of files in their order, wherever they lie."""
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:DIGITS]


def code_below(*folders: Path) -> list[Path]:
    """The files of the code that this process has loaded from these folders, in the order of their names."""
    loaded = {Path(file).resolve() for module in [*sys.modules.values()] if (file := getattr(module, "__file__", None))}
    return sorted(path for path in loaded if any(path.is_relative_to(folder) for folder in folders))


def machine_facts(device: torch.device) -> dict[str, str]:
    """What besides code, data and parameters decides over the last bits."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    else:  # a library may not use on one processor what it uses on another with the same instructions
        name = f"{torch.backends.cpu.get_cpu_capability()}, {processor_name()}"
    return {"torch": torch.__version__, "numpy": np.__version__, "device": f"{device.type} {name}"}
