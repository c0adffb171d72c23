"""Ink as stage extract leaves it."""

from penlift.corpus.archives import CorpusLine, to_xml
from penlift.ink.lines import Line
from penlift.io.formats.whiteboard import read_line


def as_read(line: CorpusLine) -> Line:
    rows, start, _ = read_line(to_xml(line))
    return Line(f"{line.form}-{line.number:02d}", line.form, line.writer, line.text, "", start, rows)
