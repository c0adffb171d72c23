"""The command `penlift read`: ink to text, or a sentence that says why not."""

import json
from pathlib import Path

import numpy as np
import pytest
from commands import run
from recognisers import make_recogniser

from penlift.ink.lines import Ink
from penlift.recognition.checkpoint import fingerprint_of, save_recogniser
from penlift.recognition.edits import Edits, edits, errors
from penlift.recognition.reading import read


@pytest.fixture
def judge(tmp_path: Path) -> Path:
    (tmp_path / "recogniser").mkdir()
    save_recogniser(tmp_path / "recogniser", make_recogniser())
    return tmp_path / "recogniser"


def test_a_file_and_a_line_by_name_are_read_to_the_same_text(judge: Path, small_ink: Ink, tmp_path: Path) -> None:
    line = small_ink.line(2)
    np.savetxt(tmp_path / "line.csv", line.rows[:, :3], fmt="%g", delimiter=",", header="x,y,lift", comments="")
    wanted = next(read(make_recogniser(), [line.rows])).text

    of_file = run("read", "--recogniser", judge, tmp_path / "line.csv")
    by_name = run("read", "--recogniser", judge, "--ink", tmp_path / "ink", line.name)

    assert of_file.exit_code == by_name.exit_code == 0, of_file.output + by_name.output
    assert of_file.stdout == by_name.stdout == f"{wanted}\n"


def test_a_folder_is_read_line_by_line_with_what_is_wrong_in_all(judge: Path, small_ink: Ink, tmp_path: Path) -> None:
    result = run("read", "--recogniser", judge, "--json", "--places", tmp_path / "ink")

    assert result.exit_code == 0, result.output
    found, recogniser = json.loads(result.stdout), make_recogniser()
    readings = list(read(recogniser, map(small_ink.rows_of, range(len(small_ink)))))
    texts = [recogniser.alphabet.plain(text) for text in small_ink.index["text"]]
    whole = sum((edits(text, each.text) for text, each in zip(texts, readings, strict=True)), Edits())
    words = sum((errors(text, each.text).words for text, each in zip(texts, readings, strict=True)), Edits())
    assert found["recogniser"] == fingerprint_of(judge)
    assert (found["cer"], found["wer"]) == (whole.rate, words.rate)
    assert [line["name"] for line in found["lines"]] == small_ink.index["line"].tolist()
    assert [line["read"] for line in found["lines"]] == [each.text for each in readings]
    for number, line in enumerate(found["lines"]):
        assert "".join(each["letter"] for each in line["letters"]) == line["read"]
        for each in line["letters"]:
            assert [each["x"], each["y"]] == small_ink.rows_of(number)[each["point"], :2].tolist()


def test_suspicious_lines_come_first_and_no_more_than_asked_for(judge: Path, small_ink: Ink, tmp_path: Path) -> None:
    result = run("read", "--recogniser", judge, "--suspicious", "--most", 2, "--json", tmp_path / "ink")

    readings = read(make_recogniser(), map(small_ink.rows_of, range(len(small_ink))))
    plain = make_recogniser().alphabet.plain
    rates = [edits(plain(text), each.text).rate for text, each in zip(small_ink.index["text"], readings, strict=True)]
    assert [line["cer"] for line in json.loads(result.stdout)["lines"]] == sorted(rates, reverse=True)[:2]


def test_one_split_is_read_where_it_is_named(judge: Path, small_ink: Ink, tmp_path: Path) -> None:
    result = run("read", "--recogniser", judge, "--split", "test", tmp_path / "ink")

    assert result.output.splitlines()[-1].startswith("1 lines with a text: ")
    assert small_ink.index["line"].iloc[-1] in result.output or result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no/such/line"], "'no/such/line': neither a folder of ink, nor a line of data/ink, nor a file of a kind"),
        (["--recogniser", "elsewhere", "x.svg"], "elsewhere: no recogniser (recogniser.safetensors is missing); train"),
        (["gone.csv"], "gone.csv: no such file; give one that holds a line of ink"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(
    judge: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)

    result = run("read", *([] if "--recogniser" in arguments else ["--recogniser", judge]), *arguments)

    assert str(result.exception).startswith(f"penlift read: {said}")
    assert "\n" not in str(result.exception)
