"""Files and folders appear whole or not at all, and what was there before stays until then."""

from pathlib import Path

import pytest

from penlift.common.files import digest_of, whole_file, whole_folder, write_json


class Killed(BaseException):
    pass


def test_a_folder_whose_writing_fails_leaves_the_older_one_and_no_remains(tmp_path: Path) -> None:
    target = tmp_path / "ink"
    with whole_folder(target) as folder:
        (folder / "old").touch()

    with pytest.raises(Killed), whole_folder(target) as folder:
        (folder / "new").touch()
        raise Killed

    assert [path.name for path in tmp_path.rglob("*")] == ["ink", "old"]


def test_a_folder_replaces_the_older_one_whole(tmp_path: Path) -> None:
    for name in ("old", "new"):
        with whole_folder(tmp_path / "ink") as folder:
            (folder / name).touch()

    assert [path.name for path in tmp_path.rglob("*")] == ["ink", "new"]


def test_what_a_killed_run_left_does_not_get_into_the_next(tmp_path: Path) -> None:
    (tmp_path / ".ink.part").mkdir()
    (tmp_path / ".ink.part" / "remains").touch()

    with whole_folder(tmp_path / "ink") as folder:
        (folder / "new").touch()

    assert [path.name for path in tmp_path.rglob("*")] == ["ink", "new"]


def test_a_file_whose_writing_fails_leaves_the_older_one_and_no_remains(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.write_text("old")

    with pytest.raises(Killed), whole_file(target) as part:
        part.write_text("half")
        raise Killed

    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("model", "old")]


def test_json_holds_no_number_that_json_has_not(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "metrics.json", {"nll": float("nan")})

    assert list(tmp_path.iterdir()) == []


def test_a_fingerprint_changes_with_every_fact_and_every_file_and_not_with_a_place(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").write_text("1")
        (tmp_path / folder / "b").write_text("2")
    one, two = ([tmp_path / folder / name for name in ("a", "b")] for folder in ("one", "two"))

    same = digest_of(one, {"clip": 1.0})

    assert digest_of(two, {"clip": 1.0}) == same
    assert digest_of(one, {"clip": 2.0}) != same
    assert digest_of(one[::-1], {"clip": 1.0}) != same
    two[1].write_text("3")
    assert digest_of(two, {"clip": 1.0}) != same
