"""Archives from strangers: what cannot be read of one is named in one line, and one odd file costs no other."""

import gzip
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from conftest import form_files, line_xml, pack, wavy_line
from hypothesis import given, settings
from hypothesis import strategies as st

from penlift.common.errors import InputError
from penlift.io.extraction import extract
from penlift.io.sources import iam
from penlift.io.sources.members import Member, members

MakeCorpus = Callable[..., Path]


def read_all(folder: Path, content: bytes) -> list[Member]:
    (folder / "ink.tar.gz").write_bytes(content)
    return list(members(folder, "ink.tar.gz", "ink", ".xml"))


def entry(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, pax: dict[str, str] | None = None) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.pax_headers = kind, size, pax or {}
    return info.tobuf(tarfile.PAX_FORMAT if pax else tarfile.GNU_FORMAT)


END = bytes(1024)
LONG = tarfile.GNUTYPE_LONGNAME
SPARSE = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
HOSTILE = {
    "a file of 2**64 bytes": entry("a.xml", size=2**64),
    "a file of less than no bytes": entry("a.xml", size=-512),
    "a name of 2 GiB": entry("long", LONG, size=2**31) + bytes(2**20),
    "2,000 headers of long names": (entry("long", LONG, size=5) + b"name".ljust(512, b"\0")) * 2000,
    "a map of holes that is none": entry("a.xml", pax=SPARSE) + b"9" * 512,
    "a map of 10**30 holes": entry("a.xml", pax=SPARSE) + (b"1" + b"0" * 30 + b"\n" + b"1\n" * 999)[:1024],
    "a map of words": entry("a.xml", pax={"GNU.sparse.map": "a,b"}),
    "a negative size behind another": entry("a.xml", size=9, pax={"size": "-512"}),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_an_archive_that_asks_for_much_is_refused_in_one_line_and_little_memory(content: bytes, tmp_path: Path) -> None:
    tracemalloc.start()

    try:
        with pytest.raises(InputError, match=r"ink\.tar\.gz: a damaged archive \([^\n]+\); fetch or copy it again$"):
            read_all(tmp_path, gzip.compress(content + END))
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_one_odd_file_costs_no_other(make_corpus: MakeCorpus, tmp_path: Path) -> None:
    corpus, line = make_corpus(), line_xml(wavy_line(1))
    odd = {f"a01-000u-{'9' * 5000}.xml": line, "a\nb-c-01.xml": line, "\x01-\r-01.xml": line, "a01-000u-03.doc": b"x"}
    pack(corpus / "lineStrokes-all.tar.gz", form_files(5, 2)[0] | odd)
    with gzip.open(corpus / "lineStrokes-all.tar.gz") as file:
        whole = file.read().rstrip(b"\0")
    whole += bytes(-len(whole) % 512) + entry("x/linked-a-01.xml", tarfile.LNKTYPE) + entry("x/all", tarfile.SYMTYPE)
    whole += entry("x/holes-a-01.xml", tarfile.GNUTYPE_SPARSE) + entry("x/pipe-a-01.xml", tarfile.FIFOTYPE) + END
    (corpus / "lineStrokes-all.tar.gz").write_bytes(whole)
    (tmp_path / "out").mkdir()

    counts = extract(iam.open_source(corpus), "standard", tmp_path / "out")

    assert counts.by_split["lines"].sum() == 12  # those with control characters in their names among them
    link = "a link in an archive; pack it again by tar --dereference --hard-dereference"
    reasons = pd.read_csv(tmp_path / "out" / "rejected.csv").set_index("file")["reason"].to_dict()
    assert reasons == {
        f"a01-000u-{'9' * 5000}.xml": "a name without form and line number",
        "a01-000u-03.doc": "no .xml file",
        "x/all": link,
        "x/linked-a-01.xml": link,
        "x/holes-a-01.xml": "no plain file; pack it again as one",
        "x/pipe-a-01.xml": "no plain file; pack it again as one",
    }


WHOLE = b"".join(entry(f"{number}.xml", size=512) + bytes([number]) * 512 for number in range(1, 5)) + END
FIELD = st.sampled_from([(0, 100), (100, 8), (124, 12), (156, 1), (157, 100), (257, 8), (345, 155), (482, 13)])
ODD = st.sampled_from(
    [b"\x80" + b"\xff" * 11, b"\xff" * 12, b"-1\0", b"L", b"K", b"x", b"g", b"S", b"V", b"9 size=1\n"]
)


@settings(max_examples=200)
@given(data=st.data())
def test_whatever_a_header_says_an_archive_is_read_or_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first, length = data.draw(FIELD)
    block = 512 * data.draw(st.integers(0, 8))
    wrong = data.draw(ODD | st.binary(min_size=1, max_size=length))[:length]
    changed = bytearray(WHOLE)
    changed[block + first : block + first + len(wrong)] = wrong
    changed[block + 148 : block + 156] = b" " * 8
    changed[block + 148 : block + 156] = b"%06o\0 " % sum(changed[block : block + 512])

    try:
        found = read_all(tmp_path_factory.getbasetemp(), bytes(changed))
    except InputError as refusal:
        assert "\n" not in str(refusal)
    else:
        assert all(member.path.isprintable() for member in found)
