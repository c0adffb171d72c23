"""Files and folders that appear whole or not at all, are known by a hash, and say what to do where they are damaged."""

import hashlib
import json
import os
import re
import shutil
import struct
import tarfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path
from typing import Any

import numpy as np

from penlift.common.errors import InputError, one_line

# What libraries raise of content that is none of theirs; tests feed them many.
DAMAGE = (
    EOFError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, MemoryError,
    SyntaxError, tokenize.TokenError, struct.error, zipfile.BadZipFile, zlib.error, LZMAError, tarfile.TarError,
)  # fmt: skip
NO_TEXT = re.compile(r"[^\t\n\r\x20-~\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give a folder to write in; it becomes `target` once all went well, and is deleted otherwise.

    An older `target` stays in place until then.
    """
    part, older = (target.with_name(f".{target.name}.{word}") for word in ("part", "older"))
    shutil.rmtree(part, ignore_errors=True)  # what a killed run has left
    part.mkdir(parents=True)
    try:
        yield part
        shutil.rmtree(older, ignore_errors=True)
        if target.exists():
            target.replace(older)
        part.replace(target)
        shutil.rmtree(older, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a path to write to; the file becomes `target` once all went well, and is deleted otherwise."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Write a text file whole."""
    write_bytes(target, text.encode())


def write_bytes(target: Path, content: bytes) -> None:
    """Write a file whole."""
    with whole_file(target) as part:
        part.write_bytes(content)


def write_json(target: Path, content: Any) -> None:
    """Write JSON that a person can read; NaN and infinity are refused, since JSON has none."""
    write_text(target, json.dumps(content, indent=2, allow_nan=False) + "\n")


def storable(text: str) -> str:
    """A text that pages, pictures and tables can hold: control characters are replaced."""
    return NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def digest_of(paths: Iterable[Path], facts: object = None) -> str:
    """SHA-256, in hexadecimal, of facts that JSON can say, and of the contents of files in their order, wherever they
    lie."""
    digest = hashlib.sha256(b"" if facts is None else json.dumps(facts, sort_keys=True).encode())
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


@contextmanager
def made_by_stage(place: Path) -> Iterator[None]:
    """While entered, what cannot be read of a stage's output is named, with the remedy: InputError."""
    try:
        with np.errstate(invalid="raise"):  # of numbers that are none of the type they should be
            yield
    except (OSError, *DAMAGE) as error:
        raise InputError(f"{place}: not readable ({one_line(error)}); make it again with `dvc repro`") from None
