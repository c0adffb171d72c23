"""Where the network is computed."""

import torch

from penlift.errors import InputError


def choose(device: str) -> torch.device:
    """The device of this name; `auto` is a GPU where there is one, else the CPU."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        fault = str(error).strip().partition("\n")[0]
        raise InputError(f"train.device is {device!r}, which cannot be used here ({fault}); set auto or cpu") from None
    return chosen
