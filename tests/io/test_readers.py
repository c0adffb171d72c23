"""Lines read from files are the lines that were written; what is no line is refused in one line."""

import json
import pickle
import re
import time
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import svgelements
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from penlift.common.errors import InputError
from penlift.drawing.svg import draw_by_stroke
from penlift.handwriting import written
from penlift.ink.lines import strokes_of
from penlift.io.formats import READERS, read_prime, read_prime_path
from penlift.io.formats.contract import LINE_HEIGHT
from penlift.io.formats.svg import STEP

WITHIN = {"svg": 0.51, "inkml": 0.0051, "jsonl": 0.0051, "npz": 1e-3, "csv": 1e-3, "npy": 1e-3}  # tablet units


@st.composite
def lines(draw: Any) -> Any:
    """Steps of at least a tablet unit, so that no two points of an SVG fall together."""
    size = st.tuples(st.integers(2, 30), st.just(2))
    moves = draw(arrays(np.float64, size, elements=st.floats(2, 400, width=32)))
    lifts = draw(arrays(np.int64, len(moves), elements=st.integers(0, 1)))
    lifts[-1] = 1
    return np.column_stack([moves.cumsum(axis=0) * draw(st.sampled_from([(1, 1), (1, -1), (-1, 1)])), lifts])


def read(name: str, content: bytes) -> Any:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return read_prime(path)


def file_of(kind: str, line: Any) -> bytes:
    if kind in ("svg", "inkml", "jsonl", "npz"):
        return written(kind, [line])
    if kind == "json":
        return json.dumps(json.loads(written("jsonl", [line])), indent=2).encode()
    file = BytesIO()
    if kind == "npy":
        np.save(file, line)
    else:
        np.savetxt(file, line, delimiter=",", header="x,y,lift", comments="")
    return file.getvalue()


def svg(*elements: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(elements)}</svg>'.encode()


def path_svg(d: str) -> bytes:
    return svg(f'<path d="{d}"/>')


@settings(max_examples=30)
@given(lines(), st.sampled_from(sorted(WITHIN)))
def test_a_line_comes_back_from_each_format(line: Any, kind: str) -> None:
    found = read(f"line.{kind}", file_of(kind, line))

    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[:, 2], line[:, 2])
    np.testing.assert_allclose(found[:, :2], line[:, :2], rtol=1e-6, atol=WITHIN[kind])


@settings(max_examples=30)
@given(st.lists(lines(), min_size=2, max_size=3), st.sampled_from(["inkml", "jsonl", "npz"]))
def test_a_file_of_several_lines_gives_its_first(found: Any, kind: str) -> None:
    several, alone = written(kind, found), written(kind, found[:1])

    np.testing.assert_array_equal(read(f"lines.{kind}", several), read(f"line.{kind}", alone))


def test_coloured_strokes_and_dots_come_back_from_svg_too() -> None:
    line = np.array([[0.0, 0, 0], [90, 20, 1], [50, -60, 1], [10, 10, 0], [10, 20, 0], [10, 20, 1]])

    np.testing.assert_allclose(read("line.svg", draw_by_stroke(line)), line, atol=0.51)


def test_a_json_file_is_read_like_a_json_line() -> None:
    line = np.array([[0.0, 0, 0], [90, 20, 1], [50, -60, 1]])

    np.testing.assert_array_equal(read("line.json", file_of("json", line)), read("line.jsonl", file_of("jsonl", line)))


def test_lines_with_times_lose_these_and_nothing_else() -> None:
    line = np.array([[0.0, 0, 0, 0], [90, 20, 1, 0.25]])
    inkml = b"<ink><traceFormat><channel name='T'/><channel name='Y'/><channel name='X'/></traceFormat>"

    for name, content in (
        ("a.npy", file_of("npy", line)), ("a.csv", b"0,0,0,0\n90,20,1,0.25"), ("a.inkml", written("inkml", [line])),
        ("a.inkml", inkml + b"<trace>0 0 0,<!-- , --> 0.25 20 90</trace></ink>"),
    ):  # fmt: skip
        np.testing.assert_allclose(read(name, content), line[:, :3])


