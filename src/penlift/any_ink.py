"""A folder of ink of whatever kind: as stage extract leaves it, or the archives that it reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from penlift.extraction import extract
from penlift.ink import Ink, load_points
from penlift.sources import SOURCES


def is_ink(folder: Path) -> bool:
    """Whether a folder holds ink of either kind."""
    return (folder / "points.npy").is_file() or is_archive(folder)


def is_archive(folder: Path) -> bool:
    """Whether it is ink of the kind that stage extract reads."""
    return not (folder / "points.npy").is_file() and any(folder.glob("lineStrokes*"))


@contextmanager
def open_ink(folder: Path) -> Iterator[Ink]:
    """The lines of a folder; those of archives are read into a temporary one, with IAM-OnDB's standard splits."""
    if (folder / "points.npy").is_file():
        yield load_points(folder)
        return
    with TemporaryDirectory(prefix="penlift-") as place:
        extract(SOURCES["iam"](folder), "standard", Path(place))
        yield load_points(Path(place))
