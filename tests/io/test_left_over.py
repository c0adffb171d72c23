"""What no split, writer, text or time is known of is said, and files are read however they were saved."""

import codecs
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from conftest import form_files, line_xml, pack, text_of, wavy_line

from penlift.common.errors import InputError
from penlift.evaluation.results import read_json
from penlift.ink.lines import Ink, load_ink
from penlift.ink.offsets import Extremes
from penlift.ink.windows import Coverage
from penlift.io.extraction import Counts, extract
from penlift.io.formats.contract import UnfitError
from penlift.io.formats.whiteboard import read_line
from penlift.io.sources import iam
from penlift.report.html import document
from penlift.report.run_page import DataSummaries, InkSummary, data_parts

MakeCorpus = Callable[..., Path]
TABLES = [*(f"{name}.txt" for name in iam.LISTS), "forms.txt"]


def extracted(corpus: Path) -> tuple[Ink, Counts]:
    folder = corpus.with_name(f"ink of {corpus.name}")
    folder.mkdir()
    counts = extract(iam.open_source(corpus), "standard", folder)
    return load_ink(folder), counts


def remarks(corpus: Path) -> list[str]:
    return extracted(corpus)[1].remarks


SAVED = {
    "UTF-8 with a mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, big end first": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "line ends of old Macs": lambda text: text.replace("\n", "\r").encode(),
}


@pytest.mark.parametrize("saved", SAVED.values(), ids=SAVED)
def test_lists_forms_and_texts_are_read_however_an_editor_has_saved_them(
    make_corpus: MakeCorpus, saved: Callable[[str], bytes]
) -> None:
    plain, other = make_corpus(), make_corpus("other")
    for name in TABLES:
        (other / name).write_bytes(saved((other / name).read_text()))
    pack(other / "ascii-all.tar.gz", {name: saved(text.decode()) for name, text in form_files(5, 2)[1].items()})

    expected, found = extracted(plain), extracted(other)

    assert found[0].index.equals(expected[0].index)
    assert found[1].remarks == expected[1].remarks == []


def test_files_are_found_under_names_in_capitals(make_corpus: MakeCorpus) -> None:
    plain, other = make_corpus(), make_corpus("other")
    strokes, texts = form_files(5, 2)
    pack(other / "lineStrokes-all.tar.gz", {name.replace(".xml", ".XML"): line for name, line in strokes.items()})
    pack(other / "ascii-all.tar.gz", {name.replace(".txt", ".Txt"): text for name, text in texts.items()})
    for name in (*TABLES, "lineStrokes-all.tar.gz"):
        (other / name).rename(other / name.upper())

    expected, found = extracted(plain), extracted(other)

    assert found[0].index.equals(expected[0].index)
    assert found[1].remarks == expected[1].remarks == []


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("CSR:\none … two\nthree".encode("cp1252"), ["one … two", "three"]),
        ("CSR:\ncafé … à\nthree".encode(), ["café … à", "three"]),
        ("CSR:\na\u2028b\x85c\nd".encode(), ["a\u2028b\ufffdc", "d"]),
        (b"OCR:\nof csr: no\n\ncsr:\none\r\n\r\ntwo", ["one", "two"]),
        (b"CSR:\na\x00b\x0cc\n\x81", ["a\ufffdb\ufffdc", "\ufffd"]),
    ],
)
def test_texts_end_where_lines_end_and_letters_are_what_they_were(content: bytes, lines: list[str]) -> None:
    assert iam.transcription(content) == lines


