"""IAM-OnDB, and any ink in the shape of its archives.

Paths: lineStrokes/a01/a01-000/a01-000u-01.xml is line 1 of form a01-000u; ascii/a01/a01-000/a01-000u.txt holds the text
of its lines after "CSR:". See Liwicki and Bunke, "IAM-OnDB - an On-Line English Sentence Database Acquired from
Handwritten Text on a Whiteboard", ICDAR 2005.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from itertools import chain
from pathlib import Path

from lxml import etree

from penlift.common.errors import InputError
from penlift.ink.lines import Line
from penlift.io.formats.contract import UnfitError
from penlift.io.formats.whiteboard import read_line
from penlift.io.sources.contract import SetAside, Source
from penlift.io.sources.members import Member, members

LISTS = ("trainset", "testset_v", "testset_t", "testset_f")
FORMS = "forms.txt"  # who wrote what
LINE_NAME = re.compile(r"(?P<form>[^-]+-[^-]+)-(?P<number>\d+)")
KNOWN_BAD = re.compile(r"z01-000z-\d+|a08-551z-0[89]")
SOUGHT = "lineStrokes-all.tar.gz, or a folder lineStrokes with the .xml files that it unpacks to"


def open_source(folder: Path) -> Source:
    """The ink of a folder that holds IAM-OnDB's archives or the trees that they unpack to."""
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder; put the archives of IAM-OnDB there, or name another (data/corpus is made by "
            "`dvc repro compose`)"
        )
    return Source(folder, _read_lines(folder), _read_lists(folder), SOUGHT)


def _read_lines(folder: Path) -> Iterator[Line | SetAside]:
    texts, writers = _read_texts(folder), _read_writers(folder)
    forms: set[str] = set()
    for member in members(folder, "lineStrokes-all.tar.gz", "lineStrokes", ".xml"):
        try:
            line = _line(member, texts, writers)
        except UnfitError as reason:
            yield SetAside(member.path, str(reason))
        else:
            forms.add(line.form)
            yield line
    if forms and forms.isdisjoint(writers) and (folder / FORMS).is_file():
        raise InputError(
            f"{folder / FORMS}: names no form of the lines here; let each row be a form and its writer, such as "
            "`a01-000u 10000`, or take it away"
        )


def _line(member: Member, texts: dict[str, list[str]], writers: dict[str, str]) -> Line:
    name = LINE_NAME.fullmatch(member.stem)
    if name is None:
        raise UnfitError("a name without form and line number")
    if KNOWN_BAD.fullmatch(member.stem):
        raise UnfitError("known to be bad in IAM-OnDB")
    if member.content is None:
        raise UnfitError("absurd size: a file of over 16 MiB")
    rows, start = read_line(member.content)
    form, number = name["form"], int(name["number"])
    of_form = texts.get(form, [])
    text = of_form[number - 1] if 0 < number <= len(of_form) else ""
    return Line(name[0], form, writers.get(form, ""), text, "", start, rows)


def _read_texts(folder: Path) -> dict[str, list[str]]:
    files = members(folder, "ascii-all.tar.gz", "ascii", ".txt")
    return {member.stem: transcription(member.content) for member in files if member.content is not None}


def transcription(content: bytes) -> list[str]:
    """The lines of text after "CSR:"; blank lines and runs of percent signs only separate."""
    _, _, after = content.decode("latin-1").partition("CSR:")
    lines = (line.strip() for line in after.splitlines())
    return [line for line in lines if line.strip("%")]


def _read_writers(folder: Path) -> dict[str, str]:
    forms = folder / FORMS
    if forms.is_file():
        entries = (line.split() for line in forms.read_text(encoding="latin-1").splitlines())
        return {entry[0]: entry[1] for entry in entries if len(entry) >= 2 and not entry[0].startswith("#")}
    originals = chain(
        members(folder, "original-xml-all.tar.gz", "original", ".xml"),
        members(folder, "original-xml-part.tar.gz", "original-xml-part", ".xml"),
    )
    found = (_form_and_writer(member.content) for member in originals if member.content)
    return {form: writer for form, writer in found if form and writer}


def _form_and_writer(content: bytes) -> tuple[str, str]:
    """General/Form@id,@writerID, wherever the file is sound up to there; empty where there are none."""
    with suppress(etree.XMLSyntaxError):
        parsed = etree.iterparse(BytesIO(content), tag="Form", resolve_entities=False, no_network=True, load_dtd=False)
        for _, form in parsed:
            return form.get("id", ""), form.get("writerID", "")
    return "", ""


def _read_lists(folder: Path) -> dict[str, str]:
    found = [name for name in LISTS if (folder / f"{name}.txt").is_file()]
    if found and len(found) < len(LISTS):
        missing = ", ".join(f"{name}.txt" for name in LISTS if name not in found)
        raise InputError(f"{folder}: {missing} missing beside {found[0]}.txt; put all four lists there, or none")
    lists: dict[str, str] = {}
    for name in found:
        for form in (folder / f"{name}.txt").read_text(encoding="latin-1").split():
            if lists.setdefault(form, name) != name:
                raise InputError(f"{folder}: form {form!r} is in {lists[form]}.txt and in {name}.txt; keep it in one")
    return lists
