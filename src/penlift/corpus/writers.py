"""Made-up writers: each has letters of his own, and a way of spacing, joining and moving."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from penlift.corpus.letters import Letter, Style, own_letters
from penlift.corpus.motion import Motion
from penlift.corpus.pulses import Rhythm
from penlift.corpus.typeface import CONNECTED, Typeface

FLOWS = np.array([[0.9, 0.7], [0.25, 0.8]])  # x-heights along x and y, bridged between letters and within, by these
JOINS = np.array([[0.6, 1.3], [0.25, 0.9]])  # the same for one who prints but joins what is near
GRIDS, GRID_SHARES = (0.8, 2.0, 13.0), (0.6, 0.25, 0.15)  # tablet units: of tablets of three generations
LIFTS = np.full((2, 2), 0.01)  # and for one who lifts the pen


@dataclass(frozen=True)
class Writer:
    """All that tells one hand from another; lengths in tablet units."""

    letters: Mapping[str, Letter]  # by character
    reach: npt.NDArray[np.float64]  # (2,): letters whose ends are no farther apart along x and y are joined
    patient: bool  # whether dots and crosses wait for the end of the word
    letter_gap: float  # added to the advance of a letter
    word_gap: float
    unevenness: float  # of gaps: standard deviation, as a share of the word gap
    slant: float  # tangent of the angle to the right
    slope: float  # tangent of the angle at which lines climb
    drift: float  # standard deviation of the baseline along a line
    growth: float  # standard deviation, over lines, of the logarithm of the height at a line's end by its beginning
    looseness: float  # standard deviation by which two letters of one kind differ
    grain: float  # the length over which that changes
    motion: Motion


def invent(typeface: Typeface, others: list[Typeface], rng: np.random.Generator) -> Writer:
    """A new writer, whose hand goes back to a typeface, or to that and one of the others of the same build."""
    connected = typeface.name in CONNECTED
    pitch = 195 * np.exp(rng.normal(0, 0.18))
    height = typeface.x_height * pitch / typeface.pitch * np.exp(rng.normal(0.0, 0.14))
    between, within = (FLOWS if connected else (JOINS, LIFTS)[rng.integers(2)]) * height
    alike = [] if connected else [other for other in others if other.name not in (*CONNECTED, typeface.name)]
    second = [alike[rng.integers(len(alike))]] if alike and rng.uniform() < 0.5 else []
    style = Style(
        typefaces=(typeface, *second),
        weight=rng.uniform(0.1, 0.9),
        alternatives=rng.uniform(0, 0.25),
        spares=tuple(other for other in others if other.name not in CONNECTED),
        connected=connected,
        pitch=pitch,
        height=height,
        reach=within,
        habit=rng.uniform(0.05, 0.12) * height,
    )
    return Writer(
        letters=own_letters(style, rng),
        reach=between,
        patient=bool(rng.uniform() < (0.85 if connected else 0.3)),
        letter_gap=pitch * rng.uniform(-0.02, 0.02 if connected else 0.12),
        word_gap=pitch * rng.uniform(0.8, 1.5),
        unevenness=rng.uniform(0.1, 0.2),
        slant=rng.normal(0.1, 0.17),
        slope=rng.normal(0, 0.008),
        drift=rng.uniform(0.05, 0.15) * height,
        growth=rng.uniform(0.02, 0.12),
        looseness=rng.uniform(0.05, 0.15) * height,
        grain=rng.uniform(0.8, 1.2) * height,
        motion=_invent_motion(height, rng),
    )


def _invent_motion(height: float, rng: np.random.Generator) -> Motion:
    grid = rng.choice(GRIDS, p=GRID_SHARES) * rng.uniform(1, 1.05)
    beat = 0.077 * np.exp(rng.normal(0, 0.26)) * (2.3 if grid > 10 else 1)
    return Motion(
        roundness=rng.uniform(0.02, 0.06) * height,
        rhythm=Rhythm(size=height, beat=beat, overlap=rng.uniform(0.25, 0.45), wander=rng.uniform(0.2, 0.55)),
        inertia=rng.uniform(0.1, 0.26) * beat,
        touch=rng.uniform(-0.5, 0.1),
        lifting=rng.uniform(0.02, 0.06),
        tremor=0.6 * np.exp(rng.normal(0, 1.0)),
        rate=rng.uniform(62, 78),
        grid=max(1.0, grid),
    )
