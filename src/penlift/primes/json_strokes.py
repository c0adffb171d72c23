"""Lines as JSON: an object with `strokes`, each a list of [x, y] in tablet units; see penlift.formats.to_json_lines."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from penlift.primes.prime import Points, UnfitError, in_brief, join

FORM = 'give {"strokes": [[[x, y], ...], ...]}'


def read_json(content: bytes) -> Points:
    """The line that a whole file is."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnfitError(f"no readable JSON ({in_brief(error)}); {FORM}") from None
    if not isinstance(found, dict) or not isinstance(found.get("strokes"), list):
        raise UnfitError(f"JSON without a list of strokes; {FORM}")
    return join(_stroke(stroke) for stroke in found["strokes"])


def read_json_lines(content: bytes) -> Points:
    """The first of a file's lines."""
    return read_json(content.lstrip().partition(b"\n")[0])


def _stroke(found: Any) -> npt.NDArray[np.float64]:
    if not isinstance(found, list) or not all(_is_point(point) for point in found):
        raise UnfitError(f"a stroke that is no list of points [x, y]; {FORM}")
    try:
        return np.array(found, dtype=np.float64).reshape(-1, 2)
    except OverflowError:
        raise UnfitError("a number of hundreds of digits; give coordinates in tablet units") from None


def _is_point(found: Any) -> bool:
    return isinstance(found, list) and len(found) == 2 and all(type(value) in (int, float) for value in found)
