"""Where the network is computed."""

import os

import torch

from penlift.errors import InputError


def choose(device: str) -> torch.device:
    """The device of this name; `auto` is a GPU where there is one, else the CPU. Under torchrun each has a GPU."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda":
        device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        fault = str(error).strip().partition("\n")[0]
        raise InputError(f"train.device is {device!r}, which cannot be used here ({fault}); set auto or cpu") from None
    return chosen
