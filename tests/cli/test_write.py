"""The command `penlift write`: a text on a page, in somebody's hand, or a sentence that says why not."""

import string
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from commands import run
from conftest import written_line
from recognisers import make_recogniser

from penlift.handwriting import sample_params
from penlift.ink.alphabet import Alphabet
from penlift.ink.lines import save_ink
from penlift.ink.offsets import smooth
from penlift.ink.scales import Scales
from penlift.model.checkpoint import Model, load_model, save_model
from penlift.model.network import ModelParams, Network
from penlift.recognition.checkpoint import save_recogniser
from penlift.recognition.reading import costs_of
from penlift.sampling.page import Choice, write_page
from penlift.sampling.samples import Sample

SCALES = Scales(500.0, (0.0, 0.0), (20.0, 20.0), (9.0, 0.0), (20.0, 15.0), 30.0)
SHAPE = {
    "cell": "lstm", "peepholes": False, "layers": 1, "hidden": 6, "mixtures": 2, "dropout": 0.0, "skip": True,
    "text": True,
}  # fmt: skip


@pytest.fixture
def models(tmp_path: Path) -> Path:
    torch.manual_seed(4)
    params = ModelParams.model_validate(SHAPE)
    signs = Alphabet.of([string.ascii_lowercase + " ."], 1)
    network = Network(params, (0.025, 0.025), signs, pace=0.5)
    (tmp_path / "models").mkdir()
    save_model(tmp_path / "models", Model(network, params, SCALES, ("some words", "and others")))
    return tmp_path / "models"


def test_a_file_of_many_letters_becomes_lines_and_an_empty_line_parts_paragraphs(models: Path, tmp_path: Path) -> None:
    letter = "\n\n".join([("dear you " * 150).strip(), "yours."])
    (tmp_path / "letter.txt").write_bytes(letter.encode("utf-8-sig"))

    result = run("write", "--model", models, "--file", tmp_path / "letter.txt", "--out", tmp_path / "letter.npz")

    assert result.exit_code == 0, result.output
    with np.load(tmp_path / "letter.npz") as lines:
        assert len(lines.files) > 20
        assert f"{len(lines.files)} lines" in result.output
    again = run("write", "--model", models, "--file", tmp_path / "letter.txt", "--out", tmp_path / "again.npz")
    assert again.exit_code == 0
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "letter.npz").read_bytes()


def test_a_text_is_written_in_the_hand_of_a_line_or_of_a_file_with_its_words(models: Path, tmp_path: Path) -> None:
    (tmp_path / "ink").mkdir()
    line = replace(written_line(1, "train", 60), text="some words")
    save_ink(tmp_path / "ink", [line])
    np.savetxt(tmp_path / "mine.csv", line.rows[:, :3], delimiter=",", header="x,y,lift", comments="")
    shared = ("write", "in this hand", "--model", models, "--ink", tmp_path / "ink", "--out", tmp_path / "page.svg")

    by_name = run(*shared, "--hand", line.name)
    by_file = run(*shared, "--hand", tmp_path / "mine.csv", "--says", "some words")
    without = run(*shared, "--hand", tmp_path / "mine.csv")

    assert (by_name.exit_code, by_file.exit_code) == (0, 0), by_file.output
    assert without.exit_code == 1
    assert str(without.exception).endswith("of a file, give its very text with --says")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "there is no text to write; give it in quotes, or with --file"),
        (("", "  "), "there is no text to write; give it in quotes, or with --file"),
        (("a\N{GRINNING FACE}",), "'a\N{GRINNING FACE}' has '\N{GRINNING FACE}', which the network does not know"),
        (("caf\u00e9", "--replace", "\u00e9"), "--replace is 'é'; give what is replaced, =, and by what, as é=e"),
        (("a", "--style", "density"), "--style is density, which draws one line; choose one of plain,"),
        (("a", "--out", "a.pdf"), "--out is a.pdf; let its name end in one of .svg,"),
    ],
)
def test_what_cannot_be_written_is_told_in_a_sentence(models: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run("write", *arguments, "--model", models)

    assert result.exit_code == 1
    assert said in str(result.exception)
    assert "\n" not in str(result.exception)


def test_a_file_that_is_no_text_is_refused_and_signs_may_be_replaced(models: Path, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_bytes(b"\xff\xfe\x00")

    refused = run("write", "--file", tmp_path / "page.txt", "--model", models)
    written = run("write", "CAF\u00c9", "--replace", "\u00c9=e", "--replace", "C=c", "--replace", "A=a", "--replace",
                  "F=f", "--model", models, "--out", tmp_path / "page.svg")  # fmt: skip

    assert str(refused.exception).endswith("page.txt: not a text in UTF-8; save it as plain text")
    assert written.exit_code == 0, written.output


def test_lines_without_a_text_are_counted_where_a_network_that_reads_scores(models: Path, tmp_path: Path) -> None:
    (tmp_path / "ink").mkdir()
    lines = [replace(written_line(n, "test", 60), text=text) for n, text in enumerate(["a word", "", "another"])]
    save_ink(tmp_path / "ink", lines)

    result = run("score", models, tmp_path / "ink")

    assert "1 lines have no text, which this network reads, and are left out" in result.output
    assert "2 lines, " in result.output


def test_the_best_of_several_is_one_of_them_and_none_is_read_better(models: Path, tmp_path: Path) -> None:
    (tmp_path / "judge").mkdir()
    recogniser = make_recogniser()
    save_recogniser(tmp_path / "judge", recogniser)
    model, text = load_model(models), "a bac"
    params = sample_params({"lines": 1, "points": 1, "strokes": None, "seed": 3, "bias": 0.5, "width": 9e5}, 1.0)
    seen: list[list[Sample]] = []

    def cost(lines: list[Sample]) -> list[float]:
        seen.append(lines)
        return costs_of(recogniser, [smooth(line.points) for line in lines], [line.text for line in lines])

    ((best,),) = write_page(model, [text], params, None, Choice(5, cost))
    result = run("write", "--model", models, "--best-of", 5, "--recogniser", tmp_path / "judge", "--seed", 3, "--width",
                 9e5, "--out", tmp_path / "a.npz", text)  # fmt: skip

    assert result.exit_code == 0, result.output
    (candidates,) = seen
    costs = cost(candidates)
    assert len({line.points.tobytes() for line in candidates}) == 5
    assert best.points.tobytes() == candidates[int(np.argmin(costs))].points.tobytes()
    assert "1 lines, each the best of 5 by" in result.output
    ((alone,),) = write_page(model, [text], params)
    np.testing.assert_allclose(alone.points[:9], candidates[0].points[:9], atol=0.1)  # so that one is as before
