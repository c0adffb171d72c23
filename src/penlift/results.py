"""What the stages left, read back for the page."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from penlift.drawing import Array
from penlift.errors import InputError
from penlift.ink import load_ink
from penlift.report import RealLine

LENGTH = 800  # points of a dreamt line, by default


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object that a stage wrote."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        raise InputError(f"{path}: not readable ({error}); make it again with `dvc repro`") from None
    return dict(content)


def line_of_each_writer(folder: Path, most: int) -> list[Array]:
    """A line (n, 3) by each writer of some ink, or of each form where writers are unknown; no more than `most`."""
    ink = load_ink(folder)
    names = ink.index["writer"].where(ink.index["writer"] != "", ink.index["form"])
    far = (ink.index["points"] - LENGTH).abs()
    chosen = far.groupby(names, sort=False).idxmin().to_numpy()[:most]
    return [np.array(ink.rows_of(int(number))[:, :3], dtype=np.float64) for number in chosen]


def real_line(folder: Path) -> RealLine:
    """The held-out line of a folder of ink that is most nearly as long as a dreamt one."""
    ink = load_ink(folder)
    held_out = [*ink.of_split("test"), *ink.of_split("valid")]
    if not held_out:
        raise InputError(f"{folder}: no line is held out, so there is none to show; see extract.splits")
    line = ink.line(min(held_out, key=lambda number: abs(len(ink.rows_of(number)) - LENGTH)))
    return RealLine(line.name, line.text, np.array(line.rows[:, :3], dtype=np.float64))