def test_texts_that_do_not_fit_the_lines_are_said(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus()
    texts = {f"ascii/a0{form}-000u.txt": b"CSR:\none\ntwo" for form in range(5)}
    texts |= {"ascii/a01-000u.txt": b"CSR:\none\ntwo\nthree", "ascii/a02-000u.txt": b"one\ntwo"}
    pack(corpus / "ascii-all.tar.gz", texts | {"ascii/twice/a03-000u.txt": b"CSR:\nx\ny", "ascii/a04-000u.doc": b""})

    ink, counts = extracted(corpus)

    assert counts.aside.to_numpy().tolist() == [
        ["ascii/a02-000u.txt", 'no "CSR:" before its texts'],
        ["ascii/a04-000u.doc", "no .txt file"],
        ["ascii/twice/a03-000u.txt", "a second file of texts of this form"],
    ]
    assert counts.remarks == [
        "forms with more or fewer texts than lines, so that texts may be others': a01-000u (3 texts, 2 lines), "
        "a02-000u (0 texts, 2 lines)"
    ]
    assert ink.line(7).text == "two"


def test_what_the_lists_and_forms_leave_over_is_counted_printed_kept_and_on_the_page(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus()
    (corpus / "trainset.txt").write_text("a00-000u x99\u202e-000u", encoding="utf-8")
    (corpus / "testset_f.txt").write_text("")
    (corpus / "forms.txt").write_text("a00-000u ada\na01-000u bob\na02-000u cid\na03-000u dan\n")

    _, counts = extracted(corpus)

    assert counts.remarks == [
        "trainset.txt: 1 of 2 forms have no line here: x99\ufffd-000u",
        "testset_f.txt names no form",
        "4 of 10 lines are on no list, so used by nobody: forms a01-000u, a04-000u",
        "2 of 10 lines are of no known writer: forms a04-000u",
    ]
    assert counts.report().splitlines()[-4:] == counts.remarks
    summary = read_json(corpus.with_name("ink of iam") / "summary.json", InkSummary)
    assert list(summary.remarks) == counts.remarks
    windows = Coverage(lines=1, targets=1, left_out=[], most_to_least=None)
    page = document("a run", data_parts(DataSummaries(summary, Extremes(offsets=1, capped=0, zero=0), windows)))
    assert f"Of this ink: {'; '.join(counts.remarks)}." in text_of(page)


def test_lists_that_name_nothing_at_all_are_no_missing_lists(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus()
    for name in iam.LISTS:
        (corpus / f"{name}.txt").write_text("\n")

    with pytest.raises(InputError, match="the four lists name no form; complete them, or take all away"):
        extracted(corpus)


def test_a_form_by_two_writers_is_refused(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus()
    (corpus / "forms.txt").write_text("a00-000u ada\na00-000u bob\n")

    with pytest.raises(InputError, match=r"forms\.txt: form 'a00-000u' is by 'ada' and by 'bob'; keep one row of it"):
        extracted(corpus)


def test_links_in_a_tree_are_read_once_and_those_that_lead_nowhere_named(tmp_path: Path) -> None:
    tree, elsewhere = tmp_path / "lineStrokes", tmp_path / "elsewhere"
    for name, content in form_files(3, 2)[0].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tree / "a01").rename(elsewhere)
    (tree / "a01").symlink_to(elsewhere)
    (elsewhere / "round").symlink_to(tree)
    (tree / "again").symlink_to(elsewhere)
    (tree / "a02-000u-09.xml").symlink_to(tmp_path / "nowhere")
    (tree / "folder.xml").mkdir()
    os.mkfifo(tree / "a02-000u-08.xml")

    ink, counts = extracted(tmp_path)

    assert len(ink) == 6
    assert counts.aside.to_numpy().tolist() == [
        ["lineStrokes/a01/round", "a link to a folder that is read already"],
        ["lineStrokes/a02-000u-08.xml", "no plain file"],
        ["lineStrokes/a02-000u-09.xml", "cannot be read (No such file or directory)"],
        ["lineStrokes/again", "a link to a folder that is read already"],
    ]


def timed(times: Iterable[float]) -> bytes:
    points = "".join(f'<Point x="{9 * number}" y="5" time="{time:.2f}"/>' for number, time in enumerate(times))
    return f"<WhiteboardCaptureSession><Stroke>{points}</Stroke></WhiteboardCaptureSession>".encode()


def test_times_in_milliseconds_are_turned_to_seconds_and_said(make_corpus: MakeCorpus) -> None:
    in_seconds, in_milliseconds = np.arange(40) * 0.015, np.arange(40) * 15
    name = "lineStrokes/a00/a00-000/a00-000u-03.xml"
    files = {name: timed(in_milliseconds), name.replace("03", "04"): timed(in_seconds)}

    ink, counts = extracted(make_corpus(extra=files))

    np.testing.assert_allclose(ink.line(2).rows[:, 3], in_seconds, atol=1e-6)
    np.testing.assert_allclose(ink.line(3).rows[:, 3], in_seconds, atol=0.006)
    assert counts.remarks[0] == "times of 1 lines are taken for milliseconds"


@pytest.mark.parametrize("times", [[0, 1e300], [0, 1e5, 2e5], [0, 15_000, 30_000], [-1e308, 0, 1e308]])
def test_times_that_can_be_in_neither_unit_are_unknown(times: list[float]) -> None:
    rows, start, thousandths = read_line(timed(times))

    assert np.isnan(rows[:, 3]).all()
    assert np.isnan(start)
    assert not thousandths


def test_lines_without_times_are_said(make_corpus: MakeCorpus) -> None:
    timeless = line_xml(wavy_line(1)).replace(b"time=", b"clock=")

    found = remarks(make_corpus(extra={"lineStrokes/a00-000u-03.xml": timeless}))

    assert "1 of 11 lines have no times, or none that can be in seconds: a00-000u-03" in found


def test_a_line_of_too_many_points_is_refused_as_it_is_read() -> None:
    stroke = b"<Stroke>" + b"<Point/>" * 60_000 + b"</Stroke>"

    with pytest.raises(UnfitError, match="absurd size: over 50000 points"):
        read_line(b"<W>" + stroke + b"<!-- never reached --></W>")
