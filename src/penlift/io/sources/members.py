"""The files of an archive or of the tree that it unpacks to, one after the other. Nothing is written to disk."""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from penlift.common.errors import InputError

LARGEST = 16 * 2**20  # bytes of one file: the largest of IAM-OnDB has 0.2 MiB


class Member(NamedTuple):
    """One file: its path inside the archive or tree, and its content, or None where it is absurdly large."""

    path: str
    content: bytes | None

    @property
    def stem(self) -> str:
        """The file's name without its extension."""
        return Path(self.path).stem


def members(folder: Path, archive: str, tree: str, suffix: str) -> Iterator[Member]:
    """The files ending in `suffix` of folder/archive, or, where there is none, of folder/tree."""
    if (folder / archive).is_file():
        found = _archived(folder / archive)
    elif (folder / tree).is_dir():
        found = _unpacked(folder, folder / tree, suffix)
    else:
        found = iter(())
    return (member for member in found if member.path.endswith(suffix) and not Path(member.path).name.startswith("."))


def _archived(path: Path) -> Iterator[Member]:
    try:
        with _decompressed(path) as file, tarfile.open(fileobj=file, mode="r:") as archive:
            for entry in archive:
                content = archive.extractfile(entry) if entry.isfile() and entry.size <= LARGEST else None
                if entry.isfile():
                    yield Member(_printable(entry.name), content.read() if content else None)
            _demand_end(file, archive.offset)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise InputError(f"{path}: a damaged archive ({error}); fetch or copy it again") from None


def _decompressed(path: Path) -> gzip.GzipFile | BufferedReader:
    """The tar itself, whose name may end in .gz after somebody's browser has unpacked it."""
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if compressed else path.open("rb")


def _demand_end(file: gzip.GzipFile | BufferedReader, end: int) -> None:
    """Read to the last byte, where gzip's checksum is; tarfile stops in silence at a header that it cannot read."""
    file.seek(end)
    rest = b"".join(chunk.strip(b"\0") or chunk[:1] for chunk in iter(lambda: file.read(2**20), b""))
    if not rest or rest.strip(b"\0"):
        raise tarfile.ReadError("it ends in the middle, or holds something that is no file")


def _printable(name: str) -> str:
    """A path whose bytes are no UTF-8 as text that can be written."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _unpacked(folder: Path, tree: Path, suffix: str) -> Iterator[Member]:
    for path in sorted(tree.rglob(f"*{suffix}")):
        content = path.read_bytes() if path.stat().st_size <= LARGEST else None
        yield Member(_printable(path.relative_to(folder).as_posix()), content)
