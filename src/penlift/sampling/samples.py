"""Lines that a network wrote, with what it expected at each point; on disk as numbers, without a pickle."""

from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from penlift.common.files import made_by_stage, whole_file
from penlift.common.geometry import Array
from penlift.ink.alphabet import Codes


class Densities(NamedTuple):
    """Next-point densities of n points, in tablet units; row i belongs to the i-th offset."""

    weight: Array  # (n, K), sums to one
    mean: Array  # (n, K, 2): dx, dy from the pen's position before
    std: Array  # (n, K, 2)
    correlation: Array  # (n, K), in (-1, 1)
    lift: Array  # (n,): probability that the pen leaves the paper


class Sample(NamedTuple):
    """A line of n offsets, in tablet units."""

    points: Array  # (n + 1, 3): x, y, lift; row 0 is where the pen is set down
    densities: Densities  # of the n offsets, each as it was drawn from
    primed: int = 0  # the first so many offsets were read, not drawn: another's line that this one continues
    text: str = ""  # what it was to say, behind what the prime says
    signs: Codes = np.zeros(0, np.int64)  # (n,): the number, in the whole text, of the sign that each offset wrote
    ended: bool = True  # by itself, behind its text; a line without a text has no end of its own

    def bare(self) -> Self:
        """Without what its network expected: a thousand of them take a hundredth."""
        return self._replace(densities=Densities(*(part[:0].copy() for part in self.densities)))


def save_samples(path: Path, dreamt: list[Sample]) -> None:
    """All lines end to end, `points` and the parts of the densities; `lengths` has the points of each."""
    parts = {name: [line.densities[n] for line in dreamt] for n, name in enumerate(Densities._fields)}
    parts["points"] = [line.points for line in dreamt]
    arrays: dict[str, Any] = {name: np.concatenate(part) for name, part in parts.items()}
    arrays["lengths"] = np.array([len(line.points) for line in dreamt])
    arrays["primed"] = np.array([line.primed for line in dreamt])
    with whole_file(path) as part, part.open("wb") as file:
        np.savez(file, **arrays)


def read_samples(path: Path) -> list[Sample]:
    """What `save_samples` wrote."""
    with made_by_stage(path), path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as arrays:
        if any(part.compress_type for part in arrays.zip.infolist()):  # type: ignore[union-attr]
            raise ValueError("it is compressed, as no stage does it")
        lengths, primed, rows = arrays["lengths"], arrays["primed"], arrays["points"]
        parts = [arrays[name] for name in Densities._fields]
        offsets, pairs = len(rows) - len(lengths), parts[0].shape
        shapes = [(offsets, pairs[1]), (*pairs, 2), (*pairs, 2), pairs, (offsets,)]
        if [part.shape for part in parts] != shapes or rows.shape[1:] != (3,) or lengths.shape != primed.shape:
            raise ValueError("its arrays do not belong together")
        whole = (primed >= 0) & (primed <= lengths) & (lengths >= 1) & (lengths <= len(rows))
        ends = np.cumsum(lengths)
        if lengths.dtype != np.int64 or primed.dtype != np.int64 or not whole.all() or ends[-1] != len(rows):
            raise ValueError("its lines have other lengths than its points")
        points = np.split(rows, ends[:-1])
        expected = [np.split(part, ends[:-1] - np.arange(1, len(points))) for part in parts]
        densities = (Densities(*parts) for parts in zip(*expected, strict=True))
        return list(map(Sample, points, densities, map(int, primed)))


def read_lines(path: Path) -> list[Array]:
    """The line dreamt behind each epoch of a training, as far as it can be drawn."""
    with made_by_stage(path):
        lines = np.lib.format.open_memmap(path, mode="r")
        if lines.dtype not in (np.float32, np.float64) or lines.ndim != 3 or lines.shape[2] != 3 or not lines.size:
            raise ValueError(f"it holds {lines.dtype} of shape {lines.shape}")
        if not np.isfinite(lines[:, 0]).all():
            raise ValueError("a line begins nowhere")
        return [finite(line.astype(np.float64)) for line in lines]


def finite(points: Array) -> Array:
    """The points before the first that is not finite."""
    broken = np.flatnonzero(~np.isfinite(points).all(axis=1))
    return points[: broken[0]] if len(broken) else points
