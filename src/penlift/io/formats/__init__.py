"""Kinds of files that hold lines of ink: what reads and writes each in a module, and one table of readers.

A reader takes the bytes of a file and gives points (n, 3): x, y, lift, in tablet units, y downwards, the lift 1 at the
last point of a stroke. A file of several lines gives its first.
"""

from collections.abc import Callable
from pathlib import Path

from penlift.common.errors import InputError
from penlift.ink.lines import Rows
from penlift.ink.offsets import Points
from penlift.io.formats.contract import UnfitError, to_rows
from penlift.io.formats.inkml import read_inkml
from penlift.io.formats.json_lines import read_json_lines, read_json_strokes
from penlift.io.formats.svg import read_svg, scaled, subpaths
from penlift.io.formats.tables import LARGEST, read_csv, read_npy, read_npz

READERS: dict[str, Callable[[bytes], Points]] = {
    ".csv": read_csv,
    ".json": read_json_strokes,
    ".jsonl": read_json_lines,
    ".npy": read_npy,
    ".npz": read_npz,
    ".inkml": read_inkml,
    ".svg": read_svg,
}


def read_prime(path: Path) -> Rows:
    """The line in a file: points (n, 3) of x, y, lift, in tablet units, y downwards."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: not a kind of file that lines are read from; give one of {', '.join(READERS)}")
    try:
        return to_rows(reader(_content(path)))
    except UnfitError as reason:
        raise InputError(f"{path}: {reason}") from None


def read_prime_path(d: str) -> Rows:
    """The line that the `d` of an SVG path draws, at the size of real ones: points (n, 3) of x, y, lift."""
    try:
        drawn = subpaths(d)
        if not drawn:
            raise UnfitError("nothing is drawn; give a path of lines or curves")
        return to_rows(scaled(drawn))
    except UnfitError as reason:
        raise InputError(f"the SVG path: {reason}") from None


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise UnfitError("no such file; give one that holds a line of ink")
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise UnfitError(f"cannot be read ({error.strerror}); allow it, or copy the file") from None
    if len(content) > LARGEST:
        raise UnfitError(f"over {LARGEST} bytes; give a file with one line of ink")
    return content
