"""What is written is read back by other people's readers."""

import json
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import pandas as pd
import pytest
import svgelements
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from lxml import etree
from PIL import Image

from penlift.common.errors import InputError
from penlift.drawing.svg import SCALE, room_for
from penlift.handwriting import FORMATS, written

INKML = {"i": "http://www.w3.org/2003/InkML"}


@st.composite
def lines(draw: Any, columns: int = 3) -> Any:
    moves = draw(arrays(np.float64, st.tuples(st.integers(1, 30), st.just(2)), elements=st.floats(-400, 400, width=32)))
    lifts = draw(arrays(np.int64, len(moves), elements=st.integers(0, 1)))
    times = np.arange(len(moves)) * 0.015
    return np.column_stack([moves.cumsum(axis=0) + draw(st.integers(-9000, 9000)), lifts, times])[:, :columns]


several = st.lists(lines(), min_size=1, max_size=4)


def strokes_in(line: Any) -> list[Any]:
    """Written apart from penlift.drawing, which the writers use."""
    ends = [row + 1 for row in range(len(line) - 1) if line[row, 2] == 1]
    return np.split(line[:, :2], ends)


def assert_same_strokes(found: list[Any], line: Any, within: float) -> None:
    expected = strokes_in(line)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.asarray(one, dtype=np.float64), other, rtol=0, atol=within)


@given(lines())
def test_svgelements_finds_the_strokes_to_half_a_tablet_unit(line: Any) -> None:
    picture = svgelements.SVG.parse(BytesIO(written("svg", [line])), reify=False)

    paths = [path for path in picture.elements() if isinstance(path, svgelements.Path)]
    for path, stroke in zip(paths, strokes_in(line), strict=True):
        expected = stroke if len(stroke) > 1 else np.repeat(stroke, 2, axis=0)  # a dot is a line of no length
        found = np.array([segment.end for segment in path]) / SCALE
        np.testing.assert_allclose(found, expected, rtol=0, atol=0.501)


@settings(max_examples=30)
@given(several)
def test_several_lines_stand_on_one_svg_sheet_with_all_their_strokes(found: Any) -> None:
    picture = svgelements.SVG.parse(BytesIO(written("svg", found)))

    paths = [path for path in picture.elements() if isinstance(path, svgelements.Path)]
    assert len(paths) == sum(len(strokes_in(line)) for line in found)


@settings(max_examples=8)
@given(lines())
def test_pillow_finds_ink_in_a_png_where_the_points_are(line: Any) -> None:
    picture = np.asarray(Image.open(BytesIO(written("png", [line]))).convert("L"))

    box, (high, wide) = room_for(line), picture.shape
    assert wide == 1000
    size = max(box.width / wide, box.height / high)  # tablet units a pixel; the ink is centred where it fills no side
    centre = np.array([box.left + box.width / 2, box.top + box.height / 2])
    for x, y in (line[:, :2] - centre) / size + [wide / 2, high / 2]:
        near = picture[max(0, int(y) - 2) : int(y) + 3, max(0, int(x) - 2) : int(x) + 3]
        assert near.min() < 160


@settings(max_examples=30)
@given(several)
def test_inkml_has_a_trace_a_stroke_in_the_channels_that_it_declares(found: Any) -> None:
    root = etree.fromstring(written("inkml", found))

    groups: Any = root.xpath("/i:ink/i:traceGroup", namespaces=INKML)
    assert root.xpath("/i:ink/i:definitions/i:traceFormat/i:channel/@name", namespaces=INKML) == ["X", "Y"]
    assert len(groups) == len(found)
    for group, line in zip(groups, found, strict=True):
        traces = group.xpath("i:trace/text()", namespaces=INKML)
        assert_same_strokes([[p.split() for p in trace.split(",")] for trace in traces], line, 0.00501)


def test_the_traces_of_an_inkml_file_refer_to_the_format_that_it_declares() -> None:
    root: Any = etree.fromstring(written("inkml", [np.array([[0.0, 0, 1], [5, 5, 1]])]))

    (context,) = root.xpath("//i:traceGroup/@contextRef", namespaces=INKML)
    (reference,) = root.xpath(f"//i:context[@xml:id='{context[1:]}']/@traceFormatRef", namespaces=INKML)
    assert root.xpath(f"//i:traceFormat[@xml:id='{reference[1:]}']", namespaces=INKML)


@settings(max_examples=30)
@given(st.lists(lines(columns=4), min_size=1, max_size=3))
def test_inkml_carries_times_where_all_lines_have_them(found: Any) -> None:
    root: Any = etree.fromstring(written("inkml", found))
    untimed = [line.copy() for line in found]
    untimed[0][0, 3] = np.nan

    channels = "//i:channel/@name"
    traces = root.xpath("//i:trace/text()", namespaces=INKML)
    points = [point.split() for trace in traces for point in trace.split(",")]
    assert root.xpath(channels, namespaces=INKML) == ["X", "Y", "T"]
    np.testing.assert_allclose(np.array(points, float)[:, 2], np.concatenate(found)[:, 3], atol=0.000501)
    assert etree.fromstring(written("inkml", untimed)).xpath(channels, namespaces=INKML) == ["X", "Y"]


@settings(max_examples=30)
@given(several)
def test_pandas_and_json_read_the_json_lines_alike(found: Any) -> None:
    content = written("jsonl", found).decode()

    table = pd.read_json(StringIO(content), lines=True)
    objects = [json.loads(line) for line in content.splitlines()]
    assert list(table["name"]) == [f"line-{number}" for number in range(1, len(found) + 1)]
    for strokes, entry, line in zip(table["strokes"], objects, found, strict=True):
        assert_same_strokes(entry["strokes"], line, 0.00501)
        assert_same_strokes(strokes, line, 0.00501)


@settings(max_examples=30)
@given(several)
def test_numpy_reads_stroke_3_without_pickle_and_its_sums_are_the_points(found: Any) -> None:
    with np.load(BytesIO(written("npz", found)), allow_pickle=False) as arrays_:
        read = [arrays_[name] for name in arrays_.files]

    assert len(read) == len(found)
    for offsets, line in zip(read, found, strict=True):
        assert offsets.shape == (len(line), 3)
        np.testing.assert_allclose(offsets[:, :2].cumsum(axis=0), line[:, :2], rtol=0, atol=1e-6)
        np.testing.assert_array_equal(offsets[:, 2], line[:, 2])


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_lines_are_the_same_bytes(kind: str) -> None:
    found = [np.array([[0.0, 0, 0], [50, 30, 1], [90, 20, 0]]), np.array([[7.0, 7, 1], [8, 9, 1]])]

    assert written(kind, found) == written(kind, found)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("found", [[], [np.empty((0, 3))], [np.array([[0, np.nan, 1]])]])
def test_what_is_no_ink_is_written_in_no_format(kind: str, found: list[Any]) -> None:
    with pytest.raises(InputError):
        written(kind, found)


def test_an_unknown_format_is_refused_with_those_known() -> None:
    with pytest.raises(InputError, match="'gif'; choose one of svg, png, inkml, jsonl, npz"):
        written("gif", [np.array([[0.0, 0, 1]])])
