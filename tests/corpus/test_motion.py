import numpy as np
import pytest

from penlift.common.geometry import Polyline, resample, turning_angles
from penlift.corpus.motion import Motion, clock, pauses, smooth, trace
from penlift.corpus.pulses import Rhythm

RHYTHM = Rhythm(size=150, beat=0.12, overlap=0.35, wander=0.1)
MOTION = Motion(roundness=6, rhythm=RHYTHM, inertia=0.012, touch=0.1, lifting=0.05, tremor=0, rate=70, grid=1)


def ellipse(wide: float, high: float) -> Polyline:
    angle = np.linspace(0, 2 * np.pi, 5000)
    return np.column_stack([wide * np.cos(angle), high * np.sin(angle)])


def zigzag(seed: int, corners: int = 9) -> Polyline:
    rng = np.random.default_rng(seed)
    return np.column_stack([np.arange(corners) * 90.0, rng.uniform(-150, 150, corners)])


def shifted(line: Polyline, right: float) -> Polyline:
    return np.asarray(line + np.array([right, 0.0]))


def distances(points: Polyline, path: Polyline) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """How far each point is from the nearest of a path, which is finely resampled first."""
    fine = resample(path, 0.2)
    return np.asarray(np.hypot(*(points[:, None] - fine[None]).transpose(2, 0, 1)).min(axis=1))


def test_resampling_keeps_the_ends_and_the_distances_equal() -> None:
    line = ellipse(200, 100)[:3700]

    path = resample(line, 5.0)

    steps = np.hypot(*np.diff(path, axis=0).T)
    assert np.allclose(path[[0, -1]], line[[0, -1]])
    assert steps.max() <= 5.0
    assert steps.min() > 4.8


def test_a_straight_line_and_the_ends_of_any_line_survive_smoothing() -> None:
    straight = np.array([[10.0, 20.0], [310.0, -80.0]])

    along = smooth(straight, 12) - straight[0]

    assert np.allclose(along[:, 0] * -100, along[:, 1] * 300)
    assert np.allclose(smooth(zigzag(1), 12)[[0, -1]], zigzag(1)[[0, -1]])


def test_smoothing_rounds_corners_but_stays_near() -> None:
    line = zigzag(2)

    path = smooth(line, 12)

    assert distances(path, line).max() < 15
    sharpest = [turning_angles(np.diff(way, axis=0)).max() for way in (path, resample(line, 4))]
    assert sharpest[0] < 0.5 * sharpest[1]


def test_the_clock_ticks_forward_at_its_rate_and_not_quite_regularly() -> None:
    for rate in (60.0, 80.0):
        ticks = np.diff(clock(20.0, rate, np.random.default_rng(3)))

        assert ticks.min() > 0.5 / rate
        assert 1 / ticks.mean() == pytest.approx(rate, rel=0.01)
        assert 0.005 / rate < ticks.std() < 0.05 / rate


def test_points_do_not_sit_at_the_corners_of_the_line() -> None:
    lines = [shifted(zigzag(seed, corners=12), seed * 1200) for seed in range(20)]
    strokes = trace(lines, MOTION, np.random.default_rng(5))

    near = [distances(line[1:-1], stroke[:, :2]).min() for stroke, line in zip(strokes, lines, strict=True)]
    exact = sum(
        (stroke[:, None, :2] == line[None]).all(axis=2).sum() for stroke, line in zip(strokes, lines, strict=True)
    )

    assert exact == 0
    assert np.mean(near) > 0
    assert len({len(stroke) for stroke in strokes}) > 1  # as many as time allows, not as many as corners


def test_a_tablet_sees_the_pen_near_the_line_and_tremor_adds_to_it() -> None:
    line = zigzag(3)
    exact = MOTION._replace(rhythm=RHYTHM._replace(overlap=0.0), inertia=1e-4)

    still, trembling = (
        trace([line], exact._replace(tremor=tremor), np.random.default_rng(4))[0] for tremor in (0.0, 2.0)
    )

    assert distances(still[:, :2], smooth(line, MOTION.roundness)).max() < 0.75  # half a step of the grid along x and y
    assert 0.5 < distances(trembling[:, :2], smooth(line, MOTION.roundness)).mean() < 3


def test_inertia_smooths_the_way_but_brings_the_pen_to_its_ends() -> None:
    light, heavy = (
        trace([zigzag(3)], MOTION._replace(inertia=inertia, touch=-0.8), np.random.default_rng(4))[0][:, :2]
        for inertia in (1e-4, 0.02)
    )

    jolts = [np.hypot(*np.diff(points, n=3, axis=0).T).mean() for points in (light, heavy)]
    assert jolts[1] < 0.7 * jolts[0]
    assert distances(heavy, smooth(zigzag(3), MOTION.roundness)).max() < 40
    for end in (0, -1):
        assert np.hypot(*(heavy[end] - zigzag(3)[end])) < 2


def test_lifting_the_pen_takes_time_and_longer_ways_take_more() -> None:
    near, far = (trace([zigzag(6), shifted(zigzag(6), way)], MOTION, np.random.default_rng(6)) for way in (750, 9000))

    for strokes in (near, far):
        times = np.concatenate(strokes)[:, 2]
        assert (np.diff(times) > 0).all()
        assert strokes[1][0, 2] - strokes[0][-1, 2] > MOTION.lifting
    assert far[1][0, 2] > near[1][0, 2]
    steady = MOTION._replace(rhythm=RHYTHM._replace(wander=0.0))
    assert (np.diff(pauses(np.array([0.0, 10, 100, 1000]), steady, np.random.default_rng(1))) > 0).all()


def test_a_pen_that_touches_early_stands_still_and_one_that_touches_late_is_on_its_way() -> None:
    early, late = (
        trace([zigzag(7)], MOTION._replace(touch=touch), np.random.default_rng(8))[0] for touch in (-0.3, 0.3)
    )

    first = [np.hypot(*(stroke[1] - stroke[0])[:2]) for stroke in (early, late)]
    assert first[0] < 1 < first[1]


def test_even_a_dot_has_two_points_or_more() -> None:
    dots = [np.array([[x, 0.0], [x + 3, 2.0]]) for x in np.arange(200) * 40.0]

    strokes = trace(dots, MOTION, np.random.default_rng(7))

    assert min(len(stroke) for stroke in strokes) >= 2
