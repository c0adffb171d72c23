"""The pictures that MLflow's sliders show."""

import struct
from pathlib import Path

import numpy as np
import pytest
from conftest import wavy_line
from hypothesis import given
from hypothesis import strategies as st

from penlift.ink.offsets import smooth
from penlift.tracking.curves import DREAMT, SAMPLES, dreamt_by_now, folded, slides_of, write_about
from penlift.tracking.record import RATE


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height, as the header of a PNG has them."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@given(st.integers(0, 1000), st.integers(2, 300))
def test_a_paragraph_has_every_stroke_of_the_line_unbent_and_in_order(seed: int, points: int) -> None:
    line = wavy_line(seed, points)[:, :3].astype(np.float64)

    moved = folded(line)

    assert len(moved) == len(line)
    within = line[:-1, 2] < 0.5  # offsets with the pen down
    np.testing.assert_allclose(np.diff(moved[:, :2], axis=0)[within], np.diff(line[:, :2], axis=0)[within], atol=1e-6)
    np.testing.assert_array_equal(moved[:-1, 2], line[:-1, 2])


def test_a_long_line_becomes_nearly_as_high_as_wide() -> None:
    line = wavy_line(1, 400)[:, :3].astype(np.float64) * (1, 0.02, 1)  # about as flat as writing

    images = slides_of([line, line], [line], thinned=False)

    assert [(image.key, image.step) for image in images] == [(DREAMT, 1), (DREAMT, 2), (SAMPLES, 2)]
    (width, height), (wide, low) = size_of(images[0].png), size_of(images[2].png)
    assert height / width > 3 * low / wide


def test_lines_of_thinned_points_are_drawn_as_curves_while_a_network_learns_and_when_it_has(tmp_path: Path) -> None:
    line = wavy_line(1, 400)[::8, :3].copy()
    np.save(tmp_path / "epoch-001.npy", line)
    write_about(tmp_path, "run", {RATE: "30 Hz"}, {})

    straight, curves = (slides_of([line], [line], thinned=thinned) for thinned in (False, True))

    assert curves == slides_of([smooth(line)], [smooth(line)], thinned=False)
    assert all(one.png != other.png for one, other in zip(curves, straight, strict=True))
    assert dreamt_by_now(tmp_path) == curves[:1]


@pytest.mark.parametrize("lifted", [0, 1])
def test_any_line_has_its_picture(tmp_path: Path, lifted: int) -> None:
    np.save(tmp_path / "epoch-001.npy", np.array([[0, 0, lifted]], np.float32))
    np.save(tmp_path / "epoch-012.npy", np.array([[0, 0, 0], [0, 0, lifted]], np.float32))
    (tmp_path / "epoch-none.npy").touch()

    images = dreamt_by_now(tmp_path)

    assert [image.step for image in images] == [1, 12]
    assert all(image.png.startswith(b"\x89PNG") for image in images)
    first = (tmp_path / "epoch-001.png").stat().st_mtime_ns
    assert dreamt_by_now(tmp_path) == images
    assert (tmp_path / "epoch-001.png").stat().st_mtime_ns == first
