"""Whatever a user's folder holds, each file ends as a line or in the table of those set aside."""

import gzip
import json
import random
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import form_files, line_xml, pack, wavy_line, written_line
from hypothesis import given
from hypothesis import strategies as st

from penlift.common.errors import InputError
from penlift.ink.lines import Ink, load_ink, save_ink
from penlift.io.extraction import extract
from penlift.io.formats.contract import UnfitError
from penlift.io.formats.whiteboard import read_line
from penlift.io.sources import iam
from penlift.io.sources.members import Member, members
from penlift.io.splits import hashed

MakeCorpus = Callable[..., Path]


def extracted(corpus: Path, rule: str = "standard") -> Ink:
    folder = corpus.with_name(f"ink of {corpus.name} {rule}")
    folder.mkdir()
    extract(iam.open_source(corpus), rule, folder)
    return load_ink(folder)


def aside(ink_of: Path) -> pd.DataFrame:
    return pd.read_csv(ink_of / "rejected.csv")


def test_each_line_comes_with_its_points_times_text_writer_and_split(make_corpus: MakeCorpus) -> None:
    ink = extracted(make_corpus())

    line = ink.line(3)
    assert (line.name, line.form, line.writer) == ("a01-000u-02", "a01-000u", "writer1")
    assert (line.text, line.split, line.start) == ("line 2 of a01-000u", "train", 100.0)
    np.testing.assert_allclose(line.rows, wavy_line(102), atol=0.006)
    assert list(ink.index["split"]) == ["train"] * 4 + ["valid"] * 4 + ["test"] * 2


def test_graves_splits_train_on_all_but_the_smaller_validation_set(make_corpus: MakeCorpus) -> None:
    ink = extracted(make_corpus(), "graves")

    assert list(ink.index["split"]) == ["train"] * 4 + ["valid"] * 2 + ["train"] * 4


def test_archives_trees_and_archives_in_another_order_give_the_same_bytes(
    make_corpus: MakeCorpus, tmp_path: Path
) -> None:
    corpus = make_corpus()
    tree, shuffled = make_corpus("tree"), make_corpus("shuffled")
    for archive in list(tree.glob("*.tar.gz")):
        subprocess.run(["tar", "-xzf", archive, "-C", tree], check=True)  # as users unpack them
        archive.unlink()
    files = list(form_files(5, 2)[0].items())
    random.Random(4).shuffle(files)
    pack(shuffled / "lineStrokes-all.tar.gz", dict(files))

    for folder in (corpus, tree, shuffled):
        extracted(folder)

    for name in ("points.npy", "index.csv", "rejected.csv", "summary.json"):
        first, *others = (
            (tmp_path / f"ink of {folder}" / name).read_bytes()
            for folder in ("iam standard", "tree standard", "shuffled standard")
        )
        assert all(other == first for other in others), name


UNUSABLE = {
    "unparsable": b"<WhiteboardCaptureSession><StrokeSet>",
    "no points": b"<WhiteboardCaptureSession><StrokeSet><Stroke/></StrokeSet></WhiteboardCaptureSession>",
    "one point": line_xml(wavy_line(1, 1)),
    "not a finite number": line_xml(wavy_line(1, 9)).replace(b'x="50', b'x="nan" was="', 1),
    "absurd size": line_xml(wavy_line(1, 9) + np.array([2e6, 0, 0, 0], dtype=np.float32)),
}


@pytest.mark.parametrize(("reason", "content"), UNUSABLE.items())
def test_an_unusable_line_is_set_aside_with_its_reason_and_the_others_stay(
    make_corpus: MakeCorpus, tmp_path: Path, reason: str, content: bytes
) -> None:
    ink = extracted(make_corpus(extra={"lineStrokes/a00/a00-000/a00-000u-09.xml": content}))

    rejected = aside(tmp_path / "ink of iam standard")
    assert len(ink) == 10
    assert list(rejected["file"]) == ["lineStrokes/a00/a00-000/a00-000u-09.xml"]
    assert reason in rejected["reason"][0]


def test_an_empty_stroke_and_a_missing_description_cost_nothing() -> None:
    whole = line_xml(wavy_line(1))
    trap = whole.replace(b"<StrokeSet>", b"<StrokeSet><Stroke></Stroke>").replace(b"<WhiteboardDescription/>", b"<X/>")

    np.testing.assert_array_equal(read_line(trap)[0], read_line(whole)[0])


def test_missing_time_stamps_are_unknown_not_zero() -> None:
    rows, start, _ = read_line(line_xml(wavy_line(1)).replace(b' time="', b' clock="', 1))

    assert np.isnan(rows[:, 3]).all()
    assert np.isnan(start)


