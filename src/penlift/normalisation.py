"""From a folder of ink to a folder of offsets: two passes, the first for the moments of the training split."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from penlift.files import write_json
from penlift.ink import Ink, Line, save_ink
from penlift.offsets import Extremes, Moments, NormaliseParams, Scales, count_extremes, offsets_of, to_offsets
from penlift.scales import save_scales


def normalise(ink: Ink, params: NormaliseParams, folder: Path) -> tuple[Scales, Extremes]:
    """Write the offsets of all lines into `folder`, beside scales.json and summary.json."""
    moments = Moments()
    for number in ink.of_split("train"):
        moments.add(offsets_of(ink.rows_of(number), params.cap))
    scales = moments.scales(params)
    save_ink(folder, normalised(ink, scales))
    extremes = count_extremes((offsets_of(line.rows, params.cap) for line in ink), params.cap)
    save_scales(folder / "scales.json", scales)
    write_json(folder / "summary.json", extremes._asdict())
    return scales, extremes


def normalised(lines: Iterable[Line], scales: Scales) -> Iterator[Line]:
    """The same lines with offsets for rows."""
    return (replace(line, rows=to_offsets(line.rows, scales)) for line in lines)
