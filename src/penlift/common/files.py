"""Files and folders that appear whole or not at all."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give a folder to write in; it becomes `target` once all went well, and is deleted otherwise.

    An older `target` stays in place until then.
    """
    part = _beside(target, "part")
    shutil.rmtree(part, ignore_errors=True)  # what a killed run has left
    part.mkdir(parents=True)
    try:
        yield part
        _replace_folder(part, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a path to write to; the file becomes `target` once all went well, and is deleted otherwise."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _beside(target, "part")
    try:
        yield part
        _sync(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Write a text file whole."""
    with whole_file(target) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(target: Path, content: bytes) -> None:
    """Write a file whole."""
    with whole_file(target) as part:
        part.write_bytes(content)


def write_json(target: Path, content: Any) -> None:
    """Write JSON that a person can read; NaN and infinity are refused, since JSON has none."""
    write_text(target, json.dumps(content, indent=2, allow_nan=False) + "\n")


def _beside(target: Path, word: str) -> Path:
    return target.with_name(f".{target.name}.{word}")


def _replace_folder(part: Path, target: Path) -> None:
    older = _beside(target, "older")
    shutil.rmtree(older, ignore_errors=True)
    if target.exists():
        target.replace(older)
    part.replace(target)
    shutil.rmtree(older, ignore_errors=True)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
