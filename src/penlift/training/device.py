"""Where the network is computed, and in what precision."""

import os
from textwrap import shorten

import torch
from torch import nn

from penlift.common.errors import InputError


def choose(device: str) -> torch.device:
    """The device of this name; `auto` is a GPU where there is one, else the CPU. Each process has one of its own."""
    name = device
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # or cuBLAS sums in any order, recurrent layers too
        name = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    try:
        chosen = torch.device(name)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        fault = shorten(str(error).strip().partition("\n")[0], 80)
        raise InputError(f"train.device is {device!r}, which cannot be used here ({fault}); set auto or cpu") from None
    return chosen


def computes(precision: str, device: torch.device) -> bool:
    """Whether the device has layers in this precision: many CPUs have no bfloat16, and PyTorch nothing in its stead."""
    try:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16"):
            nn.LSTM(1, 1, device=device)(torch.zeros(1, 1, 1, device=device))
    except RuntimeError:
        return False
    return True


def check_precision(precision: str, device: torch.device) -> None:
    """Raise InputError where the device does not compute in this precision."""
    if not computes(precision, device):
        raise InputError(f"train.precision is {precision!r}, which this {device.type} cannot compute; set float32")
