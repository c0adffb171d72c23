"""Dreamt lines come back from disk as they were, and a file that is none of ours is refused in one line."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from networks import SCALES, make_network, noise
from small_run import IN_ORDER

from penlift.common.errors import InputError
from penlift.sampling.health import read_health, table_of
from penlift.sampling.sampler import Stops, sample
from penlift.sampling.samples import read_lines, read_samples, save_samples


def test_lines_of_unequal_length_come_back_as_they_were(tmp_path: Path) -> None:
    lines = sample(make_network(), SCALES, noise(lines=4, points=90), stops=Stops(width=250.0))
    assert len({len(line.points) for line in lines}) > 1

    save_samples(tmp_path / "samples.npz", lines)
    back = read_samples(tmp_path / "samples.npz")

    for line, same in zip(lines, back, strict=True):
        assert line.primed == same.primed
        for part, again in zip((line.points, *line.densities), (same.points, *same.densities), strict=True):
            np.testing.assert_array_equal(part, again)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x04K\x01."])
def test_a_file_that_holds_no_samples_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "samples.npz").write_bytes(content)

    with pytest.raises(InputError, match=r"samples\.npz: not readable .*; make it again") as raised:
        read_samples(tmp_path / "samples.npz")

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "change"),
    [("lengths", lambda part: part[::-1] * 2), ("lengths", lambda part: -part), ("lengths", lambda part: part * 1.0),
     ("lengths", lambda part: part[:-1]), ("primed", lambda part: part + 999), ("primed", lambda part: part - 1),
     ("points", lambda part: part[:, :2]), ("points", lambda part: part[:-1]), ("weight", lambda part: part[:, :1]),
     ("lift", lambda part: part[None]), ("std", None)],
)  # fmt: skip
def test_parts_that_do_not_belong_together_are_refused(tmp_path: Path, name: str, change: Any) -> None:
    save_samples(tmp_path / "samples.npz", sample(make_network(), SCALES, noise(lines=2, points=9)))
    with np.load(tmp_path / "samples.npz") as sound:
        parts = dict(sound)
    part = parts.pop(name)
    np.savez(tmp_path / "samples.npz", **parts | ({name: change(part)} if change else {}))

    with pytest.raises(InputError, match=r"samples\.npz: not readable .*; make it again"):
        read_samples(tmp_path / "samples.npz")


def test_a_file_that_unpacks_to_more_than_it_is_is_refused(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "samples.npz", lengths=np.zeros(10**6))

    with pytest.raises(InputError, match="it is compressed"):
        read_samples(tmp_path / "samples.npz")


@pytest.mark.parametrize(
    "lines",
    [np.zeros(3), np.zeros((2, 9, 4)), np.zeros((0, 9, 3)), np.full((2, 9, 3), np.nan), np.zeros((1, 2, 3), "i4")],
)
def test_lines_of_a_training_that_are_none_are_refused(tmp_path: Path, lines: Any) -> None:
    np.save(tmp_path / "samples.npy", lines)

    with pytest.raises(InputError, match=r"samples\.npy: not readable .*; make it again"):
        read_lines(tmp_path / "samples.npy")


@pytest.mark.parametrize(
    ("old", "new"), [("points", "dots"), ("False", "maybe"), ("900.0", "wide"), ("900.0", "1e400"), ("1,30", "1,1e99")]
)
def test_a_table_of_health_that_is_none_is_refused(tmp_path: Path, old: str, new: str) -> None:
    content = table_of([IN_ORDER]).to_csv()
    (tmp_path / "health.csv").write_text(content)
    assert read_health(tmp_path / "health.csv").equals(table_of([IN_ORDER]))
    (tmp_path / "health.csv").write_text(content.replace(old, new, 1))

    with pytest.raises(InputError, match=r"health\.csv: not readable .*; make it again"):
        read_health(tmp_path / "health.csv")
