"""Written lines as the archives and lists of IAM-OnDB, the same bytes for the same lines.

lineStrokes-all.tar.gz, ascii-all.tar.gz, forms.txt and the four lists of forms: see penlift.io.sources.iam, which reads
them. Members stand in the order of writing; neither a clock nor a user name gets into them.
"""

import gzip
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
from lxml import etree

LISTS = ("trainset", "testset_v", "testset_t", "testset_f")  # of forms, as IAM-OnDB splits them
PITCH = 850  # tablet units from a line of a form to the next
MARGIN = 900  # tablet units
PAUSE = 60  # s from the beginning of a line to that of the next


class CorpusLine(NamedTuple):
    """A line that somebody has written on a form."""

    form: str
    number: int  # of the line on the form, from 1
    writer: str
    held_in: str  # the one of IAM-OnDB's four lists that has this form
    text: str
    strokes: list[npt.NDArray[np.float64]]  # (n, 3): x, y in tablet units, y downwards; s


def save_archives(folder: Path, lines: Iterable[CorpusLine]) -> None:
    """Write lines, form by form, into an existing folder; one line is held at a time."""
    forms: dict[str, list[CorpusLine]] = {}
    with _archive(folder / "lineStrokes-all.tar.gz") as strokes:
        for line in lines:
            forms.setdefault(line.form, []).append(line._replace(strokes=[]))
            _add(strokes, f"lineStrokes/{_place(line.form)}-{line.number:02d}.xml", to_xml(line))
    with _archive(folder / "ascii-all.tar.gz") as ascii_files:
        for form, written in forms.items():
            text = "\n".join(line.text for line in written)
            _add(ascii_files, f"ascii/{_place(form)}.txt", f"OCR:\n\n{text}\n\nCSR:\n\n{text}\n".encode("ascii"))
    _save(folder / "forms.txt", (f"{form} {written[0].writer}" for form, written in forms.items()))
    for name in LISTS:
        _save(folder / f"{name}.txt", (f" {form}" for form, written in forms.items() if written[0].held_in == name))


def to_xml(line: CorpusLine) -> bytes:
    """The line as IAM-OnDB writes it, all coordinates positive."""
    rows = np.concatenate(line.strokes)
    origin = np.array([MARGIN, MARGIN + PITCH * (line.number - 1)]) - np.floor(rows[:, :2].min(axis=0))
    root = etree.Element("WhiteboardCaptureSession")
    _describe(root, np.rint(rows[:, :2] + origin).astype(int))
    strokes = etree.SubElement(root, "StrokeSet")
    for stroke in line.strokes:
        places = np.rint(stroke[:, :2] + origin).astype(int).astype(str)
        times = [f"{time:.2f}" for time in stroke[:, 2] + PAUSE * line.number]
        element = etree.SubElement(strokes, "Stroke", colour="black", start_time=times[0], end_time=times[-1])
        for (x, y), time in zip(places.tolist(), times, strict=True):
            etree.SubElement(element, "Point", x=x, y=y, time=time)
    return cast(bytes, etree.tostring(root, encoding="ISO-8859-1", xml_declaration=True, pretty_print=True))


def _describe(root: etree._Element, places: npt.NDArray[np.int_]) -> None:
    (left, top), (right, bottom) = (map(str, corner) for corner in (places.min(axis=0), places.max(axis=0)))
    description = etree.SubElement(root, "WhiteboardDescription")
    etree.SubElement(description, "SensorLocation", corner="top_left")
    etree.SubElement(description, "DiagonallyOppositeCoords", x=right, y=bottom)
    etree.SubElement(description, "VerticallyOppositeCoords", x=left, y=bottom)
    etree.SubElement(description, "HorizontallyOppositeCoords", x=right, y=top)


def _place(form: str) -> str:
    return f"{form[:3]}/{form[:7]}/{form}"


def _save(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="ascii", newline="\n")


@contextmanager
def _archive(path: Path) -> Iterator[tarfile.TarFile]:
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        yield archive


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = len(content), 0, 0o644
    archive.addfile(member, BytesIO(content))
