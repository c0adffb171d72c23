"""The units in which likelihoods of this field are printed.

Dividing offsets by s adds ln s nats a point for each axis to their log-density: NLLs compare only in one unit.
"""

import math
from collections.abc import Mapping

from penlift.offsets import Scales

Units = Mapping[str, tuple[float, float]]  # name -> tablet units in one such unit, x and y


def units_of(scales: Scales) -> Units:
    """The four units, by the moments of the training split's capped offsets.

    tablet: as the pen is read; over_20: the article; z_score: Graves (2013), each axis by its standard deviation; vrnn:
    one scalar for both axes, sqrt(E[dx^2 + dy^2] - (E[dx] + E[dy])^2), of the variational-RNN papers. It is left out
    where data is so skewed that there is no such root.
    """
    (mean_x, mean_y), (sd_x, sd_y) = scales.mean, scales.sd
    units = {"tablet": (1.0, 1.0), "over_20": (20.0, 20.0), "z_score": (sd_x, sd_y)}
    square = sd_x**2 + mean_x**2 + sd_y**2 + mean_y**2 - (mean_x + mean_y) ** 2
    if square > 0:
        units["vrnn"] = (math.sqrt(square), math.sqrt(square))
    return units


def shift_to(unit: tuple[float, float], scales: Scales) -> float:
    """Nats a point to add to an NLL in normalised units to have it in `unit`."""
    return sum(math.log(scale) - math.log(size) for scale, size in zip(scales.scale, unit, strict=True))
