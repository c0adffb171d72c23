import numpy as np
import pytest

from penlift.motion import Motion, clock, curvatures, positions, resample, schedule, smooth, trace
from penlift.typeface import Polyline

MOTION = Motion(
    roundness=12, speed=5000, straight=1500, acceleration=18000, shortest=0.045, lifting=0.07, tremor=0, rate=70
)


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
    assert (curvatures(path) ** 2).sum() < 0.8 * (curvatures(resample(line, 4)) ** 2).sum()


def test_the_curvature_of_a_circle_is_one_over_its_radius() -> None:
    path = resample(ellipse(80, 80), 4.0)

    assert np.allclose(curvatures(path)[2:-2], 1 / 80, rtol=0.02)


def test_in_bends_speed_goes_with_curvature_to_the_power_minus_one_third() -> None:
    path = resample(ellipse(400, 150), 2.0)
    free = MOTION._replace(straight=1e7, speed=1e5, acceleration=1e9)  # neither a straight nor an end sets the speed

    speed = np.hypot(*np.diff(path, axis=0).T) / np.diff(schedule(path, free))

    middle = slice(60, -60)
    slope = np.polyfit(np.log(curvatures(path)[middle]), np.log(speed[middle]), 1)[0]
    assert slope == pytest.approx(-1 / 3, abs=0.03)


def test_the_pen_is_slower_where_the_curve_is_sharper() -> None:
    for seed in range(5):
        path = smooth(zigzag(seed), 12)
        speed = np.hypot(*np.diff(path, axis=0).T) / np.diff(schedule(path, MOTION))
        bend, inner = curvatures(path), slice(15, -15)
        sharp = bend[inner] > np.median(bend[inner])

        assert speed[inner][sharp].mean() < 0.8 * speed[inner][~sharp].mean()
        assert speed.max() <= MOTION.speed


def test_the_pen_starts_from_rest_and_comes_to_rest() -> None:
    path = resample(np.array([[0.0, 0.0], [600.0, 0.0]]), 4.0)

    speed = np.hypot(*np.diff(path, axis=0).T) / np.diff(schedule(path, MOTION))

    assert max(speed[0], speed[-1]) < 0.15 * speed.max()
    assert (np.diff(speed[:60]) > 0).all()
    assert np.allclose(speed, speed[::-1])


def test_the_clock_ticks_forward_at_its_rate_and_not_quite_regularly() -> None:
    for rate in (60.0, 80.0):
        ticks = np.diff(clock(20.0, rate, np.random.default_rng(3)))

        assert ticks.min() > 0.5 / rate
        assert 1 / ticks.mean() == pytest.approx(rate, rel=0.01)
        assert ticks.std() > 0.01 / rate


def test_a_tablet_sees_points_of_the_smoothed_path() -> None:
    lines = [shifted(zigzag(seed), seed * 900) for seed in range(4)]

    strokes = trace(lines, MOTION._replace(tremor=0.6), np.random.default_rng(4))

    assert len(strokes) == len(lines)
    for stroke, line in zip(strokes, lines, strict=True):
        assert distances(stroke[:, :2], smooth(line, MOTION.roundness)).max() < 5 * 0.6


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


def test_lifting_the_pen_takes_time_and_longer_ways_take_more() -> None:
    near = trace([zigzag(6), shifted(zigzag(6), 750)], MOTION, np.random.default_rng(6))
    far = trace([zigzag(6), shifted(zigzag(6), 9000)], MOTION, np.random.default_rng(6))

    for strokes in (near, far):
        times = np.concatenate(strokes)[:, 2]
        assert (np.diff(times) > 0).all()
        assert strokes[1][0, 2] - strokes[0][-1, 2] > 2 / MOTION.rate
    assert far[1][0, 2] > near[1][0, 2] + 1


def test_even_a_dot_has_two_points_or_more() -> None:
    dots = [np.array([[x, 0.0], [x + 3, 2.0]]) for x in np.arange(200) * 40.0]

    strokes = trace(dots, MOTION, np.random.default_rng(7))

    assert min(len(stroke) for stroke in strokes) >= 2


def test_positions_between_the_points_of_a_path_lie_on_it() -> None:
    path, times = np.array([[0.0, 0.0], [10.0, 20.0]]), np.array([0.0, 2.0])

    assert positions(path, times, np.array([0.0, 0.5, 2.0])).tolist() == [[0, 0], [2.5, 5], [10, 20]]
