"""A hand that moves in pulses: it starts and ends at rest, slows where the path bends, and rounds what it overlaps."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penlift.common.geometry import Polyline, lengths_along, resample
from penlift.corpus.motion import smooth
from penlift.corpus.pulses import Rhythm, chain, minimum_jerk, positions, targets, turned_at

RHYTHM = Rhythm(size=150, beat=0.12, overlap=0.35, wander=0.1)


def zigzag(seed: int, corners: int = 9) -> Polyline:
    rng = np.random.default_rng(seed)
    return np.column_stack([np.arange(corners) * 90.0, 90 * np.resize([1, -1], corners) * rng.uniform(0.5, 1, corners)])


def moved(line: Polyline, rhythm: Rhythm = RHYTHM, seed: int = 1) -> tuple[Polyline, Polyline]:
    """A path, and where the pen is every millisecond, until it has come to rest."""
    path = resample(line, 4.0)
    pulses = chain(path, rhythm, np.random.default_rng(seed))
    return path, positions(path, pulses, np.arange(0, pulses.end + 0.001, 0.001))


def farthest(points: Polyline, path: Polyline) -> float:
    fine = resample(path, 1.0)
    return float(np.hypot(*(points[:, None] - fine[None]).transpose(2, 0, 1)).min(axis=1).max())


@given(st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=2, max_size=12), st.integers(0, 99))
def test_a_pen_goes_from_one_end_of_any_line_to_the_other_and_rests_at_both(
    corners: list[tuple[float, float]], seed: int
) -> None:
    path, pen = moved(np.array(corners), seed=seed)

    assert np.isfinite(pen).all()
    np.testing.assert_allclose(pen[[0, -1]], path[[0, -1]], atol=1e-6)
    assert np.hypot(*(pen[[1, -2]] - pen[[0, -1]]).T).max() < 0.5


@given(st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=2, max_size=12))
def test_targets_are_points_of_the_path_in_order_and_both_ends_are_among_them(
    corners: list[tuple[float, float]],
) -> None:
    path = resample(np.array(corners), 4.0)

    marks = targets(path, 150)

    assert marks[0] == 0
    assert marks[-1] == len(path) - 1
    assert (np.diff(marks) > 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_each_corner_is_a_target(seed: int) -> None:
    line = zigzag(seed)
    path = smooth(line, 6)

    aims = path[targets(path, 150)]

    assert len(aims) == len(line)
    assert np.hypot(*(aims - line).T).max() < 25


def test_a_round_path_is_parted_by_how_far_it_turns() -> None:
    angle = np.linspace(0, 4 * np.pi, 999)
    path = resample(np.column_stack([600 * np.cos(angle), 600 * np.sin(angle)]), 4.0)

    marks = targets(path, 150)

    gaps = np.diff(lengths_along(path)[marks]) / 600  # radians
    assert len(gaps) == 5  # two turns, at 2.6 radians or less each
    np.testing.assert_allclose(gaps, gaps.mean(), rtol=0.02)


def test_without_overlap_the_pen_keeps_to_the_path_and_the_more_there_is_the_rounder_it_goes() -> None:
    line = zigzag(2)

    apart = [farthest(line, moved(line, RHYTHM._replace(overlap=overlap))[1]) for overlap in (0.0, 0.25, 0.45)]

    path, pen = moved(line, RHYTHM._replace(overlap=0.0))
    assert farthest(pen, path) < 0.6
    assert apart[0] < apart[1] < apart[2] < 60


def test_a_hand_that_turns_back_stops_there_and_one_that_bends_goes_by() -> None:
    ends = {angle: np.array([np.cos(angle), np.sin(angle)]) * 200 for angle in (np.pi, np.pi / 2, np.pi / 8)}
    still = RHYTHM._replace(wander=0.0, overlap=0.45)

    missed, slowest = {}, {}
    for angle, end in ends.items():
        corner = np.array([200.0, 0.0])
        _, pen = moved(np.array([[0.0, 0.0], corner, corner + end]), still)
        missed[angle] = np.hypot(*(pen - corner).T).min()
        slowest[angle] = np.hypot(*np.diff(pen, axis=0).T)[60:-60].min()

    assert missed[np.pi] < 0.5 < missed[np.pi / 2]
    assert slowest[np.pi] < 0.01 < slowest[np.pi / 2] < slowest[np.pi / 8]


def test_how_far_a_path_turns_is_seen_from_well_before_to_well_after() -> None:
    path = resample(np.array([[0.0, 0.0], [300, 0], [300, 300], [300, 100]]), 4.0)
    corners = [int(np.hypot(*(path - corner).T).argmin()) for corner in ((300, 0), (300, 300), (150, 0))]

    turned = turned_at(path, np.array(corners), 150)

    np.testing.assert_allclose(turned, [np.pi / 2, np.pi, 0], atol=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_the_pen_slows_at_each_corner(seed: int) -> None:
    line = zigzag(seed)

    _, pen = moved(line)

    speed = np.hypot(*np.diff(pen, axis=0).T)
    at = [int(np.hypot(*(pen - corner).T).argmin()) for corner in line[1:-1]]
    for corner, following in pairwise(at):
        assert max(speed[corner], speed[following]) < 0.8 * speed[corner:following].max()


def test_longer_pulses_take_longer_but_are_faster() -> None:
    still = RHYTHM._replace(wander=0.0)
    short, long = (
        chain(resample(np.array([[0.0, 0.0], [0.0, length]]), 4.0), still, np.random.default_rng(1)).end
        for length in (150, 600)
    )

    assert short == pytest.approx(still.beat)
    assert short < long < 4 * short


def test_minimum_jerk_goes_from_rest_to_rest_and_is_the_same_backwards() -> None:
    share = np.linspace(-0.5, 1.5, 2001)

    gone = minimum_jerk(share)

    assert gone[0] == 0
    assert gone[-1] == 1
    assert (np.diff(gone) >= 0).all()
    np.testing.assert_allclose(gone + gone[::-1], 1)
    assert np.abs(np.diff(gone, 2)).max() < 1e-5  # no jump of speed
