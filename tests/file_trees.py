"""Files of each format as trees of dicts, lists and leaves, so that a test can edit what they say, and write it again.

What is written may be no such file any more: a number where a list belongs is written as it is.
"""

import ast
import csv
import gzip
import io
import json
import math
import struct
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from lxml import etree
from ruamel.yaml import YAML

from penlift.training.folder import HEADER


class Form(NamedTuple):
    """A format."""

    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]


def bytes_of(leaf: object) -> bytes:
    """Whatever stands in the place of bytes."""
    return leaf if isinstance(leaf, bytes) else str(leaf).encode("utf-8", "surrogatepass")


def _write_json(tree: Any) -> bytes:
    return json.dumps(tree, default=str).encode()


def _read_json_lines(content: bytes) -> Any:
    return [json.loads(line) for line in content.splitlines()]


def _write_json_lines(tree: Any) -> bytes:
    return b"".join(_write_json(line) + b"\n" for line in tree)


def _read_yaml(content: bytes) -> Any:
    if b"&" in content and b"*" in content:
        raise ValueError("what refers to itself is no tree, and what refers to much is a large one")
    return YAML(typ="safe", pure=True).load(content.decode())


def _write_yaml(tree: Any) -> bytes:
    rows = (
        [f"{_flow(key)}: {_flow(value)}\n" for key, value in tree.items()] if isinstance(tree, dict) else [_flow(tree)]
    )
    return "".join(rows).encode("utf-8", "surrogatepass")


def _flow(tree: Any) -> str:
    if isinstance(tree, dict):
        return f"{{{', '.join(f'{_flow(key)}: {_flow(value)}' for key, value in tree.items())}}}"
    if isinstance(tree, list):
        return f"[{', '.join(map(_flow, tree))}]"
    if isinstance(tree, float) and not math.isfinite(tree):
        return ".nan" if math.isnan(tree) else f"{'-' * (tree < 0)}.inf"
    return json.dumps(tree, default=str)


def _read_xml(content: bytes) -> Any:
    return _element(etree.fromstring(content))


def _element(found: etree._Element) -> dict[str, Any]:
    name = etree.QName(found)
    attributes = {etree.QName(key).localname: str(value) for key, value in found.attrib.items()}
    if name.namespace and found.getparent() is None:
        attributes["xmlns"] = name.namespace
    inside = [_element(child) for child in found if isinstance(child.tag, str)]
    return {"tag": name.localname, "attributes": attributes, "text": found.text or "", "inside": inside}


def _write_xml(tree: Any) -> bytes:
    return _tagged(tree).encode("utf-8", "surrogatepass")


def _tagged(tree: Any) -> str:
    if not isinstance(tree, dict):
        return escape(str(tree))
    attributes, inside = tree.get("attributes"), tree.get("inside")
    pairs = attributes.items() if isinstance(attributes, dict) else [("attributes", attributes)]
    said = "".join(f" {key}={quoteattr(str(value))}" for key, value in pairs)
    within = "".join(map(_tagged, inside)) if isinstance(inside, list) else str(inside)
    return f"<{tree.get('tag')}{said}>{escape(str(tree.get('text', '')))}{within}</{tree.get('tag')}>"


def _read_table(content: bytes) -> Any:
    return list(csv.reader(content.decode().splitlines()))


def _write_table(tree: Any) -> bytes:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(row if isinstance(row, list) else [row] for row in tree)
    return file.getvalue().encode("utf-8", "surrogatepass")


def _read_words(content: bytes) -> Any:
    return [line.split(" ") for line in content.decode("latin-1").split("\n")]


def _write_words(tree: Any) -> bytes:
    lines = [line if isinstance(line, list) else [line] for line in tree]
    return bytes_of("\n".join(" ".join(map(str, line)) for line in lines))


def _read_npy(content: bytes) -> Any:
    begin = 10 + struct.unpack_from("<H", content, 8)[0]
    header = ast.literal_eval(content[10:begin].decode())
    return {"header": header | {"shape": list(header["shape"])}, "data": content[begin:]}


def _write_npy(tree: Any) -> bytes:
    if not isinstance(tree, dict):
        return bytes_of(tree)
    header = tree.get("header")
    if isinstance(header, dict):
        header = {key: tuple(value) if isinstance(value, list) else value for key, value in header.items()}
    said = bytes_of(f"{header!r}\n")
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(said) % 2**16) + said + bytes_of(tree.get("data", b""))


