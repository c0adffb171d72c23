"""What the stages left, read back for the page."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from penlift.drawing import Array
from penlift.errors import InputError
from penlift.evenly import evenly
from penlift.ink import Ink, load_ink

LENGTH = 800  # points of a dreamt line, by default


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object that a stage wrote."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable ({error}); make it again with `dvc repro`") from None
    return dict(content)


def read_table(path: Path) -> pd.DataFrame:
    """A table that a stage wrote; names of lines and writers stay text."""
    names: dict[str, type] = {"line": str, "writer": str}
    try:
        return pd.read_csv(path, dtype=names, keep_default_na=False, na_values=[""]).fillna(
            {"line": "", "writer": "", "unit": ""}
        )
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable ({error}); make it again with `dvc repro`") from None


def line_of_each_writer(folder: Path, most: int) -> list[Array]:
    """A line (n, 3) by each writer of some ink, or of each form where writers are unknown; no more than `most`."""
    ink = load_ink(folder)
    names = ink.index["writer"].where(ink.index["writer"] != "", ink.index["form"])
    far = (ink.index["points"] - LENGTH).abs()
    chosen = far.groupby(names, sort=False).idxmin().to_numpy()[:most]
    return points_of(ink, chosen)


def line_pairs(folder: Path, dreamt: Ink, most: int) -> tuple[list[Array], list[Array]]:
    """Some lines of a folder of ink, each (n, 3), evenly taken, and the dreamt ones that bear their names."""
    ink = load_ink(folder)
    rows = evenly(range(len(dreamt)), most)
    names = dreamt.index["line"].to_numpy()[rows]
    numbers = ink.index.reset_index().set_index("line").loc[names, "index"]
    return points_of(ink, numbers), points_of(dreamt, rows)


def points_of(ink: Ink, numbers: Iterable[int]) -> list[Array]:
    """Lines of an ink by their numbers, each (n, 3): x, y, lift."""
    return [np.array(ink.rows_of(int(number))[:, :3], dtype=np.float64) for number in numbers]
