"""A line of text as strokes: a writer's letters side by side, joined where he joins them, words apart."""

import re

import numpy as np

from penlift.common.geometry import Polyline
from penlift.corpus.letters import bend
from penlift.corpus.typeface import joined
from penlift.corpus.writers import Writer

RUN = re.compile(r"[A-Za-z]+|[^A-Za-z]")  # what may be written without lifting the pen
CLEAR = 0.5  # of a word gap, at the least between the ink of one word and that of the next
WAVE = 6  # times as long as what bends a letter is what bends the baseline


def lay_out(text: str, writer: Writer, rng: np.random.Generator) -> list[Polyline]:
    """The strokes of a line of text, in the order of writing, in tablet units with y downwards."""
    strokes: list[Polyline] = []
    pen = edge = 0.0  # where the last word ends by its letters' advances and by its ink, a gap included
    for word in text.split():
        written, advance = _lay_out_word(word, writer, rng)
        across = np.concatenate(written)[:, 0]
        start = max(pen, edge - across.min()) if strokes else 0.0
        strokes += [stroke + np.array([start, 0.0]) for stroke in written]
        gap = writer.word_gap * np.exp(rng.normal(0, writer.unevenness))
        pen, edge = start + advance + gap, start + across.max() + CLEAR * gap
    return _loosened(strokes, writer, rng)


def _lay_out_word(word: str, writer: Writer, rng: np.random.Generator) -> tuple[list[Polyline], float]:
    """The strokes of a word that begins at 0, and where its last letter's advance ends."""
    strokes: list[Polyline] = []
    pen = np.zeros(2)
    for run in RUN.findall(word):
        body: list[Polyline] = []
        late: list[Polyline] = []
        for letter in (writer.letters[character] for character in run):
            body = joined(body, [stroke + pen for stroke in letter.strokes], writer.reach)
            (late if writer.patient else body).extend(stroke + pen for stroke in letter.late)
            pen[0] += letter.advance + writer.letter_gap + rng.normal(0, writer.unevenness * writer.word_gap / 4)
        strokes += body + late
    return strokes, float(pen[0])


def _loosened(strokes: list[Polyline], writer: Writer, rng: np.random.Generator) -> list[Polyline]:
    points = np.concatenate(strokes)
    points = points + bend(points, writer.grain, writer.looseness, rng)
    along = points[:, 0] / max(np.ptp(points[:, 0]), 1.0) - 0.5
    points[:, 1] *= np.exp(rng.normal(0, writer.growth) * along)
    points[:, 1] += bend(points, WAVE * writer.grain, writer.drift, rng)[:, 1]
    points[:, 0] += writer.slant * points[:, 1]
    points[:, 1] += rng.normal(writer.slope, 0.004) * points[:, 0]
    return np.split(points * (1, -1), np.cumsum([len(stroke) for stroke in strokes])[:-1])