@given(st.floats(1, 1000), st.floats(-1000, 1000), st.floats(-1000, 1000))
def test_the_points_of_a_circle_lie_on_it_at_equal_steps(radius: float, x: float, y: float) -> None:
    half = f"a{radius} {radius} 0 0 1"

    found = read_prime_path(f"M{x} {y} {half} {2 * radius} 0 {half} {-2 * radius} 0").astype(np.float64)

    from_centre = found[:, :2] - [LINE_HEIGHT / 2, 0]
    np.testing.assert_allclose(np.hypot(*from_centre.T), LINE_HEIGHT / 2, atol=0.15)
    steps = np.hypot(*np.diff(found[:, :2], axis=0).T)
    np.testing.assert_allclose(steps, steps[0], rtol=0.01)
    assert abs(steps[0] - STEP) < 1
    np.testing.assert_allclose(found[0, :2], found[-1, :2], atol=0.01)
    assert list(found[:, 2]) == [0] * (len(found) - 1) + [1]


CURVES = "M 10 80 C 40 10, 65 10, 95 80 S 150 150, 180 80 Q 200 30 220 60 T 260 20 h 5 v -9 l 3 3 m 40 0 l 10 30 Z"


def test_strokes_have_the_lengths_that_svgelements_integrates() -> None:
    whole = svgelements.Path(CURVES)
    _, top, _, bottom = whole.bbox()

    strokes = list(strokes_of(read_prime_path(CURVES).astype(np.float64)))

    lengths = [sum(np.hypot(*np.diff(stroke.path, axis=0).T)) for stroke in strokes]
    expected = [
        svgelements.Path(part).length(error=1e-6) * LINE_HEIGHT / (bottom - top) for part in whole.as_subpaths()
    ]
    np.testing.assert_allclose(lengths, expected, rtol=0.01)  # chords cut corners


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(0.01, 100))
def test_neither_place_nor_size_in_the_picture_matter(x: float, y: float, size: float) -> None:
    moved = svg(f'<g transform="translate({x} {y})"><path transform="scale({size})" d="{CURVES}"/></g>')

    found, expected = read("line.svg", moved), read_prime_path(CURVES)

    assert abs(len(found) - len(expected)) <= 2  # a stroke's length may round either way
    if len(found) == len(expected):
        np.testing.assert_allclose(found, expected, atol=0.05)


def test_transforms_apply_from_the_inside_out() -> None:
    line = "M0 0L10 0L10 20"
    nested = svg('<g transform="translate(5,5) rotate(90)"><g transform="matrix(2 0 0 1 3 4)">'
                 f'<path transform="skewX(45)" d="{line}"/></g></g>')  # fmt: skip

    def by_hand(x: float, y: float) -> tuple[float, float]:
        x, y = 2 * (x + y) + 3, y + 4  # skewed, then by the matrix
        return 5 - y, 5 + x  # a quarter turn, and moved

    corners = [by_hand(*corner) for corner in ((0, 0), (10, 0), (10, 20))]
    np.testing.assert_allclose(read("a.svg", nested),
                               read_prime_path("M" + "L".join(f"{x} {y}" for x, y in corners)), atol=1e-3)  # fmt: skip


def test_a_line_that_penlift_drew_and_somebody_moved_keeps_its_scale() -> None:
    line = np.array([[0.0, 0, 0], [90, 20, 1], [50, -60, 0], [10, 10, 1]])
    moved = written("svg", [line]).replace(b"<g ", b'<g transform="translate(7 9) scale(2)" ')

    np.testing.assert_allclose(read("line.svg", moved), line * [2, 2, 1] + [70, 90, 0], atol=1.1)


