"""Single-stroke typefaces: SVG fonts whose glyphs are the lines that a pen follows, not outlines."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from lxml import etree

from penlift.common.errors import InputError, one_line
from penlift.common.geometry import Polyline
from penlift.corpus.ways import WAYS, written

PRINTABLE = "".join(map(chr, range(33, 127)))  # of ASCII, without the space
FREQUENT = "etaoinshrdlucmfwypvbgk"  # letters by their frequency in English
FLAT_TOPPED = "uvwxz"  # letters as high as the x-height
SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
DIGITS = "0123456789"
# Typefaces whose letters join, as people do it, and the characters that these draw in another way than people.
CONNECTED = {"HersheyScript1": DIGITS, "EMSAllure": f"afop{DIGITS}", "EMSFelix": f"adfgjot{DIGITS}"}
STRAY = 2  # advances; a line wholly beyond belongs to no letter: EMSElfin has one far right of its semicolon
JOIN = np.array([1.0, 1.0])  # font units along x and y; lines whose ends are as near as that are one stroke


class Glyph(NamedTuple):
    """The shape of a character, in font units: y upwards, the baseline at 0."""

    strokes: tuple[Polyline, ...]  # in the order of writing; empty for a space
    advance: float  # from the origin of this glyph to that of the next
    known: bool = True  # whether people write this shape, and these strokes are their way over it


@dataclass(frozen=True)
class Typeface:
    """A single-stroke font: every printable ASCII character."""

    name: str
    glyphs: Mapping[str, Glyph]  # by character

    @property
    def x_height(self) -> float:
        """The height of small letters, in font units."""
        return float(np.median([max(s[:, 1].max() for s in self.glyphs[c].strokes) for c in FLAT_TOPPED]))

    @property
    def pitch(self) -> float:
        """The mean advance of frequent letters, in font units."""
        return float(np.mean([self.glyphs[c].advance for c in FREQUENT]))


def read_typefaces(folder: Path) -> list[Typeface]:
    """The fonts of a folder, in the order of their names."""
    paths = sorted(folder.glob("*.svg"))
    if not paths:
        raise InputError(
            f"{folder}: holds no SVG font; name a folder of single-stroke fonts, as src/penlift/corpus/fonts is"
        )
    return [read_typeface(path) for path in paths]


def read_typeface(path: Path) -> Typeface:
    """The printable ASCII characters of an SVG font; the network stays untouched."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(path.read_bytes(), parser)
    except etree.XMLSyntaxError as error:
        raise InputError(f"{path}: not readable as SVG ({one_line(error)}); restore the font") from None
    found = {glyph.get("unicode", ""): glyph for glyph in root.iter(f"{SVG}glyph")}
    missing = [character for character in PRINTABLE if character not in found]
    if missing:
        raise InputError(f"{path}: has no character {missing[0]!r}; use a font with all of printable ASCII")
    default = next((font.get("horiz-adv-x", "") for font in root.iter(f"{SVG}font")), "")
    glyphs = {c: _read_glyph(path, c, found[c], default) for c in PRINTABLE}
    drawn_otherwise = CONNECTED.get(path.stem, PRINTABLE)
    return Typeface(path.stem, {c: _as_written(c, glyph) if c in drawn_otherwise else glyph
                                for c, glyph in glyphs.items()})  # fmt: skip


def _as_written(character: str, glyph: Glyph) -> Glyph:
    """The glyph with its strokes as people write them, where it is said how they do and they write this shape."""
    if character not in WAYS:
        return glyph
    strokes = written(character, glyph.strokes)
    return glyph._replace(known=False) if strokes is None else glyph._replace(strokes=strokes)


def _read_glyph(path: Path, character: str, element: etree._Element, default: str) -> Glyph:
    outline, advance = element.get("d", ""), element.get("horiz-adv-x", default)
    if set(NUMBER.sub("", outline)) - set("ML, \t\n") or not outline.lstrip().startswith("M"):
        raise InputError(f"{path}: character {character!r} is not drawn with M and L alone; use a single-stroke font")
    if not NUMBER.fullmatch(advance) or float(advance) <= 0:
        raise InputError(f"{path}: character {character!r} has the advance {advance!r}; it should be a number above 0")
    lines = [np.array(NUMBER.findall(part), dtype=np.float64) for part in outline.split("M")[1:]]
    if any(len(line) < 4 or len(line) % 2 for line in lines):
        raise InputError(f"{path}: character {character!r} has a line without two whole points; use another font")
    near = [[line.reshape(-1, 2)] for line in lines if line[::2].min() <= STRAY * float(advance)]
    if not near:
        raise InputError(f"{path}: character {character!r} is drawn far beyond its advance {advance}; use another font")
    return Glyph(tuple(reduce(partial(joined, reach=JOIN), near)), float(advance))


def joined(before: list[Polyline], after: list[Polyline], reach: npt.NDArray[np.float64]) -> list[Polyline]:
    """All the strokes in order; the last before and the first after are one stroke if they meet within `reach` (2,)."""
    if before and np.hypot(*((before[-1][-1] - after[0][0]) / reach)) <= 1:
        return [*before[:-1], np.concatenate([before[-1], after[0]]), *after[1:]]
    return before + after
