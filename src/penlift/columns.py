"""Tables for a terminal."""

from collections.abc import Iterable, Sequence


def in_columns(rows: Iterable[Sequence[str]]) -> str:
    """Rows of as many cells each, the cells of a column below each other."""
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)
    return "\n".join(line.rstrip() for line in lines)
