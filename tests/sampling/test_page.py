"""Texts that a network writes: where they end, where lines are broken, and what cannot be written."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from penlift.common.errors import InputError
from penlift.common.geometry import Floats32
from penlift.drawing.styles import curved
from penlift.handwriting import drawn_page, sample_params, what_ifs, write
from penlift.ink.alphabet import Alphabet, side_by_side
from penlift.ink.lines import LIFT
from penlift.ink.offsets import START, as_dense, closed, closes, to_offsets
from penlift.ink.scales import Scales
from penlift.model.checkpoint import Model, begin_with, load_model, save_model
from penlift.model.mixture import PLAIN
from penlift.model.network import ModelParams, Network
from penlift.sampling.page import Hand, baseline, says_so, write_page
from penlift.sampling.sampler import most_points, noise_of
from penlift.sampling.stepper import feed_back

SCALES = Scales(500.0, (0.0, 0.0), (20.0, 20.0), (9.0, 0.0), (20.0, 15.0), 30.0)
WORDS = "abba a cab bad cad abac dab ab ba"


@pytest.fixture
def model() -> Model:
    torch.manual_seed(4)
    params = ModelParams.model_validate(
        {"cell": "lstm", "peepholes": False, "layers": 2, "hidden": 8, "mixtures": 3, "dropout": 0.0, "skip": True,
         "text": True}
    )  # fmt: skip
    network = Network(params, (0.025, 0.025), Alphabet(" abcd"), pace=0.2).eval()
    return Model(network, params, SCALES, ("abba", "cab"))


def asked(**values: object) -> dict[str, object]:
    return {"lines": 1, "points": 1, "strokes": None, "width": None, "bias": 0.0, "seed": 1, "texts": ["a"]} | values


@pytest.mark.parametrize("lifts", [0.0, 2.0])
def test_a_line_ends_where_the_pen_stays_up_and_still_behind_its_text_and_keeps_all_before(
    model: Model, lifts: float
) -> None:
    with torch.no_grad():
        model.network.head.bias[0] += lifts
    texts, noise = ["abba", "cab a bad", "d"] * 4, noise_of(1, range(12), 200)
    codes = side_by_side([Alphabet(" abcd").codes(text) for text in texts])
    start = np.array([START], np.float32)

    def near(offsets: Floats32) -> npt.NDArray[np.bool_]:
        return np.asarray((offsets[:, LIFT] > 0.5) & (np.abs(offsets[:, 0]) < 0.7))

    fed = feed_back(model.network, start, noise, PLAIN, lambda _: False, codes, near)

    for offsets, signs, said, text in zip(fed.offsets, fed.signs, fed.said, texts, strict=True):
        lifted = offsets[:, LIFT] > 0.5
        closing = near(offsets[1:]) & lifted[:-1] & (signs[:-1] >= len(text) - 1)
        assert said == (np.flatnonzero(closing)[0] + 1 if closing.any() else 0)
    assert fed.said.any()


def test_a_line_that_does_not_close_ends_where_its_network_would_most_likely_have_closed_it(model: Model) -> None:
    unended = [line for line in write(model, text=["abba", "cab a bad", "d"] * 3, seed=5).lines if not line.ended]
    assert unended
    for line in unended:
        late = np.flatnonzero((line.points[1:, LIFT] > 0.5) & (line.signs >= len(line.text) - 1))
        assert late[-1] == len(line.signs) - 1  # nothing is kept behind it
        assert len(line.signs) < most_points(model.network, line.text)


def test_no_offset_of_a_line_is_as_the_one_that_closes_it() -> None:
    rng = np.random.default_rng(1)
    points = np.column_stack([rng.integers(-300, 300, (200, 2)).cumsum(axis=0), rng.random(200) < 0.2])
    offsets = to_offsets(points, SCALES)

    whole = closed(offsets, SCALES)

    assert closes(whole[1:], SCALES).nonzero()[0].tolist() == [len(offsets) - 1]  # the first is START
    np.testing.assert_array_equal(whole[:-1], offsets)
    down = whole * (1, 1, 0)
    assert (closes(down, SCALES) == closes(whole, SCALES)).all()  # a lift is drawn apart from where the pen goes


def test_a_line_of_an_older_network_ends_behind_its_text_or_is_said_not_to_have(model: Model) -> None:
    model.network.ends = False
    for line in write(model, text=["abba", "cab a bad"], seed=3).lines:
        at_end = line.signs >= len(line.text)
        assert len(line.signs) == len(line.points) - 1
        assert line.ended == bool((at_end & (line.points[1:, LIFT] > 0.5)).any())
        assert line.ended or len(line.points) - 1 == most_points(model.network, "cab a bad")
        if line.ended:
            assert at_end[-1] and line.points[-1, LIFT] == 1


def test_without_a_text_it_writes_those_of_held_out_lines(model: Model) -> None:
    assert [line.text for line in write(model, lines=3).lines] == ["abba", "cab", "abba"]


def test_it_writes_the_same_when_it_comes_back_from_disk(
    model: Model, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("model")
    save_model(folder, model)

    back = load_model(folder)

    assert (back.texts, back.scales, back.network.alphabet) == (model.texts, SCALES, model.network.alphabet)
    for one, other in zip(write(model, text="cab").points, write(back, text="cab").points, strict=True):
        np.testing.assert_array_equal(one, other)


def test_all_words_are_written_once_in_their_order_and_no_line_is_wider_than_asked(model: Model) -> None:
    params = sample_params(asked(width=600.0), 1.0)

    paragraphs = [WORDS, "cab", " ", "dab " + WORDS]

    page = list(write_page(model, paragraphs, params))

    assert [" ".join(line.text for line in lines) for lines in page] == [" ".join(each.split()) for each in paragraphs]
    for line in [*page[0], *page[3]]:
        assert np.ptp(line.points[:, 0]) <= 600 or " " not in line.text or not line.ended
    content = drawn_page(page, SCALES, "svg", "plain")
    assert content.startswith(b"<svg")
    assert drawn_page(list(write_page(model, paragraphs, params)), SCALES, "svg", "plain") == content


def test_a_page_holds_no_densities_which_would_fill_the_memory(model: Model) -> None:
    page = write_page(model, [WORDS, "cab"], sample_params(asked(), 1.0))

    assert not any(part.size for lines in page for line in lines for part in line.densities)


def test_a_hand_is_read_and_not_written_again(model: Model) -> None:
    hand = Hand(np.array([[0, 0, 0], [9, 5, 0], [20, 0, 1], [30, 2, 0], [44, 9, 1]], np.float32), "dab")

    ((line,),) = write_page(model, ["cab"], sample_params(asked(), 1.0), hand)

    assert (line.text, line.primed) == ("cab", 0)


def test_points_without_times_are_as_dense_as_what_was_learned() -> None:
    line = np.column_stack([np.arange(500.0), np.zeros(500), np.zeros(500)]).astype(np.float32)
    line[[249, 499], LIFT] = 1

    dense = as_dense(line, SCALES)

    assert np.diff(dense[:, 0]).mean() == pytest.approx(25, rel=0.1)
    assert {0.0, 249.0, 250.0, 499.0} <= set(dense[:, 0])
    assert as_dense(line, SCALES._replace(rate=None)) is line


@pytest.mark.parametrize(
    ("text", "said"),
    [("café", r"'café' has 'f'; 'é', which the network does not know; it knows ' abcd'"),
     ("\u05e9\u05dc\u05d5\u05dd \U0001f600 ab", r"and 2 more, which the network does not know")],
)  # fmt: skip
def test_signs_that_the_network_does_not_know_are_named(model: Model, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        write(model, text=text)
    with pytest.raises(InputError, match=said):
        next(write_page(model, [text], sample_params(asked(), 1.0)))


def test_a_network_without_text_writes_none() -> None:
    params = ModelParams.model_validate(
        {"cell": "gru", "peepholes": False, "layers": 1, "hidden": 4, "mixtures": 2, "dropout": 0.0, "skip": False,
         "text": False}
    )  # fmt: skip
    with pytest.raises(InputError, match="this network writes no texts, as 'ab';"):
        write(Model(Network(params, (0.025, 0.025)).eval(), params, SCALES), text="ab")


@pytest.mark.parametrize("signs", [" abcd", " Zabcdé"])
def test_a_network_of_more_signs_begins_with_those_of_its_start(model: Model, tmp_path: Path, signs: str) -> None:
    save_model(tmp_path, model)
    larger = Network(model.params, (0.025, 0.025), Alphabet(signs), pace=0.9).eval()
    fresh = larger.head.weight.detach().clone()

    begin_with(larger, tmp_path, model.params, SCALES)

    offsets, said = torch.randn(2, 15, 3), "ab xcd"  # the x is of the others to both
    texts = [torch.from_numpy(known.codes(said)).expand(2, -1) for known in (Alphabet(signs), Alphabet(" abcd"))]
    with torch.inference_mode():
        ours, theirs = (net(offsets, text=text)[0] for net, text in zip((larger, model.network), texts, strict=True))
    torch.testing.assert_close(ours.mean, theirs.mean, rtol=0, atol=1e-6)
    assert larger.pace == model.network.pace
    new = [Alphabet(signs).place(sign) - larger.symbols for sign in sorted({*signs} - {*" abcd"})]
    torch.testing.assert_close(larger.head.weight[:, new], fresh[:, new])


@pytest.mark.parametrize(("one", "other"), [("abba cad", "dab abac"), ("aaaa", "dcbd"), (" b", "ca")])
def test_of_two_texts_as_long_a_hand_says_the_likelier_one(model: Model, one: str, other: str) -> None:
    line = write(model, text="cab bad", seed=2).points[0].astype(np.float32)

    answers = [
        says_so(model._replace(texts=(against,)), Hand(line, text)) for text, against in ((one, other), (other, one))
    ]

    assert sorted(answers) == [False, True]
    assert says_so(model._replace(texts=()), Hand(line, one))  # there is nothing to hold it against


@given(st.integers(0, 2**32 - 1), st.floats(-1e4, 1e4))
def test_a_baseline_moves_with_its_line_and_is_where_most_strokes_turn_up(seed: int, down: float) -> None:
    rng = np.random.default_rng(seed)
    heights = rng.uniform(0, 80, 60)
    heights[1::2] = rng.permutation([150.0] * 6 + [100.0] * 24)
    points = np.column_stack([np.arange(60) * 10.0, heights, rng.random(60) < 0.2])

    assert baseline(points) == 100.0
    assert baseline(points + np.array([0, down, 0])) == pytest.approx(100.0 + down)


def test_what_might_have_gone_on_says_the_same_text(model: Model) -> None:
    line = write(model, text="cab bad", seed=2).lines[0]

    assert b"<svg" in what_ifs(model, line.points, 5, text=line.text).svg
    with pytest.raises(InputError, match="a prime is given, and not what it says; give its very text as says"):
        write(model, text="cab", prime=line.points)


def test_curves_pass_through_all_points_and_begin_behind_the_prime_where_they_did(model: Model) -> None:
    prime = write(model, text="cab", seed=2).points[0]
    (line,) = write(model, text="bad", prime=prime, says="cab").lines

    drawn = curved(line)

    assert {*map(tuple, line.points)} <= {*map(tuple, drawn.points)}
    assert tuple(drawn.points[drawn.primed]) == tuple(line.points[line.primed])
    assert (drawn.points[:, LIFT] > 0.5).sum() == (line.points[:, LIFT] > 0.5).sum()
