"""docs/plotter.md is true: its commands, as they stand there, give a plotter all the strokes of a line."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT, wavy_line

from penlift.handwriting import written
from penlift.ink.lines import strokes_of

PAGE = (ROOT / "docs" / "plotter.md").read_text(encoding="utf-8")
HPGL_UNIT = 0.02488  # mm, of an HP 7475A


def plotted(folder: Path, line: Any, file: str) -> str:
    """What the command of the page that makes this file makes of a line."""
    if shutil.which("vpype") is None:
        pytest.skip("vpype is not installed; it is in the extra plotter")
    (folder / "sample-1-plain.svg").write_bytes(written("svg", [line]))
    (settings,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (folder / "pen.toml").write_text(settings)
    (command,) = re.findall(rf"^    (vpype .* {file})$", PAGE, re.MULTILINE)
    subprocess.run(shlex.split(command), cwd=folder, check=True, capture_output=True, timeout=60)
    return (folder / file).read_text()


def hpgl_strokes(content: str) -> list[Any]:
    """Millimetres, y upwards."""
    strokes, at, relative = [], np.zeros(2), False
    for instruction, numbers in re.findall(r"(P[ADRU])([-\d.,]*);", content):
        relative = {"PR": True, "PA": False}.get(instruction, relative)
        if numbers:
            places = np.array(numbers.split(","), dtype=np.float64).reshape(-1, 2)
            places = at + places.cumsum(axis=0) if relative else places
            if instruction == "PD":
                strokes.append(np.vstack([at, places]) * HPGL_UNIT)
            at = places[-1]
    return strokes


def gcode_strokes(content: str) -> list[Any]:
    """Millimetres, y upwards."""
    strokes = [re.findall(r"X([\d.]+) Y([\d.]+)", stroke) for stroke in content.split("G0 Z5\n")[1:-1]]
    return [np.array(stroke, dtype=np.float64) for stroke in strokes]


@pytest.mark.parametrize(("file", "read", "within"), [
    ("line.hpgl", hpgl_strokes, 0.1), ("line.gcode", gcode_strokes, 0.05)
])  # fmt: skip
def test_a_plotter_is_given_each_stroke_in_order_as_wide_as_the_sheet_allows(
    tmp_path: Path, file: str, read: Any, within: float
) -> None:
    line = wavy_line(3, 200)[:, :3] * [4, 0.4, 1]  # far longer than high
    drawn = [stroke.path for stroke in strokes_of(line) if np.ptp(stroke.path, axis=0).any()]

    strokes = read(plotted(tmp_path, line, file))

    whole = np.concatenate(strokes)
    assert [len(stroke) for stroke in strokes] == [len(stroke) for stroke in drawn]
    assert abs(np.ptp(whole[:, 0]) - 257) < within  # A4 across, less the margins
    ink = np.concatenate(drawn) * [1, -1]
    size = np.ptp(ink[:, 0]) / 257
    np.testing.assert_allclose(whole - whole.min(axis=0), (ink - ink.min(axis=0)) / size, atol=within)
