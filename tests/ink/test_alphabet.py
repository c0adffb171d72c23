"""Texts as numbers, the lines that they stand beside, and lines that are joined."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penlift.common.errors import InputError
from penlift.ink.alphabet import (
    ALPHABET,
    NOTHING,
    Alphabet,
    Texts,
    composed,
    load_texts,
    save_texts,
    side_by_side,
    texts_of,
)
from penlift.ink.lines import LIFT, Ink
from penlift.ink.offsets import joined, thinned, to_offsets, to_points
from penlift.ink.scales import Scales
from penlift.ink.windows import TextLines, WindowParams, index_windows

SCALES = Scales(500.0, (0.0, 0.0), (20.0, 20.0), (0.0, 0.0), (10.0, 10.0))


def table(texts: list[str], points: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"line": [f"l{n}" for n in range(len(texts))], "text": texts, "points": points})


@given(st.lists(st.text(max_size=30), min_size=1, max_size=8), st.integers(1, 3))
def test_signs_that_are_frequent_have_a_number_each_and_a_text_ends_with_the_last(
    texts: list[str], rarest: int
) -> None:
    alphabet = Alphabet.of(texts, rarest)

    for text in texts:
        codes = alphabet.codes(text)
        assert codes[-1] == alphabet.end == alphabet.size - 1
        known = [sign for sign in alphabet.plain(text) if sign in alphabet.signs]
        assert [alphabet.signs[code] for code in codes[:-1] if code < len(alphabet.signs)] == known
        assert all(sign not in alphabet.signs for sign in alphabet.unknown(text))


def test_accents_are_composed_and_typographic_signs_become_plain_where_they_are_rare() -> None:
    alphabet = Alphabet.of(["cafe\u0301 'no' - \"yes\""] * 2, 2)

    assert "é" in alphabet.signs
    assert alphabet.plain("\u2019\u201c\u2014\u00a0\t\u2026") == "'\"-  ..."
    assert alphabet.unknown("caf\u00e9 \u2019 \u2026 \u20ac") == [".", "€"]


def test_a_text_of_another_length_than_its_ink_and_none_at_all_are_set_aside_and_named() -> None:
    lines = table(["abcd"] * 9 + ["", "ab" * 40, "a", "a", "xy", ""], [40] * 15)
    lines["split"] = ["train"] * 13 + ["valid"] * 2

    texts = texts_of(lines, np.delete(np.arange(13), 11), 1)  # line 11 is too short

    assert texts.unfit == {
        "l9": "no text",
        "l10": "a text of another length than its ink",
        "l14": "held out, no text",
    }
    assert texts.pace == pytest.approx((9 * 4 + 1) / (10 * 40))
    assert texts.counts == {"a": 10, "b": 9, "c": 9, "d": 9}


def test_lines_without_any_text_are_refused() -> None:
    lines = table(["", "", "a"], [10] * 3).assign(split=["train", "train", "valid"])
    with pytest.raises(InputError, match=r"model.text is true, but no training line has a text; .*or false"):
        texts_of(lines, np.arange(2), 1)
    lines["text"] = ["a", "a", ""]
    with pytest.raises(InputError, match=r"but no line of split valid has a text; .*or false"):
        texts_of(lines, np.arange(2), 1)


def test_texts_side_by_side_have_nothing_behind_their_ends() -> None:
    rows = side_by_side([np.array([1, 2, 3]), np.array([4])])

    assert rows.tolist() == [[1, 2, 3], [4, NOTHING, NOTHING]]


@given(st.integers(1, 400), st.floats(1, 200), st.randoms(use_true_random=False))
def test_thinned_points_keep_the_ends_of_strokes_and_the_rate(count: int, rate: float, random: object) -> None:
    rng = np.random.default_rng(random.getrandbits(32))  # type: ignore[attr-defined]
    lift = (rng.random(count) < 0.1).astype(np.float32)
    lift[-1] = 1
    points = np.column_stack([rng.normal(size=(count, 2)), lift, np.arange(count) / 100]).astype(np.float32)

    thin = thinned(points, rate)

    ends = points[:, LIFT] > 0.5
    starts = np.append(True, ends[:-1])
    assert {*map(tuple, points[ends | starts])} <= {*map(tuple, thin)} <= {*map(tuple, points)}
    assert (thin[:, LIFT] > 0.5).sum() == ends.sum()
    assert len(thin) <= (points[-1, 3] * rate + 1) + 2 * ends.sum()
    assert thinned(points, None) is points


def test_a_joined_line_is_both_lines_with_a_space_between_at_one_height() -> None:
    rng = np.random.default_rng(1)
    first, second = (
        np.column_stack([np.arange(60) * 8.0, 30 * np.sin(np.arange(60) / 3) + height, rng.random(60) < 0.1])
        for height in (0, 900)
    )
    before, behind = (to_offsets(line, SCALES) for line in (first, second))

    both = to_points(joined(before, behind, 10, SCALES)[1:], SCALES)

    np.testing.assert_allclose(both[:60, :2], first[:, :2] - first[0, :2], atol=1e-3)
    np.testing.assert_allclose(both[60:, :2] - both[60, :2], second[:, :2] - second[0, :2], atol=1e-3)
    assert both[60, 0] - both[59, 0] == pytest.approx(47.2, abs=0.1)  # a tenth of the first's width
    assert both[40:60, 1].mean() == pytest.approx(both[60:80, 1].mean(), abs=0.1)
    assert both[59, LIFT] == 1


def test_an_epoch_shows_each_line_once_and_its_text_beside_it(small_ink: Ink) -> None:
    small_ink.index["text"] = [f"line {number}" for number in range(len(small_ink.index))]
    index, _ = index_windows(small_ink, WindowParams(length=15, shortest=5, rarest=1, joined=0.0))
    alphabet = Alphabet.of(small_ink.index["text"], 1)
    lines = TextLines(small_ink, index, alphabet, SCALES, 0.0)
    steps = -(-lines.lines // 2)

    batches = [lines.batch(1, step, 2, 0) for step in range(steps)]

    seen = sorted(int(mask.sum()) for batch in batches for mask in batch.mask)
    assert seen == sorted(index["targets"] + 1)  # with that which says that it is all
    assert [b.tolist() for b in lines.batch(1, 0, 2, 0)] == [b.tolist() for b in batches[0]]


@given(st.text(st.characters(codec="utf-8"), max_size=30), st.text(max_size=9), st.text(max_size=9))
def test_what_two_alphabets_know_together_is_known_by_either(text: str, one: str, other: str) -> None:
    first, second = (Alphabet("".join(sorted({*composed(signs)}))) for signs in (one, other))
    both = first.with_those_of(second)

    assert {*both.unknown(text)} <= {*first.unknown(text)} & {*second.unknown(text)}
    assert both.codes(text)[-1] == both.end
    assert both == second.with_those_of(first)


def test_what_stage_window_found_of_texts_is_read_back_as_it_was(tmp_path: Path) -> None:
    texts = Texts(Alphabet(' "\\aé'), 0.25, {"a": 3, "é": 5, "\U0001f600": 1}, {"l9": "no text"})
    save_texts(tmp_path, texts)

    assert load_texts(tmp_path) == texts
    (tmp_path / ALPHABET).write_text('{"alphabet": {"signs": "ab"}, "pace": 0, "counts": {}, "unfit": {}}')
    with pytest.raises(InputError, match=r"alphabet\.json"):
        load_texts(tmp_path)
    (tmp_path / ALPHABET).unlink()
    assert load_texts(tmp_path) is None
