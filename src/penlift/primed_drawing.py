"""Lines that begin with another's: what was read apart from what the network wrote."""

import numpy as np

from penlift.drawing import HUES, INK, Array, add_strokes, canvas, placed, strokes_of, to_bytes
from penlift.ink import LIFT


def draw_primed(lines: list[Array], primed: list[int]) -> bytes:
    """A page of lines, (n + 1, 3) each; the offsets that were read, so many of each, in a hue, the rest in ink."""
    on_page = placed(lines, columns=1)
    root = canvas(np.concatenate(on_page), "Handwriting that goes on from a line that the network has read")
    for line, count in zip(on_page, primed, strict=True):
        read = line[: count + 1].copy()
        read[-1, LIFT] = 1
        add_strokes(root, strokes_of(read), [HUES[1]])
        joined = line[count, LIFT] < 0.5 and count > 0  # the pen was down where the reading ended
        add_strokes(root, strokes_of(line[count + (not joined) :]), [INK])
    return to_bytes(root)