def test_lines_polylines_and_polygons_are_read_in_order_and_definitions_are_not() -> None:
    shapes = svg(
        '<rect width="99" height="99"/><defs><path d="M0 0L1 1"/></defs><line x1="0" y1="0" x2="0" y2="550"/>'
        '<polyline points="10,0 10,100"/><g><polygon points="20 0 20,100"/></g><path d="M30 30h0M9 9"/>'
    )

    found = list(strokes_of(read("shapes.svg", shapes)))

    assert [stroke.path[0].tolist() for stroke in found] == [[0, 0], [10, 0], [20, 0], [30, 30]]
    assert [stroke.path[-1].tolist() for stroke in found] == [[0, 550], [10, 100], [20, 0], [30, 30]]


def test_a_dot_of_an_i_is_one_point() -> None:
    found = read_prime_path("M0 0L0 550M0 -50h0")

    assert len(list(strokes_of(found))[1].path) == 1


SECRET = "<!DOCTYPE svg [<!ENTITY d SYSTEM 'file:///etc/passwd'>]>"
LAUGHS = "<!DOCTYPE svg [<!ENTITY d 'M0 0L1 1'>]>"
INK = "<ink><trace>0 0, 5 5</trace></ink>"
BOMB = BytesIO()
np.savez_compressed(BOMB, np.zeros((1_000_000, 3)))
PICKLED = BytesIO()
np.savez(PICKLED, np.array([{"a": 1}], dtype=object))
COMPLEX = BytesIO()
np.save(COMPLEX, np.ones((3, 3)) * 1j)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.gif", b"GIF", "give one of .csv, .json, .jsonl, .npy, .npz, .inkml, .svg"),
        ("a", b"", "not a kind of file"),
        ("a.csv", b"", "no points; give a line"),
        ("a.csv", b"x,y,lift\n", "no points; give a line"),
        ("a.csv", b"x,y,lift\n1,2,0\n", "fewer than two points"),
        ("a.csv", b"1,2\n3,4\n", "shape (2, 2); give (n, 3)"),
        ("a.csv", b"1,2,0\n3,4\n", "unequal length"),
        ("a.csv", b"y,x,lift\n1,2,0\n3,4,1\n", "no table of numbers"),
        ("a.csv", b"1,nan,0\n3,4,1\n", "NaN or infinite"),
        ("a.csv", b"1,inf,0\n3,4,1\n", "NaN or infinite"),
        ("a.csv", b"1,2,0\n3,4,0.5\n", "lift 0.5; give 1"),
        ("a.csv", b"1,2,0\n3,4e7,1\n", "tablet units from the origin"),
        ("a.csv", b"1,2,0\n" * 50_001, "over 50000 points"),
        ("a.csv", b"1,2,0\n" * 1_000_000, "over 4194304 bytes"),
        ("a.csv", b"\xff\xfe1,2,0", "no table of numbers"),
        ("a.json", b"{", "no readable JSON"),
        ("a.json", b"[1, 2]", "JSON without a list of strokes"),
        ("a.json", b'{"strokes": [[[1, 2], [3]]]}', "no list of points"),
        ("a.json", b'{"strokes": [[[1, 2], [3, "4"]]]}', "no list of points"),
        ("a.json", b'{"strokes": [[[1, 2], [3, NaN]]]}', "NaN or infinite"),
        ("a.json", b'{"strokes": [[[1, 2], [3, 1' + b"0" * 400 + b"]]]}", "hundreds of digits"),
        ("a.json", b'{"strokes": []}', "fewer than two points"),
        ("a.json", b"[" * 100_000, "no readable JSON"),
        ("a.npy", b"\x93NUMPY", "no readable array"),
        ("a.npy", pickle.dumps([1, 2]), "no readable array"),
        ("a.npy", COMPLEX.getvalue(), "an array of complex128"),
        ("a.npy", file_of("npy", np.zeros((3, 3)))[:-8], "no readable array"),
        ("a.npz", b"PK", "no readable .npz"),
        ("a.npz", written("npz", [np.ones((9, 3))])[:-30], "no readable .npz"),
        ("a.npz", BOMB.getvalue(), "24000128 bytes in its first array"),
        ("a.npz", PICKLED.getvalue(), "no readable array (Object arrays cannot be loaded"),
        ("a.inkml", b"<ink/>", "no trace"),
        ("a.inkml", INK.replace("5 5", "5").encode(), "has not 2 numbers"),
        ("a.inkml", INK.replace("5 5", "'5 '5").encode(), "plain numbers"),
        ("a.inkml", INK.replace("5 5", "nan 5").encode(), "NaN or infinite"),
        ("a.inkml", INK[:-4].encode(), "no readable XML"),
        ("a.inkml", b"<traceFormat/>", "give one whose root is 'ink'"),
        ("a.inkml", f"<!DOCTYPE ink>{INK}".encode(), "DOCTYPE"),
        ("a.svg", svg(), "no path; give"),
        ("a.svg", svg("<text>Hello</text>"), "no path; give"),
        ("a.svg", path_svg("M0 0"), "no path; give"),
        ("a.svg", path_svg("M0 0L9 9 and so on"), "no path: 'M0 0L9 9 and so on'"),
        ("a.svg", path_svg("M0 0L9"), "malformed path"),
        ("a.svg", path_svg("M0 0L9 9H"), "NaN, infinite"),
        ("a.svg", path_svg("M0 0L9 1e999"), "NaN, infinite"),
        ("a.svg", path_svg("M0 -1e308L9 1e308"), "NaN, infinite"),
        ("a.svg", path_svg("M0 0L9 1e-320"), "NaN, infinite"),
        ("a.svg", path_svg("M0 0q9 9 9 0").replace(b"<svg", b'<svg data-tablet-units="1e9"'), "over 1000000 tablet"),
        ("a.svg", path_svg("M0 0q9 9 9 0").replace(b"<svg", b'<svg data-tablet-units="nan"'), "NaN, infinite"),
        ("a.svg", path_svg("M0 0q9 9 9 0").replace(b"<svg", b'<svg data-tablet-units="inf"'), "NaN, infinite"),
        ("a.svg", path_svg("M0 0L9 0"), "without height"),
        ("a.svg", path_svg("M0 0L1e9 1"), "over 1000000 tablet units"),
        ("a.svg", svg('<path transform="roll(3)" d="M0 0L9 9"/>'), "unknown transform 'roll(3)'"),
        ("a.svg", svg('<path transform="matrix(3)" d="M0 0L9 9"/>'), "malformed transform"),
        ("a.svg", path_svg("M0 0L9 9").replace(b"<svg", b'<svg data-tablet-units="ten"'), "is no number"),
        ("a.svg", path_svg("M0 0L9 9").replace(b"<svg", b'<svg data-tablet-units="nan"'), "NaN, infinite"),
        ("a.svg", path_svg("M0 0" + "L9 9" * 270_000), "over 1048576 bytes"),
        ("a.svg", path_svg("M0 0" + "h1" * 50_001), "over 50000 pieces"),
        ("a.svg", SECRET.encode() + svg("<text>&d;</text><path d='M0 0L9 9'/>"), "DOCTYPE"),
        ("a.svg", LAUGHS.encode() + path_svg("&d;"), "DOCTYPE"),
        ("a.svg", path_svg("&d;"), "no readable XML"),
    ],
)  # fmt: skip
def test_what_is_no_line_is_refused_in_one_line_that_says_why(name: str, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as refusal:
        read(name, content)

    assert re.fullmatch(rf".*/{name}: [^\n]+; [^\n]+", str(refusal.value))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.svg", tmp_path):
        with pytest.raises(InputError, match=re.escape(str(path))):
            read_prime(path)


def read_or_refuse(name: str, content: bytes) -> None:
    try:
        found = read(name, content)
    except InputError as refusal:
        assert name in str(refusal)
        assert str(refusal).isprintable()
        return
    assert found.shape[0] >= 2
    assert found.shape[1] == 3
    assert np.isfinite(found).all()
    assert np.isin(found[:, 2], (0, 1)).all()


@pytest.mark.parametrize("suffix", READERS)
@settings(max_examples=40)
@given(content=st.binary())
def test_any_bytes_are_read_or_refused(suffix: str, content: bytes) -> None:
    read_or_refuse(f"a{suffix}", content)


@pytest.mark.parametrize("suffix", READERS)
@settings(max_examples=60)
@given(line=lines(), data=st.data())
def test_a_damaged_file_is_read_or_refused(suffix: str, line: Any, data: Any) -> None:
    content = file_of(suffix[1:], line)
    first = data.draw(st.integers(0, len(content)))
    last = data.draw(st.integers(first, len(content)))

    read_or_refuse(f"a{suffix}", content[:first] + data.draw(st.binary(max_size=9)) + content[last:])


@given(st.text(alphabet="MmZzLlHhVvCcSsQqTtAa0159eE+-., ", max_size=60).map("M".__add__))
def test_any_path_is_read_or_refused(path: str) -> None:
    try:
        found = read_prime_path(path)
    except InputError as refusal:
        assert str(refusal).startswith("the SVG path: ")
        assert str(refusal).isprintable()
        return
    assert np.isfinite(found).all()
    assert np.ptp(found[:, 1]) <= LINE_HEIGHT * 1.001


SEEN = '<path d="M0 0L90 550"/>'
SHEET = "<style>/* a /* b */ .off, #gone { display: none } .ink{fill:none;stroke:#000}</style>"


@pytest.mark.parametrize(
    "hidden",
    [
        '<path display="none" d="M0 -9L9 9"/>',
        '<g style="display: none !important"><g display="inline"><path d="M0 -9L9 9"/></g></g>',
        '<g visibility="hidden"><path d="M0 -9L9 9"/></g>',
        '<g visibility="visible"><path style="visibility:collapse" d="M0 -9L9 9"/></g>',
        '<path fill="none" d="M0 -9L9 9"/>',
        '<g stroke="none" fill="#123"><path style="fill:none" d="M0 -9L9 9"/></g>',
        '<g fill="none"><polyline stroke="red" stroke-width="0px" points="0,-9 9,9"/></g>',
        '<path stroke="red" fill-opacity="0" stroke-opacity="0.0" d="M0 -9L9 9"/>',
        '<g opacity="0"><path stroke="red" opacity="1" d="M0 -9L9 9"/></g>',
        f'{SHEET}<path class="ink off" d="M0 -9L9 9"/>',
        f'{SHEET}<g id="gone"><path d="M0 -9L9 9"/></g>',
    ],
)
def test_what_is_not_painted_is_no_ink(hidden: str) -> None:
    np.testing.assert_array_equal(read("a.svg", svg(hidden, SEEN)), read("a.svg", svg(SEEN)))


@pytest.mark.parametrize(
    "seen",
    [
        '<g visibility="hidden"><path visibility="visible" d="M0 -9L9 9"/></g>',
        '<g fill="none"><path stroke="red" d="M0 -9L9 9"/></g>',
        '<g fill="none" stroke="none"><path style="stroke: #00f" stroke="inherit" d="M0 -9L9 9"/></g>',
        '<path stroke="red" fill="none" stroke-width="0.05" opacity=".01" d="M0 -9L9 9"/>',
        f'{SHEET}<path class="ink" fill="none" d="M0 -9L9 9"/>',
    ],
)
def test_what_is_painted_is_ink_whatever_stands_above_it(seen: str) -> None:
    assert len(read("a.svg", svg(seen, SEEN))) > len(read("a.svg", svg(SEEN)))


def inkml(channels: str, *traces: str) -> bytes:
    drawn = "".join(f"<trace xml:id='{number}'>{trace}</trace>" for number, trace in enumerate(traces))
    return f"<ink><traceFormat>{channels}</traceFormat>{drawn}</ink>".encode()


@pytest.mark.parametrize(
    ("x", "y", "trace"),
    [
        ("mm", "mm", "0 0, 2 5.5"), ("cm", "mm", "0 0, 0.2 5.5"), ("himetric", "mm", "0 0, 200 5.5"),
        ("IN", "in", "0 0, 1 2.75"), ("m", "cm", "0 0, 0.002 .55"), ("pt", "pc", "0 0, 24 5.5"),
    ],
)  # fmt: skip
def test_inkml_in_units_of_length_is_as_high_as_a_line_on_a_whiteboard(x: str, y: str, trace: str) -> None:
    found = read("a.inkml", inkml(f"<channel name='X' units='{x}'/><channel name='Y' units='{y}'/>", trace))

    np.testing.assert_allclose(found, np.array([[0, 0, 0], [200, LINE_HEIGHT, 1]]), rtol=1e-6)


def test_numbers_as_ids_and_axes_that_point_the_other_way_are_read() -> None:
    upwards = "<channel name='X' units='dev'/><channel name='Y' orientation='-ve'/>"

    found = read("a.inkml", inkml(upwards, "0 0, 5 9", "7 -1, 8 -2"))

    np.testing.assert_array_equal(found, [[0, 0, 0], [5, -9, 1], [7, 1, 0], [8, 2, 1]])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.svg", svg(SEEN, '<use href="#a"/>'), "a <use>, which repeats what stands elsewhere; export it"),
        ("a.svg", svg("<style>g path { stroke: none }</style>", SEEN), "a style sheet with 'g path', no name"),
        ("a.svg", svg("<style>@media print { .a { display: none } }</style>", SEEN), "with '@media print { .a'"),
        ("a.svg", svg('<g display="none">', SEEN, "</g>"), "no path; give an SVG"),
        ("a.inkml", inkml("<channel name='X' units='mm'/><channel name='Y'/>", "0 0"), "X and Y in mm and dev; give"),
        ("a.inkml", inkml("<channel name='X' units='ell'/><channel name='Y' units='mm'/>", "0 0"), "in ell and mm"),
        ("a.inkml", inkml("<channel name='X' units='mm'/><channel name='Y' units='mm'/>", "0 0, 5 0"), "no scale"),
        ("a.inkml", inkml("<channel name='X'/>", "0"), "without channels X and Y"),
        ("a.svg", svg('<g transform="scale(1e200)">' * 2, SEEN, "</g></g>"), "NaN, infinite or near that"),
        ("a.inkml", inkml("<channel name='X' units='m'/><channel name='Y' units='m'/>", "0 0, 1e307 1"), "NaN or inf"),
    ],
)  # fmt: skip
def test_what_may_hide_or_scale_ink_otherwise_than_is_understood_is_refused(
    name: str, content: bytes, message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        read(name, content)


DEEP = 240
WIDE = {
    "a.svg": svg('<g transform="scale(2)" class="a b c">' * DEEP, "<path/>" * 30_000, "</g>" * DEEP),
    "b.svg": svg(f"<style>{'/*' * 400_000}</style>"),
    "c.svg": svg(f"<style>{'a' * 900_000}</style>"),
    "d.svg": svg(f'<path opacity="{"0" * 900_000}!"/>'),
    "a.inkml": b"<ink>" + b"<traceFormat>" * DEEP + b"<channel/>" * 40_000 + b"</traceFormat>" * DEEP + b"</ink>",
    "b.inkml": b"<ink>" + b"<trace>" * DEEP + b"0 0," * 100_000 + b"</trace>" * DEEP + b"</ink>",
}


@pytest.mark.parametrize("name", WIDE)
def test_what_nests_deep_over_what_is_wide_takes_no_longer_than_its_bytes(name: str) -> None:
    began = time.process_time()

    with pytest.raises(InputError):
        read(name, WIDE[name])

    assert time.process_time() - began < 5
