"""Lines as JSON: an object with `strokes`, each a list of [x, y] in tablet units; one a line of a .jsonl file."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from penlift.common.errors import one_line
from penlift.common.geometry import Array
from penlift.ink.lines import strokes_of
from penlift.ink.offsets import Points
from penlift.io.formats.contract import UnfitError, join, named_lines

FORM = 'give {"strokes": [[[x, y], ...], ...]}'


def read_json_strokes(content: bytes) -> Points:
    """The line that a whole file is."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnfitError(f"no readable JSON ({one_line(error)}); {FORM}") from None
    if not isinstance(found, dict) or not isinstance(found.get("strokes"), list):
        raise UnfitError(f"JSON without a list of strokes; {FORM}")
    return join(_stroke(stroke) for stroke in found["strokes"])


def read_json_lines(content: bytes) -> Points:
    """The first of a file's lines."""
    return read_json_strokes(content.lstrip().partition(b"\n")[0])


def _stroke(found: Any) -> npt.NDArray[np.float64]:
    if not isinstance(found, list) or not all(_is_point(point) for point in found):
        raise UnfitError(f"a stroke that is no list of points [x, y]; {FORM}")
    try:
        return np.array(found, dtype=np.float64).reshape(-1, 2)
    except OverflowError:
        raise UnfitError("a number of hundreds of digits; give coordinates in tablet units") from None


def _is_point(found: Any) -> bool:
    return isinstance(found, list) and len(found) == 2 and all(type(value) in (int, float) for value in found)


def to_json_lines(lines: list[Array]) -> bytes:
    """One JSON object a line: its name, and its strokes as lists of [x, y]."""
    content = ""
    for name, line in named_lines(lines):
        strokes = [stroke.path.astype(np.float64).round(2).tolist() for stroke in strokes_of(line)]
        content += json.dumps({"name": name, "strokes": strokes}, separators=(",", ":"), allow_nan=False) + "\n"
    return content.encode("ascii")
