import hashlib
import re
from dataclasses import replace
from itertools import islice
from pathlib import Path
from string import ascii_letters, ascii_lowercase, digits
from typing import Any

import numpy as np
import pytest
from as_extracted import as_read
from conftest import ROOT
from pydantic import ValidationError
from ruamel.yaml import YAML

from penlift.common.errors import InputError
from penlift.corpus.archives import LISTS, save_archives, to_xml
from penlift.corpus.compose import (
    ComposeParams,
    Place,
    break_lines,
    compose,
    form_name,
    hand,
    lists_of,
    places,
    read_words,
    texts,
)
from penlift.corpus.layout import lay_out
from penlift.corpus.typeface import PRINTABLE, Typeface, read_typefaces
from penlift.evaluation.comparison.movement import measured, percentiles
from penlift.ink.lines import Line
from penlift.io.formats.whiteboard import read_line
from penlift.io.sources import iam

PENLIFT = Path(__file__).resolve().parents[2] / "src" / "penlift" / "corpus"
SMALL = ComposeParams(lines=14, writers=5, drills=0.0, seed=3)


@pytest.fixture(scope="module")
def typefaces() -> list[Typeface]:
    return read_typefaces(PENLIFT / "fonts")


@pytest.fixture(scope="module")
def words() -> list[str]:
    return read_words(PENLIFT / "prose" / "sentences.txt")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, typefaces: list[Typeface], words: list[str]) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    save_archives(folder, compose(SMALL, typefaces, words))
    return folder


@pytest.fixture(scope="module")
def lines(corpus: Path) -> list[Line]:
    """What the project's own reader finds in the archives, in their order."""
    found = list(iam.open_source(corpus).lines)
    assert all(isinstance(line, Line) for line in found)
    return [line for line in found if isinstance(line, Line)]


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes_of_every_file(
    tmp_path: Path, corpus: Path, typefaces: list[Typeface], words: list[str]
) -> None:
    save_archives(tmp_path, compose(SMALL, typefaces, words))

    assert digests(tmp_path) == digests(corpus)
    assert len(digests(tmp_path)) == 7


def test_another_seed_gives_other_ink(typefaces: list[Typeface], words: list[str]) -> None:
    first, second = (
        next(compose(ComposeParams(lines=9, writers=4, drills=0.0, seed=s), typefaces, words)) for s in (1, 2)
    )

    assert to_xml(first) != to_xml(second)


def test_asking_for_more_lines_changes_no_earlier_one(typefaces: list[Typeface], words: list[str]) -> None:
    few, more = (compose(ComposeParams(lines=n, writers=5, drills=0.0, seed=3), typefaces, words) for n in (6, 60))

    for earlier, same in zip(few, more, strict=False):
        assert earlier[:5] == same[:5]
        assert to_xml(earlier) == to_xml(same)


def test_every_line_is_read_back_with_its_text_and_writer(
    lines: list[Line], typefaces: list[Typeface], words: list[str]
) -> None:
    written = list(compose(SMALL, typefaces, words))

    assert len(lines) == SMALL.lines
    assert [line.name for line in lines] == [f"{line.form}-{line.number:02d}" for line in written]
    assert [line.text for line in lines] == [line.text for line in written]
    assert [line.writer for line in lines] == [line.writer for line in written]
    assert {line.writer for line in lines} == {f"w00{number}" for number in range(5)}


def test_every_word_of_the_prose_is_written_in_order(lines: list[Line], words: list[str]) -> None:
    written = " ".join(line.text for line in lines).split()

    assert written == words[: len(written)]


def test_the_text_starts_anew_when_it_ends_and_lines_are_as_long_as_they_may() -> None:
    words = ["one", "two,", "three-and-a-half", "four."]

    lines = list(break_lines(words, [8, 8, 30, 13, 3]))

    assert lines == ["one two,", "three-and-a-half", "four. one two,", "three-and-a-half", "four."]


def test_lines_are_about_as_long_as_people_write(words: list[str]) -> None:
    rng = np.random.default_rng(1)
    lines = list(islice(break_lines(words, (int(n) for n in rng.integers(20, 46, 9999))), 2000))

    assert np.mean([20 - 10 <= len(line) <= 45 for line in lines]) > 0.99


