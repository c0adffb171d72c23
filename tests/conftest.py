"""Ink for tests, made as they ask for it."""

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import settings
from lxml import html

from penlift.ink.lines import Ink, Line, Rows, load_ink, save_ink

if TYPE_CHECKING:
    from small_run import SmallRun

pytest_plugins = [
    "checkouts",
    "chromium",
    "commands",
    "small_trainings",
    "stores",
]  # fixtures that several files ask for
ROOT = Path(__file__).resolve().parents[1]
# No deadline: a busy machine is no fault of the code.
settings.register_profile("penlift", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("penlift")


def text_of(page: str) -> str:
    """All text of a page, a blank between words."""
    tree: Any = html.fromstring(page)
    return " ".join(tree.text_content().split())


def wavy_line(seed: int, points: int = 40) -> Rows:
    """A pen that waves to the right over whole tablet units, in strokes of about ten points."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(-30, 60, (points, 2))
    lifts = rng.random(points) < 0.1
    lifts[-1] = True
    return np.column_stack([steps.cumsum(axis=0) + 5000, lifts, np.arange(points) * 0.01]).astype(np.float32)


def written_line(seed: int, split: str = "train", points: int = 40, writer: str = "w1") -> Line:
    """A line with made-up names around `wavy_line`."""
    return Line(f"a01-00{seed}u-01", f"a01-00{seed}u", writer, f'text, "{seed}"', split, 12.5, wavy_line(seed, points))


@pytest.fixture
def small_ink(tmp_path: Path) -> Ink:
    """Six lines of unequal length: four to train on, one valid, one test."""
    folder = tmp_path / "ink"
    folder.mkdir()
    lengths = {1: 40, 2: 90, 3: 25, 4: 61}
    lines = [written_line(seed, "train", points) for seed, points in lengths.items()]
    save_ink(folder, [*lines, written_line(5, "valid", 33, "w2"), written_line(6, "test", 47, "w3")])
    return load_ink(folder)


def line_xml(rows: Rows) -> bytes:
    """A line as IAM-OnDB writes it."""
    strokes, points = [], []
    for x, y, lift, time in rows:
        points.append(f'<Point x="{x:.0f}" y="{y:.0f}" time="{time + 100:.2f}"/>')
        if lift:
            strokes.append(f'<Stroke colour="black">{"".join(points)}</Stroke>')
            points = []
    head = '<?xml version="1.0" encoding="ISO-8859-1"?><WhiteboardCaptureSession><WhiteboardDescription/>'
    return f"{head}<StrokeSet>{''.join(strokes)}</StrokeSet></WhiteboardCaptureSession>".encode("latin-1")


def pack(archive: Path, files: dict[str, bytes]) -> None:
    """Put files into a .tar.gz, in the given order."""
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


def form_files(forms: int, lines: int, points: int = 40) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Line files and transcriptions of so many forms with so many lines each."""
    strokes: dict[str, bytes] = {}
    texts: dict[str, bytes] = {}
    for form in range(forms):
        name = f"a{form:02}-000u"
        folder = f"a{form:02}/a{form:02}-000"
        for line in range(1, lines + 1):
            strokes[f"lineStrokes/{folder}/{name}-{line:02}.xml"] = line_xml(wavy_line(100 * form + line, points))
        transcription = "\n\n".join(f"line {line} of {name}" for line in range(1, lines + 1))
        texts[f"ascii/{folder}/{name}.txt"] = f"OCR:\n\nnoise\n\nCSR:\n\n{transcription}\n".encode()
    return strokes, texts


@pytest.fixture
def make_corpus(tmp_path: Path) -> Callable[..., Path]:
    """Write a folder as a user of IAM-OnDB has it: five forms by five writers in four official lists."""

    def make(name: str = "iam", lines: int = 2, extra: dict[str, bytes] | None = None, points: int = 40) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        strokes, texts = form_files(5, lines, points)
        pack(folder / "lineStrokes-all.tar.gz", strokes | (extra or {}))
        pack(folder / "ascii-all.tar.gz", texts)
        (folder / "forms.txt").write_text("".join(f"a{form:02}-000u writer{form}\n" for form in range(5)))
        for form, split in enumerate(("trainset", "trainset", "testset_v", "testset_t", "testset_f")):
            with (folder / f"{split}.txt").open("a") as file:
                file.write(f" a{form:02}-000u\n")
        return folder

    return make


@pytest.fixture(scope="session")
def real_ink() -> Path:
    """The folder of real handwriting that PENLIFT_INK names."""
    folder = os.environ.get("PENLIFT_INK")
    if not folder:
        pytest.skip("PENLIFT_INK names no folder of real ink")
    return Path(folder)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> "SmallRun":
    """A small run, evaluated."""
    from small_run import make_run

    return make_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def thin(tmp_path_factory: pytest.TempPathFactory) -> "SmallRun":
    """The same of points thinned from 100 Hz to 30."""
    from small_run import make_run

    return make_run(tmp_path_factory.mktemp("thin"), rate=30.0)
