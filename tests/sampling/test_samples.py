"""Dreamt lines come back from disk as they were, and a file that is none of ours is refused in one line."""

from pathlib import Path

import numpy as np
import pytest
from networks import SCALES, make_network, noise

from penlift.common.errors import InputError
from penlift.sampling.sampler import Stops, sample
from penlift.sampling.samples import read_samples, save_samples


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
