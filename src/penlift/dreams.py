"""The dreamt lines that stage sample left, read back."""

import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from penlift.densities import Densities
from penlift.drawing import Array
from penlift.errors import InputError


class Dreams(NamedTuple):
    """Dreamt lines, and the densities of the first."""

    points: list[Array]  # each (n + 1, 3): x, y, lift
    first: Densities


def read_lines(path: Path) -> list[Array]:
    """The line dreamt behind each epoch of a training; no pickle is read."""
    try:
        return list(np.load(path, allow_pickle=False).astype(np.float64))
    except (OSError, EOFError, ValueError) as error:
        raise InputError(f"{path}: no readable samples ({error}); make them again with `dvc repro`") from None


def read_dreams(path: Path) -> Dreams:
    """The dreamt lines of samples.npz; no pickle is read."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            first = Densities(*(arrays[name][0] for name in Densities._fields))
            return Dreams(list(arrays["points"]), first)
    except (OSError, EOFError, ValueError, LookupError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: no readable samples ({error}); make them again with `dvc repro`") from None
