"""Which training it is: a fingerprint of all that decides over what comes of it.

The same fingerprint, the same bytes in the end.
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from penlift.common.files import digest_of
from penlift.common.machine import processor_name

DIGITS = 16  # of a fingerprint, in hexadecimal


def identity_of(facts: Mapping[str, Any], data: Iterable[Path], root: Path) -> str:
    """The fingerprint of a training of the checkout `root`, once all the code that decides over it is loaded.

    Of `facts`: its parameters, and on what it runs; of its code, and of its data, the weights that it begins with too.
    """
    return digest_of([*code_below(root / "pipeline", root / "src"), *data], facts)[:DIGITS]


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