def test_every_form_is_in_one_list_and_all_forms_of_a_writer_in_the_same(corpus: Path, lines: list[Line]) -> None:
    lists = {name: (corpus / f"{name}.txt").read_text().splitlines() for name in LISTS}
    writer = dict(entry.split() for entry in (corpus / "forms.txt").read_text().splitlines())

    listed = [form for forms in lists.values() for form in forms]
    assert all(form.startswith(" ") for form in listed)
    assert sorted(form.strip() for form in listed) == sorted({line.form for line in lines})
    sides = {name: {writer[form.strip()] for form in forms} for name, forms in lists.items()}
    assert all(sides.values())
    assert iam.LISTS == LISTS
    assert sum(map(len, sides.values())) == len(set.union(*sides.values()))


def test_four_fifths_of_the_writers_are_for_training_and_each_list_has_one() -> None:
    assert [lists_of(4).count(name) for name in LISTS] == [1, 1, 1, 1]
    assert [lists_of(60).count(name) for name in LISTS] == [48, 4, 3, 5]
    assert all(lists_of(n).count(name) for n in range(4, 200) for name in LISTS)


def test_every_writer_has_a_line_once_there_are_as_many_lines_as_writers() -> None:
    for writers in (4, 60):
        first = list(islice(places(writers), writers))

        assert {place.writer for place in first} == set(range(writers))


def test_no_two_lines_share_a_place_and_forms_have_no_more_than_eight() -> None:
    some: list[Place] = list(islice(places(7), 3000))

    assert len({(place.form, place.number) for place in some}) == 3000
    assert max(place.number for place in some) == 8
    assert len({form_name(form) for form in range(200_000)}) == 200_000


REAL = {  # medians of 877 lines by 33 people, and by how much of them the built-in corpus's may be off
    "points per character": (26.65, 0.25),
    "strokes per letter": (1.12, 0.25),
    "width per character, units": (236.4, 0.25),
    "points per stroke": (20, 0.25),
    "lift share, % of points": (3.4, 0.25),
    "in-stroke step, units": (19.4, 0.25),
    "in-stroke |dy|, units": (13, 0.25),
    "turning, degrees": (13.0, 0.25),
    "pen-up dx, units": (123, 0.25),
    "speed autocorrelation, lag 1": (0.74, 0.25),
    "speed-curvature exponent": (-0.28, 0.25),
    "pen-up dy, units": (-92, 0.4),
    "in-stroke steps of length zero, %": (0.29, 1.0),
}


@pytest.mark.slow
def test_hands_move_as_peoples_do(typefaces: list[Typeface], words: list[str]) -> None:
    written = compose(ComposeParams(lines=300, writers=150, drills=0.0, seed=1), typefaces, words)

    medians = percentiles(measured(as_read(line) for line in written))["p50"]

    off = {name: abs(medians[name] - real) / abs(real) for name, (real, _) in REAL.items()}
    assert not {name: share for name, share in off.items() if share > REAL[name][1]}


def test_the_default_corpus_has_over_5000_different_words_and_every_printable_character(words: list[str]) -> None:
    default: Any = YAML(typ="safe", pure=True).load((ROOT / "params.yaml").read_text())["compose"]
    lines = list(texts(ComposeParams(**default), words))

    assert len({word for line in lines for word in re.findall(r"[a-z]+(?:'[a-z]+)?", line.lower())}) >= 5000
    assert set("".join(lines)) >= set(ascii_letters + digits + """.,;:!?'"()-&%$#@+=/*""")


def test_any_number_of_processes_comes_to_the_same_ink(typefaces: list[Typeface], words: list[str]) -> None:
    params = ComposeParams(lines=150, writers=4, drills=0.0, seed=5)

    alone, together = (compose(params, typefaces, words, processes) for processes in (1, 2))

    for one, other in zip(alone, together, strict=True):
        assert to_xml(one) == to_xml(other)


def test_the_pen_stays_where_coordinates_are_positive(lines: list[Line]) -> None:
    assert min(line.rows[:, :2].min() for line in lines) > 0


def test_time_stamps_tick_at_sixty_to_eighty_hertz_and_jump_while_the_pen_is_up(lines: list[Line]) -> None:
    for line in lines:
        gaps, lift = np.diff(line.rows[:, 3]), line.rows[:-1, 2] == 1

        assert gaps.min() >= 0
        steps = np.abs(np.diff(line.rows[:, :2], axis=0))
        coarse = steps[steps > 0].min() > 1  # such a tablet tells no place twice
        assert (0 if coarse else 60) <= 1 / gaps[~lift].mean() <= 80
        assert gaps[lift].min() > 0.02


def test_coordinates_are_whole_and_times_in_hundredths(lines: list[Line]) -> None:
    for line in lines:
        assert (line.rows[:, :2] % 1 == 0).all()
        assert np.abs(line.rows[:, 3] * 100 - np.rint(line.rows[:, 3] * 100)).max() < 0.01


