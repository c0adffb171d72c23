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

from penlift.common.errors import InputError, one_line, some
from penlift.ink.lines import Line
from penlift.io.formats.contract import UnfitError
from penlift.io.formats.whiteboard import read_line
from penlift.io.sources.contract import SetAside, Source
from penlift.io.sources.members import Member, members, named, text_of

LISTS = ("trainset", "testset_v", "testset_t", "testset_f")
FORMS = "forms.txt"  # who wrote what
LINE_NAME = re.compile(r"(?P<form>[^-]+-[^-]+)-(?P<number>[0-9]{1,9})")
KNOWN_BAD = re.compile(r"z01-000z-\d+|a08-551z-0[89]")
CSR = re.compile(r"^[ \t]*CSR[ \t]*:", re.IGNORECASE | re.MULTILINE)
SOUGHT = "lineStrokes-all.tar.gz, or a folder lineStrokes with the .xml files that it unpacks to"


def open_source(folder: Path) -> Source:
    """The ink of a folder that holds IAM-OnDB's archives or the trees that they unpack to."""
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder; put the archives of IAM-OnDB there, or name another (data/corpus is made by "
            "`dvc repro compose`)"
        )
    return Source(folder, _read_lines(folder), _read_lists(folder), SOUGHT)


def _read_lines(folder: Path) -> Iterator[Line | SetAside | str]:
    writers = _read_writers(folder)
    texts: dict[str, list[str]] = {}
    yield from _read_texts(folder, texts)
    last: dict[str, int] = {}  # of each form, the highest number of a line
    thousandths = 0
    for member in members(folder, "lineStrokes-all.tar.gz", "lineStrokes", ".xml"):
        try:
            form, number = _place_of(member)
            last[form] = max(last.get(form, 0), number)
            if KNOWN_BAD.fullmatch(member.stem):
                raise UnfitError("known to be bad in IAM-OnDB")
            rows, start, in_thousandths = read_line(member.content)
        except UnfitError as reason:
            yield SetAside(member.path, str(reason))
        else:
            thousandths += in_thousandths
            text = dict(enumerate(texts.get(form, []), 1)).get(number, "")
            yield Line(member.stem, form, writers.get(form, ""), text, "", start, rows)
    if last and last.keys().isdisjoint(writers) and (forms := named(folder, FORMS)).is_file():
        raise InputError(
            f"{forms}: names no form of the lines here; let each row be a form and its writer, such as "
            "`a01-000u 10000`, or take it away"
        )
    if thousandths:
        yield f"times of {thousandths} lines are taken for milliseconds"
    if texts:
        yield from _misfits({form: len(of_form) for form, of_form in texts.items()}, last)


def _misfits(texts: dict[str, int], lines: dict[str, int]) -> Iterator[str]:
    """What to say of forms that have other numbers of texts than of lines."""
    counts = {form: (texts.get(form, 0), lines.get(form, 0)) for form in sorted(texts.keys() | lines.keys())}
    odd = [f"{one_line(form)} ({has} texts, {of} lines)" for form, (has, of) in counts.items() if has != of]
    if odd:
        yield f"forms with more or fewer texts than lines, so that texts may be others': {some(odd, ', ')}"


def _place_of(member: Member) -> tuple[str, int]:
    """The form that a line stands on, and its number there, from 1."""
    if member.fault:
        raise UnfitError(member.fault)
    found = LINE_NAME.fullmatch(member.stem)
    if found is None:
        raise UnfitError("a name without form and line number")
    return found["form"], int(found["number"])


def _read_texts(folder: Path, texts: dict[str, list[str]]) -> Iterator[SetAside]:
    """Put the texts of each form into `texts`; gives what cannot be used."""
    for member in members(folder, "ascii-all.tar.gz", "ascii", ".txt"):
        try:
            if member.fault:
                raise UnfitError(member.fault)
            if member.stem in texts:
                raise UnfitError("a second file of texts of this form")
            texts[member.stem] = transcription(member.content)
        except UnfitError as reason:
            yield SetAside(member.path, str(reason))


def transcription(content: bytes) -> list[str]:
    """The lines of text after "CSR:"; blank lines and runs of percent signs only separate."""
    _, *after = CSR.split(text_of(content), maxsplit=1)
    if not after:
        raise UnfitError('no "CSR:" before its texts')
    lines = (line.strip() for line in after[0].split("\n"))
    return [line for line in lines if line.strip("%")]


def _read_writers(folder: Path) -> dict[str, str]:
    if (forms := named(folder, FORMS)).is_file():
        rows = (row.split() for row in text_of(forms.read_bytes()).split("\n") if not row.startswith("#"))
        writers: dict[str, str] = {}
        for form, writer, *_ in (row for row in rows if len(row) >= 2):
            if writers.setdefault(form, writer) != writer:
                raise InputError(
                    f"{forms}: form {form!r} is by {writers[form]!r} and by {writer!r}; keep one row of it"
                )
        return writers
    originals = chain(
        members(folder, "original-xml-all.tar.gz", "original", ".xml"),
        members(folder, "original-xml-part.tar.gz", "original-xml-part", ".xml"),
    )
    found = (_form_and_writer(member.content) for member in originals)
    return {form: writer for form, writer in found if form and writer}


def _form_and_writer(content: bytes) -> tuple[str, str]:
    """General/Form@id,@writerID, wherever the file is sound up to there; empty where there are none."""
    begun = etree.iterparse(
        BytesIO(content), events=["start"], tag="Form", resolve_entities=False, no_network=True, load_dtd=False
    )
    with suppress(etree.XMLSyntaxError):
        for _, form in begun:
            return form.get("id", ""), form.get("writerID", "")
    return "", ""


def _read_lists(folder: Path) -> dict[str, str]:
    files = {name: path for name in LISTS if (path := named(folder, f"{name}.txt")).is_file()}
    if files and len(files) < len(LISTS):
        missing = ", ".join(f"{name}.txt" for name in LISTS if name not in files)
        raise InputError(
            f"{folder}: {missing} missing beside {next(iter(files))}.txt; put all four lists there, or none"
        )
    lists: dict[str, str] = {}
    for name, path in files.items():
        for form in text_of(path.read_bytes()).split():
            if lists.setdefault(form, name) != name:
                raise InputError(f"{folder}: form {form!r} is in {lists[form]}.txt and in {name}.txt; keep it in one")
    if files and not lists:
        raise InputError(f"{folder}: the four lists name no form; complete them, or take all away")
    return lists
