"""The files of an archive or of the tree that it unpacks to, one after the other. Nothing is written to disk."""

import gzip
import tarfile
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from penlift.common.errors import InputError, one_line
from penlift.common.files import DAMAGE, storable

LARGEST = 16 * 2**20  # bytes of one file: the largest of IAM-OnDB has 0.2 MiB
LONGEST_HEADER = 2**16  # bytes of one header of an archive: a path has 4,096 at most


class Member(NamedTuple):
    """One file: its path inside the archive or tree, and its content, empty where the fault says why it is not read."""

    path: str
    content: bytes
    fault: str = ""

    @property
    def stem(self) -> str:
        """The file's name without its extension."""
        return Path(self.path).stem


def named(folder: Path, name: str) -> Path:
    """What a folder holds under a name, else in other capitals; the path of that very name where it holds neither."""
    spelt = (path for path in folder.iterdir() if path.name.lower() == name.lower())
    return min(spelt, key=lambda path: path.name != name, default=folder / name)


def members(folder: Path, archive: str, tree: str, suffix: str) -> Iterator[Member]:
    """The files of folder/archive, or, where there is none, of folder/tree; hidden ones are left out.

    Those that do not end in `suffix`, in whatever capitals, have a fault, as have links that lead to no file.
    """
    if (packed := named(folder, archive)).is_file():
        found = _archived(packed, suffix)
    elif (unpacked := named(folder, tree)).is_dir():
        found = _unpacked(folder, unpacked, suffix)
    else:
        found = iter(())
    return (member for member in found if not Path(member.path).name.startswith("."))


def text_of(content: bytes) -> str:
    """The text of a user's file: UTF-16 behind its mark, UTF-8 where it is that, else Windows-1252.

    Its lines end at LF. Control characters are U+FFFD.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", "replace")
    else:
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
    return storable(text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n"))


def _archived(path: Path, suffix: str) -> Iterator[Member]:
    try:
        with _decompressed(path) as file, tarfile.open(fileobj=_Modest(file), mode="r:") as archive:  # type: ignore[call-overload]
            end = 0
            for entry in archive:
                if entry.size < 0 or archive.offset <= end:
                    raise tarfile.ReadError("a file of less than no bytes")
                end = archive.offset
                if not entry.isdir():
                    yield _entry(entry, file, suffix)
            _demand_end(file, archive.offset)
    except (OSError, *DAMAGE) as error:
        raise InputError(f"{path}: a damaged archive ({one_line(error)}); fetch or copy it again") from None


class _Modest:
    """The file that tarfile reads headers from, none of which is large."""

    def __init__(self, file: gzip.GzipFile | BufferedReader) -> None:
        self.file, self.seek, self.tell = file, file.seek, file.tell

    def read(self, size: int) -> bytes:
        if not 0 <= size <= LONGEST_HEADER:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return self.file.read(size)


def _entry(entry: tarfile.TarInfo, file: gzip.GzipFile | BufferedReader, suffix: str) -> Member:
    path = _printable(entry.name)
    if entry.issym() or entry.islnk():
        return Member(path, b"", "a link in an archive; pack it again by tar --dereference --hard-dereference")
    if not entry.isreg() or entry.issparse():
        return Member(path, b"", "no plain file; pack it again as one")
    if fault := _fault(path, entry.size, suffix):
        return Member(path, b"", fault)
    file.seek(entry.offset_data)
    return Member(path, file.read(entry.size))


def _fault(path: str, size: int, suffix: str) -> str:
    if not path.lower().endswith(suffix):
        return f"no {suffix} file"
    return "absurd size: a file of over 16 MiB" if size > LARGEST else ""


def _decompressed(path: Path) -> gzip.GzipFile | BufferedReader:
    """The tar itself, whose name may end in .gz after somebody's browser has unpacked it."""
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if compressed else path.open("rb")


def _demand_end(file: gzip.GzipFile | BufferedReader, end: int) -> None:
    """Read to the last byte, where gzip's checksum is; tarfile stops in silence at a header that it cannot read."""
    file.seek(end)
    blank = [not chunk.strip(b"\0") for chunk in iter(lambda: file.read(2**20), b"")]
    if not blank or not all(blank):
        raise tarfile.ReadError("it ends in the middle, or holds something that is no file")


def _printable(name: str) -> str:
    """A path as text that can be written on a line: what is no UTF-8 or no letter is escaped."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _unpacked(folder: Path, tree: Path, suffix: str) -> Iterator[Member]:
    """All files below a folder, also behind links, but no folder twice."""
    seen: set[tuple[int, int]] = set()
    waiting = [tree]
    while waiting:
        path = waiting.pop()
        place = _printable(path.relative_to(folder).as_posix())
        try:
            status = path.stat()
            if not path.is_dir():
                fault = _fault(place, status.st_size, suffix) if path.is_file() else "no plain file"
                yield Member(place, b"" if fault else path.read_bytes(), fault)
            elif (status.st_dev, status.st_ino) in seen:
                yield Member(place, b"", "a link to a folder that is read already")
            else:
                seen.add((status.st_dev, status.st_ino))
                waiting += sorted(path.iterdir(), reverse=True)
        except OSError as error:
            yield Member(place, b"", f"cannot be read ({error.strerror})")
