import html
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from penlift.common.errors import InputError
from penlift.common.geometry import resample
from penlift.corpus.typeface import CONNECTED, PRINTABLE, Typeface, joined, read_typeface, read_typefaces
from penlift.corpus.ways import COVERED, FINE, MEETS, WAYS

FONTS = Path(__file__).resolve().parents[2] / "src" / "penlift" / "corpus" / "fonts"


@pytest.fixture(scope="module")
def typefaces() -> list[Typeface]:
    return read_typefaces(FONTS)


def font(glyphs: str) -> str:
    """An SVG font of a stroke for each character but A and B, which `glyphs` may add."""
    others = "".join(f'<glyph unicode="&#{ord(c)};" d="M 0 0 L 9 9"/>' for c in PRINTABLE if c not in "AB")
    head = '<!DOCTYPE svg PUBLIC "x" "file:///no/such/place.dtd">'
    return f'{head}<svg xmlns="http://www.w3.org/2000/svg"><font horiz-adv-x="50">{others}{glyphs}</font></svg>'


def test_every_printable_ascii_character_is_in_all_eight_fonts(typefaces: list[Typeface]) -> None:
    assert len(typefaces) == 8
    for typeface in typefaces:
        assert "".join(typeface.glyphs) == PRINTABLE
        for glyph in typeface.glyphs.values():
            assert glyph.strokes
            assert all(len(stroke) >= 2 and np.isfinite(stroke).all() for stroke in glyph.strokes)


