"""What the state file of a training says of itself, read without loading the rest, and without torch."""

import json
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from penlift.errors import InputError

HEADER = "penlift"  # the key of the JSON
LONGEST = 2**30  # bytes of a header; a damaged file may claim anything


class Kept(NamedTuple):
    """What stands beside the state in its file."""

    fingerprint: str  # of the training
    journal: int  # bytes of the journal that the state goes with
    done: bool  # whether training has ended; then only what it has come to is kept


def header_of(file: BinaryIO) -> dict[str, Any]:
    """The JSON in the header of a safetensors file: 8 bytes of length, then an object with `__metadata__`."""
    length = int.from_bytes(file.read(8), "little")
    return dict(json.loads(json.loads(file.read(min(length, LONGEST)))["__metadata__"][HEADER]))


def read_header(path: Path) -> dict[str, Any]:
    """The header of a state file: `kept`, `step`, `history` and what else `state_file.pack` puts there."""
    try:
        with path.open("rb") as file:
            return header_of(file)
    except (OSError, ValueError, LookupError, TypeError, OverflowError, MemoryError) as error:
        raise InputError(f"{path}: a damaged state ({error}); delete it to train from the beginning") from None
