"""What the shades of a picture mean: a bar of them, and words beside it."""

from collections.abc import Sequence
from typing import Any

from lxml import etree

from penlift.drawing import Array

BAR, HEIGHT, GAP = 80.0, 8.0, 6.0  # picture units
LETTERS = 9.0  # picture units: size of the words
GREY = "#5a5e6b"  # 6:1 on paper
REACH = 200.0  # picture units: no legend is wider, nor the words over a panel


def add_legend(root: Any, place: Array, shades: Sequence[str], words: str) -> None:
    """Shades side by side from a place, x and y in picture units, and their meaning to the right of them."""
    group = etree.SubElement(root, "g", {"class": "legend"})
    left, top = place
    for number, shade in enumerate(shades):
        before = BAR * number / len(shades)
        corner = {"x": f"{left + before:.1f}", "y": f"{top:.1f}"}
        rest = f"{BAR - before:.1f}"  # to the bar's end, under the shades that follow: no seam between two
        etree.SubElement(group, "rect", corner, width=rest, height=f"{HEIGHT:.1f}", fill=shade)
    frame = {"x": f"{left:.1f}", "y": f"{top:.1f}", "fill": "none", "stroke": GREY, "stroke-width": "0.5"}
    etree.SubElement(group, "rect", frame, width=f"{BAR:.1f}", height=f"{HEIGHT:.1f}")
    add_words(group, left + BAR + GAP, top + HEIGHT - 1, words)


def add_words(root: Any, x: float, y: float, words: str, **more: str) -> None:
    """Small grey words on the base line y, from x on, in picture units."""
    style = {"x": f"{x:.1f}", "y": f"{y:.1f}", "font-family": "sans-serif", "font-size": f"{LETTERS:.0f}", "fill": GREY}
    etree.SubElement(root, "text", style | more).text = words
