"""The rules of health find each fault where it is, and none where there is none."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penlift.ink.scales import Scales
from penlift.sampling.health import FAULTS, Health, finite_part, health_of, shares, table_of
from penlift.sampling.samples import Densities, Sample, read_lines
from penlift.tracking.curves import slides_of

SCALES = Scales(500, (0, 0), (20, 20), (10, 0), (40, 30))


def line(points: "np.typing.NDArray[np.floating]", primed: int = 0) -> Sample:
    empty = np.zeros((len(points) - 1, 1))
    return Sample(points, Densities(empty, empty[..., None], empty[..., None], empty, empty[:, 0]), primed)


def wavy(points: int = 300) -> "np.typing.NDArray[np.float64]":
    """A pen that goes to the right, up and down, and lifts at every tenth point."""
    time = np.arange(points)
    return np.column_stack([12.0 * time, 300 * np.sin(time / 3), time % 10 == 9]).astype(np.float64)


def faults(points: "np.typing.NDArray[np.floating]", primed: int = 0) -> set[str]:
    health = health_of(line(points, primed), SCALES)
    return {fault for fault in FAULTS if getattr(health, fault)}


def test_a_line_in_order_has_no_fault_and_its_figures_are_its_own() -> None:
    points = wavy()

    health = health_of(line(points), SCALES)

    assert health[4:] == (False, False, False, False, None)
    assert (health.points, health.strokes) == (299, int(np.count_nonzero(points[1:, 2])))
    assert (health.width, health.height) == pytest.approx(np.ptp(points[:, :2], axis=0), abs=0.1)


def test_each_fault_is_found_where_it_is() -> None:
    down, back, frozen, pressed, undefined = (wavy(700) for _ in range(5))
    down[350:, 1] += 60 * 30 + 301
    back[350:, 0] -= back[350, 0] + 30 * 40 + 1
    frozen[350:, :2] = frozen[350, :2]
    pressed[:, 2] = 0
    undefined[350, 0] = np.nan

    assert faults(wavy(700)) == set()
    assert faults(down) == faults(back) == {"left_page"}
    assert faults(frozen) == {"froze"}
    assert faults(pressed) == {"never_lifted"}
    assert faults(undefined) == {"non_finite"}


@given(st.integers(1, 298))
def test_what_was_read_is_not_held_against_the_network(primed: int) -> None:
    points = wavy()
    points[:primed, 2] = 0

    assert health_of(line(points, primed), SCALES).points == 299 - primed
    assert faults(points, primed) == set()


def test_of_a_line_that_breaks_off_what_is_before_can_be_drawn() -> None:
    points = wavy(60)
    points[40:] = np.nan

    part = finite_part(line(points))

    np.testing.assert_array_equal(part.points, points[:40])
    assert {len(density) for density in part.densities} == {39}
    whole = line(wavy())
    assert finite_part(whole) is whole
    assert health_of(line(points), SCALES).non_finite


def test_so_it_is_with_the_lines_of_a_training(tmp_path: Path) -> None:
    broken = wavy(60)
    broken[40:] = np.inf
    np.save(tmp_path / "samples.npy", np.stack([broken, wavy(60)]))

    first, second = read_lines(tmp_path / "samples.npy")

    np.testing.assert_array_equal(first, broken[:40])
    np.testing.assert_array_equal(second, wavy(60))
    slides_of([first[:1], second], [second], thinned=True)  # one that broke off at once, too


def test_shares_count_the_samples_with_a_fault() -> None:
    sound = Health(10, 1, 5.0, 5.0, False, False, False, False)
    table = table_of([sound, sound._replace(froze=True), sound._replace(froze=True, non_finite=True), sound])

    assert shares(table) == {
        "samples": 4, "non_finite_share": 0.25, "left_page_share": 0.0, "froze_share": 0.5, "never_lifted_share": 0.0,
    }  # fmt: skip
