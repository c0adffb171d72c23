"""The files of an archive or of the tree that it unpacks to, one after the other. Nothing is written to disk."""

import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from penlift.errors import InputError

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
        with tarfile.open(path, "r|*") as archive:
            for entry in archive:
                if not entry.isfile():
                    continue
                file = archive.extractfile(entry) if entry.size <= LARGEST else None
                yield Member(entry.name, file.read() if file else None)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise InputError(f"{path}: a damaged archive ({error}); fetch or copy it again") from None


def _unpacked(folder: Path, tree: Path, suffix: str) -> Iterator[Member]:
    for path in sorted(tree.rglob(f"*{suffix}")):
        content = path.read_bytes() if path.stat().st_size <= LARGEST else None
        yield Member(path.relative_to(folder).as_posix(), content)
