"""Lines as tables of numbers: CSV and .npy of points, .npz of stroke-3 offsets. No pickle is read."""

import csv
import warnings
import zipfile
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from penlift.common.errors import one_line
from penlift.common.files import DAMAGE
from penlift.common.geometry import Array
from penlift.ink.lines import LIFT
from penlift.ink.offsets import Points
from penlift.io.formats.contract import UnfitError, named_lines

COLUMNS = ["x", "y", "lift", "time"]  # the fourth may be missing, and is not used
LARGEST = 2**22  # bytes of an array inside an archive, as of a file: a small one may unpack to gigabytes


def read_csv(content: bytes) -> Points:
    """x, y, lift, separated by commas, a row a point, under a header of these names or none."""
    try:
        rows = [row for row in csv.reader(content.decode("utf-8-sig").splitlines()) if row]
        if rows and [name.strip() for name in rows[0]] in (COLUMNS, COLUMNS[:3]):
            rows = rows[1:]
        numbers = [[float(value) for value in row] for row in rows]
    except (ValueError, csv.Error) as error:
        raise UnfitError(f"no table of numbers ({one_line(error)}); give rows of {','.join(COLUMNS[:3])}") from None
    if len({len(row) for row in numbers}) > 1:
        raise UnfitError(f"rows of unequal length; give rows of {','.join(COLUMNS[:3])}")
    return _points(np.array(numbers, dtype=np.float64))


def read_npy(content: bytes) -> Points:
    """An array of points: x, y, lift."""
    return _points(_array(content))


def read_npz(content: bytes) -> Points:
    """The first array of an archive, in stroke-3: dx, dy, lift; as `to_stroke3` writes it, and sketch-rnn's kin."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            first = archive.infolist()[0]
            if first.file_size > LARGEST:
                raise UnfitError(f"{first.file_size} bytes in its first array, over {LARGEST}; give one line")
            array = archive.read(first)
    except (OSError, *DAMAGE) as error:
        raise UnfitError(f"no readable .npz ({one_line(error)}); write it with numpy.savez") from None
    offsets = _points(_array(array))
    with np.errstate(all="ignore"):  # a sum that is not finite is refused with the rest
        return np.column_stack([offsets[:, :2].cumsum(axis=0), offsets[:, 2]])


def _array(content: bytes) -> npt.NDArray[np.float64]:
    try:
        with warnings.catch_warnings(action="ignore"):  # of arrays that Python 2 wrote
            found: npt.NDArray[Any] = np.lib.format.read_array(BytesIO(content), allow_pickle=False)
    except (OSError, *DAMAGE) as error:
        raise UnfitError(f"no readable array ({one_line(error)}); write one of numbers with numpy.save") from None
    if found.dtype.kind not in "fiub":
        raise UnfitError(f"an array of {one_line(found.dtype)}; write one of numbers with numpy.save")
    with np.errstate(all="ignore"):  # what float64 cannot hold is infinite, and refused with the rest
        return found.astype(np.float64)


def _points(table: npt.NDArray[np.float64]) -> Points:
    if not table.size:
        raise UnfitError("no points; give a line of handwriting")
    if table.ndim != 2 or table.shape[1] not in (3, 4):
        raise UnfitError(f"an array of shape {table.shape}; give (n, 3): a row a point, columns x, y, lift")
    return table[:, :3]


def to_stroke3(lines: list[Array]) -> bytes:
    """An .npz with an array (n, 3) of dx, dy, lift a line, in order, to be read with allow_pickle=False.

    As in sketch-rnn's files each row leads to its point, and its lift says whether the pen leaves the paper there. Row
    0 leads from (0, 0) to where the pen is set down, so that the sums of the rows are the points.
    """
    arrays: dict[str, Any] = {}
    for name, line in named_lines(lines):
        moves = np.diff(line[:, :2].astype(np.float64), axis=0, prepend=0)
        arrays[name] = np.column_stack([moves, line[:, LIFT]])
    file = BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()
