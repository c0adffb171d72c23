"""The state of a training as the bytes of one safetensors file: arrays as tensors, the rest as JSON in its header."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from penlift.errors import InputError
from penlift.history import Epoch, Sums
from penlift.state_header import HEADER, Kept, header_of
from penlift.training import TrainState


def pack(state: TrainState, kept: Kept) -> bytes:
    """The file of a state. Of a training that is done, weights and optimiser of the last step are left out."""
    tensors = {f"best.{name}": weight for name, weight in state.best.items()}
    tensors |= {f"samples.{number}": torch.from_numpy(sample) for number, sample in enumerate(state.samples)}
    if not kept.done:
        tensors |= {f"network.{name}": weight for name, weight in state.network.state_dict().items()}
        for number, values in state.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{number}.{name}": value for name, value in values.items()}
    header = {
        "kept": kept._asdict(),
        "step": state.step,
        "skipped": state.skipped,
        "sums": vars(state.sums),
        "history": [epoch._asdict() for epoch in state.history],
        "samples": len(state.samples),
    }
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    return save(whole, metadata={HEADER: json.dumps(header)})


def kept_in(content: bytes) -> Kept:
    """What stands beside the state that `pack` made."""
    with _damage_named():
        return Kept(**header_of(BytesIO(content))["kept"])


def unpack(content: bytes, state: TrainState) -> None:
    """Put the state that `pack` made into `state`, whose network and optimiser must be of the same kind."""
    with _damage_named():
        header = header_of(BytesIO(content))
        tensors = load(content)
        if not header["kept"]["done"]:
            state.network.load_state_dict(_under("network.", tensors))
            optimiser = state.optimiser.state_dict() | {"state": _by_number(_under("optimiser.", tensors))}
            state.optimiser.load_state_dict(optimiser)
        state.step, state.skipped, state.sums = header["step"], header["skipped"], Sums(**header["sums"])
        state.history = [Epoch(**row) for row in header["history"]]
        state.best = _under("best.", tensors)
        state.samples = [tensors[f"samples.{number}"].numpy() for number in range(header["samples"])]


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except (SafetensorError, ValueError, LookupError, TypeError, RuntimeError) as error:
        raise InputError(f"a damaged state ({' '.join(str(error).split())})") from None


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _by_number(tensors: Mapping[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    states: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        number, _, key = name.partition(".")
        states.setdefault(int(number), {})[key] = tensor
    return states
