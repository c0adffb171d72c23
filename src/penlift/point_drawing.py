"""A line as the tablet took it: its sampled points, close together where the pen was slow."""

from lxml import etree

from penlift.drawing import INK, PALE, PEN, SCALE, Array, add_strokes, canvas, dots_data, strokes_of, to_bytes

DOT = 0.7 * PEN  # tablet units: small enough to be told apart where the pen was not at rest
THREAD = PEN / 3  # tablet units: the line between the dots


def draw_by_point(points: Array) -> bytes:
    """The pen's positions as dots, (n, 3) of x, y, lift, over a pale line that joins those of a stroke."""
    root = canvas(points, "A line of handwriting, a dot at each sampled position of the pen")
    add_strokes(root, strokes_of(points), [PALE], width=THREAD)
    style = {"stroke": INK, "stroke-width": f"{SCALE * DOT:.2f}", "stroke-linecap": "round", "class": "points"}
    etree.SubElement(root, "path", style, d=dots_data(points[:, :2]))
    return to_bytes(root)