def _read_npz(content: bytes) -> Any:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: _read_npy(archive.read(name)) for name in archive.namelist()}


def _write_npz(tree: Any) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in tree.items():
            archive.writestr(zipfile.ZipInfo(name), _write_npy(array))
    return file.getvalue()


def _read_tensors(content: bytes) -> Any:
    begin = 8 + struct.unpack_from("<Q", content)[0]
    header = json.loads(content[8:begin])
    if HEADER in (about := header.get("__metadata__", {})):
        about[HEADER] = json.loads(about[HEADER])
    return {"header": header, "data": content[begin:]}


def _write_tensors(tree: Any) -> bytes:
    header = dict(tree["header"])
    if isinstance(about := header.get("__metadata__"), dict) and HEADER in about:
        header["__metadata__"] = about | {HEADER: json.dumps(about[HEADER])}
    said = _write_json(header)
    return struct.pack("<Q", len(said)) + said + bytes_of(tree["data"])


OCTAL, TEXT = int, str
FIELDS: tuple[tuple[str, int, type], ...] = (
    ("name", 100, TEXT), ("mode", 8, OCTAL), ("uid", 8, OCTAL), ("gid", 8, OCTAL), ("size", 12, OCTAL),
    ("mtime", 12, OCTAL), ("sum", 8, OCTAL), ("type", 1, TEXT), ("linkname", 100, TEXT), ("magic", 8, TEXT),
    ("uname", 32, TEXT), ("gname", 32, TEXT), ("devmajor", 8, OCTAL), ("devminor", 8, OCTAL), ("prefix", 167, TEXT),
)  # fmt: skip
BLOCK = 512


def _read_tar(content: bytes) -> Any:
    rest, entries = gzip.decompress(content), []
    while rest[:BLOCK].strip(b"\0"):
        entry: dict[str, Any] = {}
        at = 0
        for name, length, kind in FIELDS:
            found, at = rest[at : at + length].rstrip(b"\0"), at + length
            entry[name] = int(found.strip(b"\0 ") or b"0", 8) if kind is OCTAL else found.decode("latin-1")
        size = max(0, entry["size"])
        entries.append(entry | {"content": rest[BLOCK : BLOCK + size]})
        rest = rest[BLOCK + size + -size % BLOCK :]
    return entries


def _write_tar(tree: Any) -> bytes:
    """With checksums that are right, and sizes in base 256 where octal digits do not hold them."""
    blocks = []
    for entry in tree:
        fields = [b" " * 8 if name == "sum" else _field(entry.get(name, b""), length)
                  for name, length, _ in FIELDS]  # fmt: skip
        fields[6] = b"%06o\0 " % sum(b"".join(fields))
        content = bytes_of(entry.get("content", b""))
        blocks += [*fields, content, bytes(-len(content) % BLOCK)]
    return gzip.compress(b"".join(blocks) + bytes(2 * BLOCK), 1, mtime=0)


def _field(value: Any, length: int) -> bytes:
    if type(value) is not int:
        return bytes_of(value)[:length].ljust(length, b"\0")
    if 0 <= value < 8 ** (length - 1):
        return b"%0*o\0" % (length - 1, value)
    low: int = value % 256 ** (length - 1)
    return (b"\xff" if value < 0 else b"\x80") + low.to_bytes(length - 1, "big")


FORMS = {
    ".json": Form(json.loads, _write_json),
    ".jsonl": Form(_read_json_lines, _write_json_lines),
    ".log": Form(_read_json_lines, _write_json_lines),
    ".yaml": Form(_read_yaml, _write_yaml),
    ".lock": Form(_read_yaml, _write_yaml),
    ".xml": Form(_read_xml, _write_xml),
    ".svg": Form(_read_xml, _write_xml),
    ".inkml": Form(_read_xml, _write_xml),
    ".csv": Form(_read_table, _write_table),
    ".txt": Form(_read_words, _write_words),
    ".npy": Form(_read_npy, _write_npy),
    ".npz": Form(_read_npz, _write_npz),
    ".safetensors": Form(_read_tensors, _write_tensors),
    ".gz": Form(_read_tar, _write_tar),
}


def floats_of(data: bytes) -> "np.typing.NDArray[np.float32]":
    """The numbers in the data of arrays and tensors, as far as they are whole."""
    return np.frombuffer(data[: len(data) // 4 * 4], dtype="<f4").copy()