def test_no_two_letters_of_a_writer_are_equal(typefaces: list[Typeface]) -> None:
    line = next(compose(ComposeParams(lines=9, writers=9, drills=0.0, seed=1), typefaces[-2:-1], ["o" * 20]))

    shapes = {tuple(np.rint(stroke[:, :2] - stroke[0, :2]).ravel()) for stroke in line.strokes}

    assert len(shapes) == len(line.strokes) > 1


def test_a_connected_hand_writes_the_dots_after_the_word(typefaces: list[Typeface]) -> None:
    for seed in range(5):
        writer = hand(0, seed, [typeface for typeface in typefaces if typeface.name == "HersheyScript1"])

        steady = replace(writer, patient=True, looseness=0.0, drift=0.0)
        strokes = lay_out("minim", steady, np.random.default_rng(seed))

        first, second = strokes[-2:]
        body = np.concatenate(strokes[:-2])
        assert len(strokes) - 2 < len("minim")
        assert max(first[:, 1].max(), second[:, 1].max()) < body[:, 1].min()  # y grows downwards
        assert first[:, 0].max() < second[:, 0].min() < body[:, 0].max()


def test_one_who_does_not_wait_writes_the_dot_after_the_letter(typefaces: list[Typeface]) -> None:
    writer = hand(0, 1, [typeface for typeface in typefaces if typeface.name == "HersheySans1"])

    late, early = (
        lay_out("in", replace(writer, patient=patient), np.random.default_rng(1)) for patient in (True, False)
    )

    assert [len(stroke) for stroke in late[-1:]] == [len(early[1])]
    assert early[-1][:, 0].mean() > early[1][:, 0].mean()
    assert len(late) == len(early)


def test_between_two_words_there_is_always_a_gap(typefaces: list[Typeface]) -> None:
    for number in range(16):
        writer = hand(number, 1, typefaces)
        stiff = replace(writer, slant=0.0, unevenness=0.0, looseness=0.0, drift=0.0)

        for first, second in (("stand", "on"), ("had", "joked"), ("of", "pity"), ("FAR", "Kit"), ("so;", "it")):
            count = len(lay_out(first, stiff, np.random.default_rng(1)))
            strokes = lay_out(f"{first} {second}", stiff, np.random.default_rng(1))

            gap = np.concatenate(strokes[count:])[:, 0].min() - np.concatenate(strokes[:count])[:, 0].max()
            assert gap > 0.49 * stiff.word_gap


def test_xml_keeps_what_was_written(typefaces: list[Typeface], words: list[str]) -> None:
    line = next(compose(SMALL, typefaces, words))

    rows, *_ = read_line(to_xml(line))

    points = np.concatenate(line.strokes)
    assert np.abs(np.diff(rows[:, :2] - points[:, :2], axis=0)).max() <= 1
    assert np.allclose(rows[:, 3], points[:, 2] - points[0, 2], atol=0.011)
    assert np.flatnonzero(rows[:, 2]).tolist() == (np.cumsum([len(s) for s in line.strokes]) - 1).tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [({"lines": 0}, "lines"), ({"writers": 3}, "writers"), ({"writers": 15}, "writers is 15 but lines only 14")],
)
def test_impossible_parameters_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ComposeParams(**{**SMALL.model_dump(), **change})


@pytest.mark.parametrize(
    ("content", "message"), [(" \n", "no words"), ("caf\u00e9", "'\u00e9'"), (None, "no such text")]
)
def test_a_text_that_cannot_be_written_is_named(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "prose.txt"
    if content is not None:
        path.write_text(content, encoding="utf-8")

    with pytest.raises(InputError, match=message) as caught:
        read_words(path)

    assert str(path) in str(caught.value)


def test_drills_have_the_share_of_lines_that_is_asked_for_and_all_signs_and_leave_the_other_lines() -> None:
    words = ["the", "quick", "brown", "fox"]
    plain = list(texts(ComposeParams(lines=800, writers=4, drills=0.0, seed=5), words))
    drilled = list(texts(ComposeParams(lines=800, writers=4, drills=0.25, seed=5), words))

    apart = [one for one, other in zip(drilled, plain, strict=True) if one != other]

    assert 0.2 < len(apart) / 800 < 0.3
    assert set(PRINTABLE) - set(ascii_lowercase) <= set("".join(apart))
    assert max(map(len, apart)) < 60
