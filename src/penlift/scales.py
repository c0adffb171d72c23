"""The scales of normalised offsets as a file, read wherever tablet units are needed again."""

import json
import math
from pathlib import Path
from typing import Any

from penlift.errors import InputError
from penlift.files import write_json
from penlift.offsets import Scales


def save_scales(path: Path, scales: Scales) -> None:
    """Write scales as JSON."""
    write_json(path, scales._asdict())


def load_scales(path: Path) -> Scales:
    """Read scales that `save_scales` wrote."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return scales_of(content)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise InputError(f"{path}: no readable scales ({error}); make them again with `dvc repro`") from None


def scales_of(content: dict[str, Any]) -> Scales:
    """Scales from their JSON object; a ValueError, LookupError or TypeError where it is none."""
    pairs = {key: (float(content[key][0]), float(content[key][1])) for key in ("shift", "scale", "mean", "sd")}
    scales = Scales(cap=float(content["cap"]), **pairs)
    for name, values in (("cap", (scales.cap,)), ("scale", scales.scale), ("sd", scales.sd)):
        if not all(0 < value < math.inf for value in values):
            raise ValueError(f"{name} is {values}, which should be above 0 and finite")
    if not all(map(math.isfinite, (*scales.shift, *scales.mean))):
        raise ValueError(f"shift is {scales.shift} and mean {scales.mean}, which should be finite")
    return scales
