"""What is to be sent is the same when it has waited on disk."""

import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tracked import outcome

from penlift.common.errors import InputError
from penlift.common.params import flatten
from penlift.tracking.record import RECORD, Point, Record, read_record, write_record

points = st.builds(Point, st.text(), st.floats(), st.integers(0, 10**6), st.integers(0, 2**50))
values = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())


def same(one: Point, other: Point) -> bool:
    alike = one.value == other.value or (math.isnan(one.value) and math.isnan(other.value))
    return alike and one._replace(value=0) == other._replace(value=0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(points), st.dictionaries(st.text(), values), st.dictionaries(st.text(), st.text()))
def test_a_record_that_waited_is_the_record(
    tmp_path: Path, points: list[Point], params: dict[str, object], tags: dict[str, str]
) -> None:
    record = Record("any", tags, "FINISHED", None, params, points)

    write_record(record, tmp_path / "waiting")
    read = read_record(tmp_path / "waiting")

    assert (read.name, read.tags, read.status, read.began, read.params) == ("any", tags, "FINISHED", None, params)
    assert len(read.points) == len(points)
    assert all(map(same, read.points, points))


def test_its_files_are_copies_that_outlive_theirs(tmp_path: Path) -> None:
    record = outcome(tmp_path)
    contents = {name: file.read_bytes() for name, file in record.files.items()}

    write_record(record, tmp_path / "waiting")
    for file in record.files.values():
        file.unlink()

    read = read_record(tmp_path / "waiting")
    assert {name: file.read_bytes() for name, file in read.files.items()} == contents
    assert read.images == record.images


@pytest.mark.parametrize("content", ["", "[]", '{"name": 1}', "{"])
def test_a_damaged_record_is_named_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / RECORD).write_text(content)

    with pytest.raises(InputError, match="no readable record") as raised:
        read_record(tmp_path)

    assert "\n" not in str(raised.value)


def test_flattening_keeps_every_leaf() -> None:
    assert dict(flatten({"a": {"b": 1, "c": {"d": 2}}, "e": 3})) == {"a.b": 1, "a.c.d": 2, "e": 3}
