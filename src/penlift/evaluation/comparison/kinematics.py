"""How a pen moves: what can be measured of a line of ink without any model of it.

Lengths are in tablet units, times in seconds. A step goes from a point to the next; in-stroke steps stay on the paper,
pen-up steps jump from a lifted point to where the pen comes down.
"""

from collections.abc import Callable

import numpy as np

from penlift.common import geometry
from penlift.common.geometry import Floats
from penlift.ink.lines import LIFT, TIME, Line, strokes_of

LONG = 9  # points of a stroke that speed and curvature are measured on
NOTHING = np.zeros(0)


def in_stroke(line: Line) -> Floats:
    """(n, 2): dx, dy of the steps on the paper."""
    return _steps(line)[line.rows[:-1, LIFT] < 0.5]


def pen_up(line: Line) -> Floats:
    """(n, 2): dx, dy of the jumps between strokes."""
    return _steps(line)[line.rows[:-1, LIFT] > 0.5]


def step_length(line: Line) -> Floats:
    """Length of each in-stroke step: the pen's speed in tablet units a sample."""
    return np.asarray(np.hypot(*in_stroke(line).T))


def turning(line: Line) -> Floats:
    """Degrees between each in-stroke step and the next, 0 straight on, 180 back; steps of no length are left out."""
    angles = [np.degrees(geometry.turning_angles(steps[np.hypot(*steps.T) > 0])) for steps in _strokes(line)]
    return np.concatenate(angles)


def curvature(line: Line) -> Floats:
    """Logarithm, to base 10, of the curvature in one by tablet units, along the longer strokes, smoothed."""
    bends = [_speed_and_curvature(steps)[1] for steps in _long_strokes(line)]
    return np.asarray(np.log10(np.concatenate([NOTHING, *bends])))


def stroke_length(line: Line) -> Floats:
    """Length of each stroke along the pen's path."""
    return np.array([np.hypot(*steps.T).sum() for steps in _strokes(line)])


def pen_up_jump(line: Line) -> Floats:
    """Length of each jump between strokes."""
    return np.asarray(np.hypot(*pen_up(line).T))


def slant(line: Line) -> Floats:
    """Degrees by which what goes up or down leans to the right, over the line; 0 is upright.

    The mean direction of the in-stroke steps that are steeper than 45 degrees, the longer the weightier.
    """
    dx, dy = in_stroke(line).T
    steep = np.abs(dy) > np.abs(dx)
    return np.degrees(np.arctan2(_share(-(np.sign(dy) * dx)[steep].sum(), float(np.abs(dy[steep]).sum())), 1))


def points_per_stroke(line: Line) -> Floats:
    """Points of each stroke."""
    ends = np.flatnonzero(line.rows[:, LIFT] > 0.5) + 1
    return np.diff(np.concatenate([[0], ends])).astype(np.float64)


def speed_autocorrelation(line: Line) -> Floats:
    """Correlation of the speeds of neighbouring in-stroke steps, over all longer strokes of the line."""
    speeds = [np.hypot(*steps.T) for steps in _long_strokes(line)]
    pairs = [np.stack([speed[:-1], speed[1:]]) for speed in speeds]
    return _correlation(np.concatenate(pairs, axis=1)) if pairs else NOTHING


def speed_curvature(line: Line) -> Floats:
    """The exponent of the power law speed ~ curvature^exponent, fitted over the line; about -1/3 in human hands.

    Lacquaniti, Terzuolo and Viviani (1983). Coordinates are integers, so positions are smoothed by 1-2-1 twice first.
    """
    fits = [_speed_and_curvature(steps) for steps in _long_strokes(line)]
    if not fits:
        return NOTHING
    speed, curvature = np.log(np.concatenate(fits, axis=1))
    spread = float(curvature.var()) if len(curvature) > LONG else 0.0
    return np.array([((curvature - curvature.mean()) * speed).mean() / spread]) if spread > 0 else NOTHING


Measures = dict[str, Callable[[Line], Floats]]
MEASURES: Measures = {
    "points per character": lambda line: _share(len(line.rows), _characters(line)),
    "strokes per character": lambda line: _share(line.rows[:, LIFT].sum(), _characters(line)),
    "strokes per letter": lambda line: _share(line.rows[:, LIFT].sum(), sum(map(str.isalpha, line.text))),
    "width per character, units": lambda line: _share(float(np.ptp(line.rows[:, 0])), _characters(line)),
    "points per stroke": points_per_stroke,
    "lift share, % of points": lambda line: _share(100 * line.rows[:, LIFT].sum(), len(line.rows)),
    "in-stroke step, units": step_length,
    "in-stroke steps of length zero, %": lambda line: _share(
        100 * (step_length(line) == 0).sum(), len(step_length(line))
    ),
    "in-stroke dx, units": lambda line: in_stroke(line)[:, 0],
    "in-stroke |dy|, units": lambda line: np.abs(in_stroke(line)[:, 1]),
    "turning, degrees": turning,
    "pen-up dx, units": lambda line: pen_up(line)[:, 0],
    "pen-up dy, units": lambda line: pen_up(line)[:, 1],
    "pen-up time, s": lambda line: np.diff(line.rows[:, TIME].astype(np.float64))[line.rows[:-1, LIFT] > 0.5],
    "speed autocorrelation, lag 1": speed_autocorrelation,
    "speed-curvature exponent": speed_curvature,
}
MOVEMENTS: Measures = {  # what sampled lines are held against: no text, no time
    "step length, units": step_length,
    "turning, degrees": turning,
    "curvature, log10 of 1/units": curvature,
    "points per stroke": points_per_stroke,
    "stroke length, units": stroke_length,
    "pen-up jump, units": pen_up_jump,
    "slant, degrees": slant,
    "speed autocorrelation, lag 1": speed_autocorrelation,
}


def _steps(line: Line) -> Floats:
    return np.diff(line.rows[:, :2].astype(np.float64), axis=0)


def _strokes(line: Line) -> list[Floats]:
    """The in-stroke steps of each stroke, (n, 2)."""
    return [np.diff(stroke.path.astype(np.float64), axis=0) for stroke in strokes_of(line.rows)]


def _long_strokes(line: Line) -> list[Floats]:
    return [steps for steps in _strokes(line) if len(steps) + 1 >= LONG]


def _speed_and_curvature(steps: Floats) -> Floats:
    """(2, n), both above 0."""
    smooth = steps
    for _ in range(2):
        smooth = (smooth[:-2] + 2 * smooth[1:-1] + smooth[2:]) / 4
    velocity, acceleration = (smooth[:-1] + smooth[1:]) / 2, np.diff(smooth, axis=0)
    speed = np.hypot(*velocity.T)
    cross = np.abs(velocity[:, 0] * acceleration[:, 1] - velocity[:, 1] * acceleration[:, 0])
    moves = (speed > 0) & (cross > 0)
    return np.stack([speed[moves], cross[moves] / speed[moves] ** 3])


def _correlation(pairs: Floats) -> Floats:
    deviations = pairs - pairs.mean(axis=1, keepdims=True)
    return _share(float(deviations.prod(axis=0).mean()), float(pairs.std(axis=1).prod()))


def _characters(line: Line) -> int:
    """Of its text, spaces left out."""
    return len("".join(line.text.split()))


def _share(part: float, whole: float) -> Floats:
    return np.array([float(part) / whole]) if whole else NOTHING
