"""A recogniser's likelihoods are CTC's, and a line is read as it is, whatever stands beside it."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from recognisers import ALPHABET, make_recogniser, some_lines

from penlift.common.errors import InputError
from penlift.ink.alphabet import Alphabet
from penlift.recognition.checkpoint import CONFIG, WEIGHTS, begin_with, fingerprint_of, load_recogniser, save_recogniser
from penlift.recognition.features import features_of
from penlift.recognition.network import RATIO, Recogniser, read_rows, rows_needed, together
from penlift.recognition.reading import OTHER, nats_of, read


def collapsed(path: tuple[int, ...], blank: int) -> list[int]:
    return [code for code, _ in itertools.groupby(path) if code != blank]


@pytest.mark.parametrize("text", ["a", "ab", "aa", "", "bab"])
def test_the_likelihood_of_a_text_is_that_of_all_paths_which_read_as_it(text: str) -> None:
    torch.manual_seed(3)
    recogniser, rows = make_recogniser(), 4
    predicted = torch.randn(1, rows, ALPHABET.size).log_softmax(-1)
    codes = ALPHABET.codes(text)[:-1]

    total = sum(
        math.exp(sum(float(predicted[0, row, code]) for row, code in enumerate(path)))
        for path in itertools.product(range(ALPHABET.size), repeat=rows)
        if collapsed(path, ALPHABET.end) == codes.tolist()
    )
    parts = together([features_of(np.array([[0, 0, 0], [9, 0, 1.0]]))], [codes])
    parts = parts._replace(lengths=np.array([RATIO * rows]))
    found = recogniser.nll(predicted, type(parts)._make(map(torch.from_numpy, parts)))

    wanted = -math.log(total) if total else 0.0  # too few rows for the text
    assert (total > 0) == (rows >= rows_needed(codes))
    assert float(found) == pytest.approx(wanted, rel=1e-5)


def test_what_is_made_of_a_line_does_not_depend_on_those_beside_it() -> None:
    lines = some_lines(7)
    recogniser = make_recogniser()

    together_ = list(read(recogniser, lines))
    alone = [next(read(recogniser, [line])) for line in lines]
    nats = nats_of(recogniser, lines, ["ab"] * 7)

    assert together_ == alone
    assert len({reading.text for reading in alone}) > 1
    for line, cost in zip(lines, nats, strict=True):
        assert nats_of(recogniser, [line], ["ab"]) == pytest.approx([cost], rel=1e-4)


def test_rows_behind_a_lines_end_change_nothing_to_the_last_digit_but_rounding() -> None:
    recogniser = make_recogniser()
    short, long = (features_of(line) for line in some_lines(2))
    empty = np.zeros(0, np.int64)
    pair, single = together([short, long], [empty, empty]), together([short], [empty])

    with torch.inference_mode():
        both = recogniser(torch.from_numpy(pair.rows), torch.from_numpy(pair.lengths))
        alone = recogniser(torch.from_numpy(single.rows), torch.from_numpy(single.lengths))

    rows = int(read_rows(single.lengths)[0])
    torch.testing.assert_close(both[0, :rows], alone[0, :rows], rtol=1e-4, atol=1e-5)


def test_letters_are_seen_where_the_ink_is_and_in_its_order() -> None:
    for line, reading in zip(some_lines(5), read(make_recogniser(), some_lines(5)), strict=True):
        assert len(reading.points) == len(reading.text)
        assert reading.points == sorted(reading.points)
        assert all(0 <= point < len(line) for point in reading.points)
        assert set(reading.text) <= {*ALPHABET.signs, OTHER}


def test_a_recogniser_is_read_back_as_it_was(tmp_path: Path) -> None:
    recogniser = make_recogniser()
    save_recogniser(tmp_path, recogniser)

    again = load_recogniser(tmp_path)

    assert again.alphabet == recogniser.alphabet
    for name, weight in recogniser.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight)
    first = fingerprint_of(tmp_path)
    save_recogniser(tmp_path, make_recogniser(seed=2))
    assert fingerprint_of(tmp_path) != first


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (WEIGHTS, b"\x80\x04N.", "a damaged recogniser"),
        (CONFIG, b'{"version": 1, "hidden": 9, "signs": "ab"}', "a damaged recogniser"),
        (CONFIG, b'{"version": 2, "hidden": 6, "signs": " abc"}', "of version 2, by a newer penlift"),
        (CONFIG, b"[]", "a damaged recogniser"),
        (WEIGHTS, None, r"no recogniser \(recogniser.safetensors is missing\); train one with recognise.enabled"),
    ],
)
def test_a_file_that_is_not_sound_is_refused_in_a_line(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    save_recogniser(tmp_path, make_recogniser())
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(InputError, match=said) as raised:
        load_recogniser(tmp_path)

    assert "\n" not in str(raised.value)


def test_weights_go_on_by_sign_and_new_signs_keep_theirs() -> None:
    known, own = make_recogniser(), make_recogniser(seed=2, alphabet=Alphabet(" abcx"))
    fresh = own.head.weight[own.alphabet.place("x")].detach().clone()

    begin_with(own, known)

    for sign in known.alphabet.signs:
        assert torch.equal(own.head.weight[own.alphabet.place(sign)], known.head.weight[known.alphabet.place(sign)])
    assert torch.equal(own.head.weight[own.alphabet.end], known.head.weight[known.alphabet.end])
    assert torch.equal(own.head.weight[own.alphabet.place("x")], fresh)
    with pytest.raises(InputError, match=r"recognise.start has 6 units a layer, not 7; set recognise.hidden alike"):
        begin_with(Recogniser(7, 0.0, ALPHABET), known)
