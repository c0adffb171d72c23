"""A training saved and gone on with: its state on disk, its journal, and a lock that lets one trainer in at a time.

The state is one safetensors file: arrays as tensors, the rest as JSON in its header, with a checksum of the whole file.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from penlift.common.errors import InputError
from penlift.common.files import write_bytes
from penlift.common.params import flatten
from penlift.training.folder import HEADER, JOURNAL, STATE, Journal, Kept, damage_named, read_header
from penlift.training.state import Epoch, Sums, TrainState


class StateKeeper:
    """Saves the state of one training, every so often and when it is told to."""

    def __init__(self, folder: Path, fingerprint: str, every: float) -> None:
        """`every`: s between two saves."""
        self.folder, self.every, self.journal = folder, every, Journal(folder / JOURNAL)
        self._fingerprint, self._tried = fingerprint, time.monotonic()

    def restore(self, state: TrainState) -> bool:
        """Bring `state` to where it was last saved, if ever; whether that was behind the last step of all."""
        path = self.folder / STATE
        if not path.is_file():
            return False
        header, tensors = read_state(path)
        kept = Kept(**header["kept"])
        if kept.fingerprint != self._fingerprint:
            raise InputError(
                f"{path}: the state of training {kept.fingerprint}, not of {self._fingerprint}; move it back"
            )
        unpack(header, tensors, state)
        self.journal = Journal(self.folder / JOURNAL, kept.journal)
        return kept.done

    def publish(self) -> None:
        """Put the journal on disk for whoever follows it; where that fails, `save` will say so."""
        with suppress(OSError):
            self.journal.flush()

    def is_due(self) -> bool:
        """Whether it is time to save again, or to try to."""
        return time.monotonic() - self._tried >= self.every

    def save(self, state: TrainState, done: bool = False) -> None:
        """Save, whole or not at all; OSError where the disk does not take it."""
        self._tried = time.monotonic()
        self.journal.flush()
        write_bytes(self.folder / STATE, pack(state, Kept(self._fingerprint, self.journal.size, done)))


BLANK = 64 * "0"  # where the SHA-256 of the file stands, while it is reckoned


def pack(state: TrainState, kept: Kept) -> bytes:
    """The file of a state. Of a training that is done, weights and optimiser of the last step are left out."""
    tensors: dict[str, Any] = {"best": state.best, "samples": dict(enumerate(map(torch.from_numpy, state.samples)))}
    if not kept.done:
        tensors |= {"network": state.network.state_dict(), "optimiser": state.optimiser.state_dict()["state"]}
    header = {
        "sha256": BLANK,
        "kept": kept._asdict(),
        "step": state.step,
        "skipped": state.skipped,
        "sums": vars(state.sums),
        "history": [epoch._asdict() for epoch in state.history],
        "samples": len(state.samples),
    }
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in flatten(tensors)}
    content = save(whole, metadata={HEADER: json.dumps(header)})
    return content.replace(BLANK.encode(), hashlib.sha256(content).hexdigest().encode(), 1)


def read_state(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and tensors of a file that `pack` made and in which not a bit is another."""
    header = read_header(path)
    with damage_named(path):
        content, seal = path.read_bytes(), header["sha256"]
        if hashlib.sha256(content.replace(seal.encode(), BLANK.encode(), 1)).hexdigest() != seal:
            raise ValueError("its checksum is that of other bytes")
        return header, load(content)


def unpack(header: Mapping[str, Any], tensors: Mapping[str, Tensor], state: TrainState) -> None:
    """Put what `read_state` read into `state`, whose network and optimiser must be of the same kind."""
    if not header["kept"]["done"]:
        state.network.load_state_dict(_under("network.", tensors))
        optimiser = state.optimiser.state_dict()
        (group,) = optimiser["param_groups"]
        optimiser["state"] = {number: _under(f"optimiser.{number}.", tensors) for number in group["params"]}
        state.optimiser.load_state_dict(optimiser)
    state.step, state.skipped, state.sums = header["step"], header["skipped"], Sums(**header["sums"])
    state.history = [Epoch(**row) for row in header["history"]]
    state.best = _under("best.", tensors)
    state.samples = [tensors[f"samples.{number}"].numpy() for number in range(header["samples"])]


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