def test_no_entity_is_resolved_and_no_file_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("77")
    head = f'<!DOCTYPE W [<!ENTITY leak SYSTEM "{secret.as_uri()}">]>'.encode()
    whole = line_xml(wavy_line(1)).replace(b"<WhiteboardCaptureSession>", head + b"<WhiteboardCaptureSession>")

    rows, *_ = read_line(whole.replace(b"</StrokeSet>", b"&leak;</StrokeSet>"))

    np.testing.assert_array_equal(rows, read_line(line_xml(wavy_line(1)))[0])


SOUND = line_xml(wavy_line(1, 6))


@given(st.binary(max_size=20), st.integers(0, len(SOUND)), st.integers(0, len(SOUND)))
def test_no_bytes_do_worse_than_be_set_aside(wrong: bytes, start: int, end: int) -> None:
    try:
        rows, *_ = read_line(SOUND[:start] + wrong + SOUND[end:])
    except UnfitError as reason:
        assert "\n" not in str(reason)
    else:
        assert len(rows) >= 2
        assert np.isfinite(rows[:, :3]).all()
        assert rows[-1, 2] == 1


def test_an_archive_writes_nothing_wherever_its_names_point(make_corpus: MakeCorpus, tmp_path: Path) -> None:
    corpus = make_corpus(extra={"../../escaped-01.xml": b"<x/>", "/tmp/penlift-escaped-01.xml": b"<x/>"})
    before = {path for path in tmp_path.rglob("*") if path.is_file()}

    extracted(corpus)

    made = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert all(path.parent.name == "ink of iam standard" for path in made)
    assert not Path("/tmp/penlift-escaped-01.xml").exists()


def read_all(folder: Path) -> list[Member]:
    return list(members(folder, "ink.tar.gz", "ink", ".xml"))


@pytest.mark.parametrize("compressed", [True, False])
def test_an_archive_that_is_cut_anywhere_is_named(tmp_path: Path, compressed: bool) -> None:
    archive = tmp_path / "ink.tar.gz"
    pack(archive, {f"{number}.xml": bytes([number]) * 300 for number in range(5)})
    whole = archive.read_bytes() if compressed else gzip.decompress(archive.read_bytes())
    archive.write_bytes(whole)
    assert len(read_all(tmp_path)) == 5

    inside = len(whole) if compressed else 5 * 1024  # after the files, a tar has nothing but zeros
    for end in range(0, inside, 1 if compressed else 64):
        archive.write_bytes(whole[:end])
        with pytest.raises(InputError, match=r"ink\.tar\.gz: a damaged archive"):
            read_all(tmp_path)


def test_an_archive_with_a_wrong_bit_is_never_read_as_if_it_were_whole(tmp_path: Path) -> None:
    archive = tmp_path / "ink.tar.gz"
    pack(archive, {f"{number}.xml": bytes([number]) * 300 for number in range(5)})
    whole, content = archive.read_bytes(), read_all(tmp_path)

    for place in range(2, len(whole)):
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        try:
            assert read_all(tmp_path) == content  # as where the clock in gzip's header is wrong
        except InputError as error:
            assert "a damaged archive" in str(error)


def test_what_is_no_file_amid_the_files_is_no_end(tmp_path: Path) -> None:
    archive = tmp_path / "ink.tar.gz"
    pack(archive, {f"{number}.xml": bytes([number]) * 300 for number in range(5)})
    tar = bytearray(gzip.decompress(archive.read_bytes()))
    tar[2048:2148] = b"?" * 100  # the name in the third header, whose checksum fails
    archive.write_bytes(gzip.compress(bytes(tar)))

    with pytest.raises(InputError, match="a damaged archive"):
        read_all(tmp_path)


def test_a_name_that_is_no_text_can_be_printed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "ink.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("caf\udce9.xml"))
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "caf\udce9.xml").touch()

    for archive in ("ink.tar.gz", "none"):
        (member,) = members(tmp_path, archive, "tree", ".xml")
        assert member.path.endswith("caf\\xe9.xml")


def test_no_usable_line_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(InputError, match=r"empty: no usable line; looked for lineStrokes-all\.tar\.gz, or a folder"):
        extracted(tmp_path / "empty")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere: no such folder; put the archives"):
        iam.open_source(tmp_path / "nowhere")


