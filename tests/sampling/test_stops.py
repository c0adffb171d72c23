"""Where a line ends that could go on."""

import numpy as np
import pytest

from penlift.sampling.sampler import ENDLESS, Stops, kept


def points(n: int, lifts: set[int]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """A line that goes on by 100 units a point."""
    rows = [(100.0 * at, 0.0, float(at in lifts)) for at in range(n)]
    return np.array(rows, np.float32)


def test_the_last_stroke_that_fits_ends_a_line_and_within_the_first_the_last_point() -> None:
    line = points(10, {2, 5, 9})

    assert kept(line, ENDLESS) == 10
    assert kept(line, Stops(strokes=2)) == 6
    assert kept(line, Stops(width=700.0)) == 6  # of eight points that fit
    assert kept(line, Stops(width=100.0)) == kept(line, Stops(width=1.0)) == 2  # it has a point, however far that is
    assert kept(line, Stops(strokes=1, width=700.0)) == 3


@pytest.mark.parametrize("strange", [np.nan, np.inf])
def test_what_is_not_finite_is_not_cut_off_unseen(strange: float) -> None:
    line = points(10, {3})
    line[7:, 0] = strange

    assert kept(line, Stops(width=600.0)) == 10
    assert kept(line, Stops(width=500.0)) == 4  # it was too wide before
