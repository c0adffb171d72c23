"""Edits are those of Wagner and Fischer's table, reckoned here by hand."""

from functools import cache

import hypothesis.strategies as st
from hypothesis import given

from penlift.recognition.edits import NONE, Edits, confusions, edits, errors

TEXTS = st.text(alphabet="ab c", max_size=7)


def distance(one: str | list[str], other: str | list[str]) -> int:
    """Levenshtein's, by its definition."""

    @cache
    def of(i: int, j: int) -> int:
        if not (i and j):
            return i + j
        return min(of(i - 1, j) + 1, of(i, j - 1) + 1, of(i - 1, j - 1) + (one[i - 1] != other[j - 1]))

    return of(len(one), len(other))


@given(TEXTS, TEXTS)
def test_edits_are_the_fewest_and_make_one_text_of_the_other(text: str, read: str) -> None:
    found = edits(text, read)

    assert found.count == distance(text, read)
    assert found.letters == len(text)
    assert len(text) - found.deletions + found.insertions == len(read)
    assert errors(text, read).words.count == distance(text.split(), read.split())


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
def test_confusions_count_each_letter_once_and_sum_to_the_edits(pairs: list[tuple[str, str]]) -> None:
    found = confusions(pairs)

    written, read = "".join(text for text, _ in pairs), "".join(read for _, read in pairs)
    for sign in "ab c":
        assert sum(count for (text, _), count in found.items() if text == sign) == written.count(sign)
        assert sum(count for (_, seen), count in found.items() if seen == sign) == read.count(sign)
    whole = sum((edits(text, read) for text, read in pairs), Edits())
    assert sum(count for (text, seen), count in found.items() if text != seen) == whole.count
    assert sum(count for (text, seen), count in found.items() if NONE not in (text, seen) and text != seen) == (
        whole.substitutions
    )


def test_a_rate_may_be_above_one_and_is_none_of_nothing() -> None:
    assert edits("a", "bcd").rate == 3
    assert edits("", "a").rate != edits("", "a").rate
