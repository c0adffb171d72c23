"""What is to be sent is the same when it has waited on disk."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tracked import outcome

from penlift.common.errors import InputError
from penlift.common.params import flatten
from penlift.tracking.record import OUTCOME, RECORD, TRAINING, Point, Record, read_record, write_record

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
    tags |= {TRAINING: "t", OUTCOME: "o"}
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


SOUND: dict[str, Any] = {"name": "a", "tags": {TRAINING: "t", OUTCOME: "o"}, "status": "FINISHED"}
DAMAGED: list[dict[str, Any]] = [
    {"tags": {TRAINING: "t"}}, {"tags": {OUTCOME: "o"}}, {"status": "LOST"}, {"files": {"a": "../../secret"}},
    {"files": {"a": "/etc/hostname"}}, {"files": {"a": "files/../../b"}}, {"points": [["a", 1.0, -1, 0]]},
    {"points": [["a", 1.0, 1, 2**64]]}, {"points": [["a", 1.0, 2**40, 0]]}, {"images": [["a", 1, "?"]]},
]  # fmt: skip


def test_a_sound_record_is_read(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text(json.dumps(SOUND))

    assert read_record(tmp_path).tags[OUTCOME] == "o"


@pytest.mark.parametrize("content", ["", "[]", '{"name": 1}', "{", *(json.dumps(SOUND | odd) for odd in DAMAGED)])
def test_a_damaged_record_is_named_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / RECORD).write_text(content)

    with pytest.raises(InputError, match="no readable record") as raised:
        read_record(tmp_path)

    assert "\n" not in str(raised.value)


def test_flattening_keeps_every_leaf() -> None:
    assert dict(flatten({"a": {"b": 1, "c": {"d": 2}}, "e": 3})) == {"a.b": 1, "a.c.d": 2, "e": 3}