def parsed(path: Path) -> dict[str, tuple[list[list[tuple[float, float]]], float]]:
    """Lines and advance of each character, read word by word from the bare text of a font, for printable characters."""
    text, found = path.read_text(encoding="utf-8"), {}
    default = re.search(r'<font\b[^>]*?horiz-adv-x="([^"]*)"', text)
    for glyph in re.findall(r"<glyph\b([^>]*)>", text):
        says = {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', glyph)}
        if says["unicode"] not in PRINTABLE:
            continue
        lines: list[list[tuple[float, float]]] = []
        words = iter(says.get("d", "").split())
        for command in words:
            lines += [[]] if command == "M" else []
            lines[-1].append((float(next(words)), float(next(words))))
        found[says["unicode"]] = lines, float(says.get("horiz-adv-x", default[1] if default else "nan"))
    return found


def test_fonts_are_read_as_a_parser_of_their_bare_text_reads_them(typefaces: list[Typeface]) -> None:
    left_out = []
    for typeface in typefaces:
        expected = parsed(FONTS / f"{typeface.name}.svg")
        for character, glyph in typeface.glyphs.items():
            lines, advance = expected[character]
            kept = [line for line in lines if min(line)[0] < 4 * advance]
            left_out += [(typeface.name, character)] * (len(lines) - len(kept))

            assert glyph.advance == advance
            if character in WAYS and glyph.known and character in CONNECTED.get(typeface.name, PRINTABLE):
                ink = np.concatenate([resample(np.array(line), 4.0) for line in kept])
                went = np.concatenate(glyph.strokes)
                side = np.ptp(ink, axis=0).max()
                assert cKDTree(ink).query(went)[0].max() < 4.0  # nothing is drawn that is not in the font
                assert (cKDTree(went).query(ink)[0] < (MEETS + 2 / FINE) * side).mean() >= COVERED  # nor much left out
            else:
                assert np.concatenate(glyph.strokes).tolist() == [list(point) for line in kept for point in line]
                assert len(glyph.strokes) <= len(kept)
    assert left_out == [("EMSElfin", ";")]


def test_no_character_is_drawn_far_from_its_place(typefaces: list[Typeface]) -> None:
    for typeface in typefaces:
        for glyph in typeface.glyphs.values():
            across = np.concatenate(glyph.strokes)[:, 0]

            assert across.min() > -typeface.pitch
            assert across.max() < glyph.advance + typeface.pitch


def test_small_letters_are_as_high_as_the_x_height_and_capitals_higher(typefaces: list[Typeface]) -> None:
    for typeface in typefaces:
        height = {c: max(stroke[:, 1].max() for stroke in typeface.glyphs[c].strokes) for c in "nuHL"}

        assert all(abs(height[c] / typeface.x_height - 1) < 0.15 for c in "nu")
        assert all(height[c] > 1.15 * typeface.x_height for c in "HL")


def test_lines_that_share_an_end_are_one_stroke_and_no_point_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "font.svg"
    touching = '<glyph unicode="A" horiz-adv-x="7.5" d="M 0 0 L 1e1 -20 M 10 -20 L 30 5 M 31 9 L .5 2"/>'
    path.write_text(font(touching + '<glyph unicode="B" d="M0 0L1 1"/>'))

    typeface = read_typeface(path)

    first, second = typeface.glyphs["A"].strokes
    assert first.tolist() == [[0, 0], [10, -20], [10, -20], [30, 5]]
    assert second.tolist() == [[31, 9], [0.5, 2]]
    assert (typeface.glyphs["A"].advance, typeface.glyphs["B"].advance) == (7.5, 50)


def test_joining_keeps_the_order_of_all_points() -> None:
    lines = [np.array([[0.0, 0], [1, 1]]), np.array([[2.0, 1], [3, 0]]), np.array([[9.0, 0], [8, 0]])]

    for reach in (0.5, 1.5, 20.0):
        strokes = joined(joined(lines[:1], lines[1:2], np.full(2, reach)), lines[2:], np.full(2, reach))

        assert np.concatenate(strokes).tolist() == np.concatenate(lines).tolist()
        assert len(strokes) == {0.5: 3, 1.5: 2, 20.0: 1}[reach]


@pytest.mark.parametrize(
    ("glyphs", "message"),
    [
        ('<glyph unicode="A" d="M 0 0 L 1 1"/>', "no character 'B'"),
        ('<glyph unicode="A" d="M 0 0 C 1 1 2 2 3 3"/><glyph unicode="B" d="M 0 0 L 1 1"/>', "'A' is not drawn with M"),
        ('<glyph unicode="A" d=""/><glyph unicode="B" d="M 0 0 L 1 1"/>', "'A' is not drawn with M"),
        ('<glyph unicode="A" d="M 0 0 L 1"/><glyph unicode="B" d="M 0 0 L 1 1"/>', "'A' has a line without two"),
        ('<glyph unicode="A" d="M 150 0 L 160 1"/><glyph unicode="B" d="M 0 0 L 1 1"/>', "'A' is drawn far beyond"),
        ('<glyph unicode="A" horiz-adv-x="0" d="M 0 0 L 1 1"/><glyph unicode="B" d="M 0 0 L 1 1"/>', "advance '0'"),
        ('<glyph unicode="A" horiz-adv-x="wide" d="M 0 0 L 1 1"/><glyph unicode="B" d="M 0 0 L 1 1"/>', "'wide'"),
        ("<glyph", "not readable as SVG"),
    ],
)
def test_a_font_that_cannot_write_is_named_with_the_character(tmp_path: Path, glyphs: str, message: str) -> None:
    path = tmp_path / "font.svg"
    path.write_text(font(glyphs))

    with pytest.raises(InputError, match=message) as caught:
        read_typefaces(tmp_path)

    assert "font.svg" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_fonts_is_named(tmp_path: Path) -> None:
    for folder in (tmp_path / "missing", tmp_path):
        with pytest.raises(InputError, match="holds no SVG font") as caught:
            read_typefaces(folder)
        assert str(folder) in str(caught.value)


def test_fonts_come_in_the_order_of_their_names(tmp_path: Path, typefaces: list[Typeface]) -> None:
    for path in sorted(FONTS.glob("*.svg"), reverse=True)[:3]:
        shutil.copy(path, tmp_path)

    assert [face.name for face in read_typefaces(tmp_path)] == sorted(face.name for face in typefaces)[-3:]
