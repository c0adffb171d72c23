"""Lines as small PNGs, by name and epoch: MLflow has a slider for each name, among the charts with the same prefix."""

from contextlib import suppress
from pathlib import Path

import numpy as np

from penlift.drawing import Array, sheet
from penlift.errors import InputError
from penlift.files import write_bytes
from penlift.ink import LIFT
from penlift.plots import preview
from penlift.record import Image
from penlift.state_folder import drawn

DREAMT, SAMPLES = "by_epoch/dreamt", "samples/all"
ROWS = 4  # of a dreamt line: a chart is about as high as it is wide


def slides_of(folder: Path, dreamt: list[Array], samples: list[Array]) -> list[Image]:
    """Draw the line dreamt behind each epoch, and all samples of the last on one sheet, into a folder."""
    lines = [Image(DREAMT, epoch, folder / f"dreamt-{epoch}.png") for epoch in range(1, len(dreamt) + 1)]
    whole = Image(SAMPLES, len(dreamt), folder / "samples.png")
    for image, points in zip((*lines, whole), (*map(paragraph, dreamt), sheet(samples, columns=1)), strict=True):
        write_bytes(image.png, preview(points))
    return [*lines, whole]


def dreamt_by_now(training: Path) -> list[Image]:
    """The same of the lines that a training has dreamt by now, drawn in its folder once; those that can be drawn."""
    images = []
    for epoch, line in drawn(training):
        png = line.with_suffix(".png")
        with suppress(OSError, ValueError, InputError):  # a full disk, a damaged file, a line that is not finite
            if not png.exists():
                write_bytes(png, preview(paragraph(np.load(line, allow_pickle=False).astype(np.float64))))
            images.append(Image(DREAMT, epoch, png))
    return images


def paragraph(line: Array) -> Array:
    """A line, (n, 3) of x, y, lift, cut behind lifts into rows of about the same width, one below another."""
    x = line[:, 0]
    ends = np.flatnonzero(line[:, LIFT] > 0.5)
    margins = x.min() + np.ptp(x) * np.arange(1, ROWS) / ROWS
    cuts = {int(beyond[0]) + 1 for margin in margins if len(beyond := ends[x[ends] >= margin])}
    return sheet([row for row in np.split(line, sorted(cuts)) if len(row)], columns=1)
