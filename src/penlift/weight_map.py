"""The mixture's weights over time as a map: time to the right, a row a component, the darker the more weight.

Graves, Generating Sequences With Recurrent Neural Networks (2013), figure 10, below.
"""

import base64
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
from lxml import etree

from penlift.densities import Densities
from penlift.density_drawing import refuse_undefined
from penlift.drawing import SCALE, canvas, to_bytes
from penlift.errors import InputError
from penlift.legend import GAP, LETTERS, add_legend, add_words

ROW = 8  # picture units: height of a component
WIDEST = 800  # picture units: a column is as wide as it can be in a map of this width, but one at least
AXIS = 2 * LETTERS  # picture units: room for the words of an axis
SHADES = ("#ffffff", "#bfbfbf", "#808080", "#404040", "#000000")  # of weights from 0 to 1
Greys = npt.NDArray[np.uint8]  # (height, width), 0 black


def draw_weights(densities: Densities) -> bytes:
    """The weights, (n, K), as one image of whole squares, and around it what stands where and what a shade means."""
    refuse_undefined(densities.weight)
    if not densities.weight.size:
        raise InputError("densities of no point have no weights to draw; draw those of a line with two points or more")
    points, components = densities.weight.shape
    column = max(1, WIDEST // points)
    width, height = column * points, ROW * components
    root = canvas(np.array([[-AXIS, 0], [width, height + 2 * AXIS]]) / SCALE, "Mixture weights over time")
    greys = np.rint(255 * (1 - densities.weight.T)).astype(np.uint8)
    _add_image(root, greys.repeat(ROW, axis=0).repeat(column, axis=1))
    end = {"text-anchor": "end"}
    add_words(root, -GAP, ROW - 1, "1", **end)
    add_words(root, -GAP, height - 1, str(components), **end)
    add_words(root, 0, height + LETTERS, "point 1")
    add_words(root, width, height + LETTERS, str(points), **end)
    add_legend(root, np.array([0, height + AXIS]), SHADES, "weight of each component, 0 to 1")
    return to_bytes(root)


def _add_image(root: Any, greys: Greys) -> None:
    """A pixel a picture unit, and sharp when enlarged, in a thin frame."""
    height, width = greys.shape
    place = {"x": "0", "y": "0", "width": str(width), "height": str(height)}
    content = "data:image/png;base64," + base64.b64encode(grey_png(greys)).decode()
    etree.SubElement(root, "image", place | {"image-rendering": "pixelated", "href": content})
    etree.SubElement(root, "rect", place | {"fill": "none", "stroke": SHADES[1]})


def grey_png(greys: Greys) -> bytes:
    """The file of a picture."""
    height, width = greys.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)  # 8 bits a pixel, grey
    unfiltered = np.pad(greys, ((0, 0), (1, 0)))  # each row behind the number of its filter: 0, none
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(unfiltered.tobytes(), 9)), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