def test_a_missing_list_beside_others_is_named(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus()
    (corpus / "testset_f.txt").unlink()

    with pytest.raises(InputError, match=r"testset_f\.txt missing beside trainset\.txt"):
        extracted(corpus)


def test_a_form_in_two_lists_is_refused(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus()
    (corpus / "testset_f.txt").write_text(" a00-000u\n")

    with pytest.raises(InputError, match=r"form 'a00-000u' is in trainset\.txt and in testset_f\.txt"):
        extracted(corpus)


def test_a_line_on_no_list_is_used_by_nobody(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus()
    (corpus / "testset_f.txt").write_text("")

    assert set(extracted(corpus).index["split"]) == {"train", "valid", "none"}


def test_writers_are_found_in_the_original_xml_where_forms_are_not_listed(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus()
    (corpus / "forms.txt").unlink()
    form = b'<WhiteboardCaptureSession><General><Form id="a01-000u" writerID="10017"/></General><cut'
    pack(corpus / "original-xml-all.tar.gz", {"original/a01/a01-000/strokesu.xml": form})

    index = extracted(corpus).index

    assert dict(zip(index["form"], index["writer"], strict=True))["a01-000u"] == "10017"
    assert set(index["writer"]) == {"", "10017"}


@pytest.mark.parametrize("content", [b"", b"garbage\n", b"\xff\x00 \x01\n" * 30])
def test_a_list_of_writers_that_names_no_form_of_the_ink_is_refused(make_corpus: MakeCorpus, content: bytes) -> None:
    corpus = make_corpus()
    (corpus / "forms.txt").write_bytes(content)

    with pytest.raises(
        InputError, match=r"forms\.txt: names no form of the lines here; let each row be a form and its"
    ):
        extracted(corpus)


def test_writers_that_are_not_known_are_not_counted(make_corpus: MakeCorpus, tmp_path: Path) -> None:
    corpus = make_corpus()
    (corpus / "forms.txt").unlink()

    extracted(corpus)

    summary = json.loads((tmp_path / "ink of iam standard" / "summary.json").read_text())
    assert {split["writers"] for split in summary["splits"].values()} == {0}


NAMES = st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8), min_size=1, max_size=40)


@given(NAMES, st.sampled_from(["standard", "graves"]))
def test_without_lists_each_split_has_a_writer_as_long_as_there_are_as_many(names: set[str], rule: str) -> None:
    wanted = ["train", "valid", "test"] if rule == "standard" else ["train", "valid"]

    splits = hashed(names, rule)

    assert set(splits) == names
    assert len(set(splits.values())) == min(len(names), len(wanted))


@given(NAMES, NAMES)
def test_new_writers_move_nobody_once_each_split_has_one(names: set[str], others: set[str]) -> None:
    settled = names | {str(number) for number in range(40)}  # forty names have some of each

    before, after = hashed(settled, "standard"), hashed(settled | others, "standard")

    assert {name: after[name] for name in settled} == before


def test_without_lists_no_split_cuts_through_a_writer(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus()
    for name in iam.LISTS:
        (corpus / f"{name}.txt").unlink()

    index = extracted(corpus).index

    assert len(index[["writer", "split"]].drop_duplicates()) == index["writer"].nunique()
    assert set(index["split"]) == {"train", "valid", "test"}


def test_ink_that_leaves_nothing_to_train_on_or_nothing_to_hold_out_is_refused(make_corpus: MakeCorpus) -> None:
    one_writer, one_list = make_corpus("one writer"), make_corpus("one list")
    for name in iam.LISTS:
        (one_writer / f"{name}.txt").unlink()
        (one_list / f"{name}.txt").write_text("")
    (one_list / "trainset.txt").write_text("a00-000u")
    (one_writer / "forms.txt").write_text("".join(f"a0{form}-000u ada\n" for form in range(5)))

    with pytest.raises(InputError, match=r"all 10 lines are of one writer.*the four lists"):
        extracted(one_writer)
    with pytest.raises(InputError, match="no line of a form on the lists of split 'valid'; complete the lists"):
        extracted(one_list)


def test_percent_signs_and_blank_lines_of_a_transcription_only_separate() -> None:
    assert iam.transcription(b"OCR:\nx\n\nCSR:\n\none\n%%%%\n\n two %\r\n") == ["one", "two %"]


def test_ink_keeps_awkward_texts_as_they_are(tmp_path: Path) -> None:
    texts = ['say "no", or NA', "null", "", "1e5", "  two\tspaces "]
    lines = [replace(written_line(number), text=text) for number, text in enumerate(texts)]

    save_ink(tmp_path, lines)

    assert [line.text for line in load_ink(tmp_path)] == texts


def test_an_unknown_time_stays_unknown(tmp_path: Path) -> None:
    save_ink(tmp_path, [replace(written_line(1), start=float("nan")), written_line(2)])

    first, second = load_ink(tmp_path)

    assert np.isnan(first.start)
    assert second.start == written_line(2).start


def test_two_lines_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two lines are named 'a01-001u-01'"):
        save_ink(tmp_path, [written_line(1), written_line(1)])


def test_an_index_that_does_not_belong_to_its_points_is_refused(small_ink: Ink, tmp_path: Path) -> None:
    index = small_ink.index.drop(index=2)
    index.to_csv(tmp_path / "ink" / "index.csv", index=False)

    with pytest.raises(InputError, match="do not belong together"):
        load_ink(tmp_path / "ink")
