"""The geometry of SVG paths: the `d` of a path as polylines, one a subpath, each curve cut into short chords."""

import re
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import svgelements

from penlift.curves import Polyline
from penlift.primes.prime import UnfitError, in_brief
from penlift.sources.whiteboard import MOST_POINTS

CHORDS = 64  # a curve: half a circle as high as a line then errs by 0.1 tablet unit
LONGEST = 2**20  # letters of a path: 50,000 points take half as many
PATH = re.compile(r"\s*[Mm][MmZzLlHhVvCcSsQqTtAa0-9eE+\-.,\s]*")  # svgelements stops in silence at any other letter
TRANSFORMS = re.compile(r"\s*((matrix|translate|scale|rotate|skewX|skewY)\s*\([0-9eE+\-.,\s]*\)[\s,]*)*")
# What svgelements raises over a path or transform that is none; tests feed it many.
MALFORMED = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)


class Subpath(NamedTuple):
    """What a pen draws without being lifted."""

    line: Polyline  # (n, 2), in picture units
    curved: bool  # whether points were put between the path's own


def subpaths(path: str) -> list[Subpath]:
    """The subpaths of a `d`, in order; those that draw nothing are left out."""
    if len(path) > LONGEST:
        raise UnfitError(f"a path of {len(path)} letters, over {LONGEST}; give one line of handwriting")
    if not PATH.fullmatch(path):
        raise UnfitError(f"no path: {in_brief(path[:30])!r}; give one as in the d of an SVG path")
    try:
        with np.errstate(all="ignore"):  # what is not finite is refused with the rest
            found = _cut(svgelements.Path(path))
    except MALFORMED as error:
        raise UnfitError(f"a malformed path ({in_brief(error)}); export it again") from None
    return [subpath for subpath in found if len(subpath.line) > 1]


def matrix_of(transform: str) -> npt.NDArray[np.float64]:
    """The 3 x 3 matrix of a `transform`: it takes columns x, y, 1."""
    if not TRANSFORMS.fullmatch(transform):
        raise UnfitError(f"an unknown transform {in_brief(transform)!r}; export it with transforms applied")
    try:
        found = svgelements.Matrix(transform)
    except MALFORMED as error:
        raise UnfitError(f"a malformed transform ({in_brief(error)}); export it with transforms applied") from None
    return np.array([[found.a, found.c, found.e], [found.b, found.d, found.f], [0, 0, 1]], dtype=np.float64)


def _cut(path: Any) -> list[Subpath]:
    if len(path) > MOST_POINTS:
        raise UnfitError(f"a path of over {MOST_POINTS} pieces; give one line of handwriting")
    pieces: list[list[npt.NDArray[np.float64]]] = []
    curved: list[bool] = []
    closed = False
    for segment in path:
        if isinstance(segment, svgelements.Move) or closed:
            pieces.append([_place(segment.end if isinstance(segment, svgelements.Move) else segment.start)])
            curved.append(False)
        closed = isinstance(segment, svgelements.Close)
        if isinstance(segment, svgelements.Line | svgelements.Close):
            pieces[-1].append(_place(segment.end))
        elif not isinstance(segment, svgelements.Move):
            pieces[-1].append(np.asarray(segment.npoint(np.linspace(0, 1, CHORDS + 1)))[1:])
            curved[-1] = True
    return [Subpath(np.concatenate(piece), bent) for piece, bent in zip(pieces, curved, strict=True)]


def _place(point: Any) -> npt.NDArray[np.float64]:
    return np.array([[point.x, point.y]], dtype=np.float64)  # NaN where the path breaks off behind H or V
