"""Two inks side by side: the percentiles of what can be measured of how their pens moved."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from penlift.curves import Floats
from penlift.ink import Line
from penlift.kinematics import MEASURES, Measures

PERCENTILES = (5, 25, 50, 75, 95, 99)
OFF = "median off by %"


def measured(ink: Iterable[Line], measures: Measures = MEASURES) -> dict[str, Floats]:
    """All values of each measure, in its order, over the lines of an ink."""
    values: dict[str, list[Floats]] = {name: [] for name in measures}
    for line in ink:
        for name, measure in measures.items():
            values[name].append(measure(line))
    return {name: np.concatenate(parts) for name, parts in values.items()}


def percentiles(values: dict[str, Floats]) -> pd.DataFrame:
    """A row a measure, a column a percentile; a measure without values, as of ink without texts, has no row."""
    rows = {name: np.percentile(found, PERCENTILES) for name, found in values.items() if len(found)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=[f"p{number}" for number in PERCENTILES])


def compared(first: dict[str, Floats], second: dict[str, Floats]) -> pd.DataFrame:
    """The percentiles of both, a pair of columns each, and by how much per cent the first median is off the second."""
    tables = [percentiles(values).add_suffix(f" {side}") for values, side in ((first, "first"), (second, "second"))]
    both = pd.concat(tables, axis=1, join="inner")
    off = both["p50 first"] - both["p50 second"]
    size = both["p50 second"].abs()
    columns = [column for pair in zip(*tables, strict=True) for column in pair]
    return both[columns].assign(**{OFF: 100 * off / size.where(size > 0)})
