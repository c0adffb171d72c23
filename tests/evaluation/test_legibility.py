"""What is said of legibility is what the recogniser reads, of the same texts, line by line."""

from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from networks import make_network
from recognisers import make_recogniser
from runs import HISTORY
from small_run import IN_ORDER, PARAMS, SmallRun
from small_trainings import ALPHABET, SHAPE

from penlift.common.files import write_json
from penlift.evaluation.findings import metrics_of
from penlift.evaluation.free_running import write_lines
from penlift.evaluation.legibility import (
    ANOTHER,
    BIASES,
    NORMALISED,
    PEOPLE,
    HeldOut,
    Legibility,
    biased,
    confusion_table,
    figures_of,
    judged_by,
    key_of,
    read_beside,
    save_judged,
    wordlike,
)
from penlift.evaluation.results import EDITS, read_evaluated
from penlift.ink.lines import Ink, load_ink
from penlift.ink.offsets import normalise, smooth
from penlift.ink.scales import NormaliseParams, load_scales
from penlift.model.checkpoint import Model
from penlift.model.mixture import Steering
from penlift.model.network import ModelParams, Network
from penlift.recognition.checkpoint import fingerprint_of, save_recogniser
from penlift.recognition.edits import NONE, edits
from penlift.recognition.params import INDEX
from penlift.recognition.reading import read
from penlift.report.legibility import legibility_parts
from penlift.report.verdicts import verdicts
from penlift.sampling.health import table_of


@pytest.fixture
def held_out(small_ink: Ink, tmp_path: Path) -> HeldOut:
    """Two texts, one of which stands in training, too; points thinned."""
    (tmp_path / "offsets").mkdir()
    small_ink.index["text"] = ["ab c", "a bac ab", "x", "ab", "bac ab", "ab"]
    small_ink.index["split"] = ["train", "train", "valid", "valid", "valid", "valid"]
    normalise(small_ink, NormaliseParams(cap=500.0, scale=20.0, rate=40.0), tmp_path / "offsets")
    offsets = load_ink(tmp_path / "offsets")
    small_ink.index.loc[0, "text"] = "ab"
    return HeldOut(offsets, small_ink, "valid")


@pytest.fixture
def model(held_out: HeldOut, tmp_path: Path) -> Model:
    torch.manual_seed(2)
    params = ModelParams.model_validate(SHAPE | {"text": True, "dropout": 0.0})
    network = Network(params, (0.025, 0.025), ALPHABET, pace=0.2).eval()
    return Model(network, params, load_scales(tmp_path / "offsets" / "scales.json"))


def test_each_side_reads_the_same_texts_and_what_the_network_wrote_is_that(model: Model, held_out: HeldOut) -> None:
    recogniser = make_recogniser()

    found = read_beside(model, recogniser, held_out, most=9, seed=3)

    lines, numbers = found.lines, held_out.ink.of_split("valid", with_text=True)
    assert set(lines["of"]) == {PEOPLE, NORMALISED, ANOTHER, *map(biased, BIASES)}
    texts = held_out.ink.index["text"].iloc[numbers].tolist()
    for side in {*lines["of"]} - {ANOTHER}:
        assert lines.loc[lines["of"] == side, "text"].tolist() == [recogniser.alphabet.plain(text) for text in texts]
    people = [reading.text for reading in read(recogniser, map(held_out.ink.rows_of, numbers))]
    assert lines.loc[lines["of"] == PEOPLE, "read"].tolist() == people
    assert lines.loc[lines["of"] == ANOTHER, "read"].tolist() == people
    assert all(lines.loc[lines["of"] == ANOTHER, "text"].to_numpy() != np.array(texts))
    drawn = write_lines(model.network, model.scales, numbers, texts, 3, Steering.of(0.5, 1, 1, 1))
    written = [reading.text for reading in read(recogniser, [smooth(line.points) for line in drawn])]
    assert lines.loc[lines["of"] == biased(0.5), "read"].tolist() == written
    for row in lines.itertuples():
        assert (row.letters, *(getattr(row, name) for name in EDITS)) == edits(str(row.text), str(row.read))
    assert found.apart.keys() == {PEOPLE, *map(biased, BIASES)}
    assert found.apart[biased(0.0)] > 0


def test_texts_of_training_are_told_apart_and_rates_are_edits_by_letters(model: Model, held_out: HeldOut) -> None:
    found = read_beside(model, make_recogniser(), held_out, most=9, seed=3)

    figures = figures_of(found, seed=1)

    for name, seen in (("seen", True), ("unseen", False)):
        group = found.lines[found.lines["seen"] == seen]
        known = held_out.ink.index["text"].iloc[held_out.ink.of_split("train")]
        assert (group.loc[group["of"] == PEOPLE, "text"].isin(known) == seen).all()
        for side in (PEOPLE, biased(1.0)):
            rows = group[group["of"] == side]
            whole = rows[list(EDITS)].to_numpy().sum() / rows["letters"].sum()
            assert figures[name][key_of(side)]["cer"] == pytest.approx(whole)
        assert figures[name]["lines"] == (group["of"] == PEOPLE).sum()


def lines_of(*rows: tuple[str, str, str]) -> pd.DataFrame:
    found: list[dict[str, Any]] = []
    for number, (of, text, said) in enumerate(rows):
        letters = edits(text, said)
        found.append({"of": of, "line": f"l{number}", "writer": f"w{number}", "seen": False, "text": text, "read": said}
                     | letters._asdict() | {"words": 1, "words_wrong": int(text != said)})  # fmt: skip
    return pd.DataFrame(found)


def test_confusions_are_of_letters_by_side_and_none_of_another_text() -> None:
    table = confusion_table(lines_of((PEOPLE, "abc", "abd"), (PEOPLE, "a", ""), (ANOTHER, "abc", "xyz")))

    found = {(row.letter, row._3): row.times for row in table.itertuples()}
    assert found == {("a", "a"): 1, ("b", "b"): 1, ("c", "d"): 1, ("a", NONE): 1}
    assert set(table["of"]) == {PEOPLE}


def test_a_rate_of_two_lines_has_no_interval_and_one_of_many_has_one_around_it() -> None:
    few, many = (lines_of(*[(PEOPLE, "abcd", "abcx" if number % 2 else "abcd") for number in range(count)])
                 for count in (2, 40))  # fmt: skip

    small, large = (figures_of(Legibility(lines, {}), 1)["unseen"][PEOPLE] for lines in (few, many))

    assert small["cer"] == large["cer"] == 0.125
    assert np.isnan(small["cer_low"])
    assert large["cer_low"] < 0.125 < large["cer_high"]


def test_words_of_three_letters_that_stand_in_training_are_known(small_ink: Ink) -> None:
    recogniser, lines = make_recogniser(), [small_ink.rows_of(number) for number in range(len(small_ink))]
    said = [word for reading in read(recogniser, lines) for word in reading.text.split() if len(word) > 2]
    assert said
    small_ink.index["text"] = " ".join(dict.fromkeys(said[::2]))

    shares = wordlike(recogniser, small_ink, lines, lines[:1], seed=1)

    assert shares["dreamt"] == np.mean([word in said[::2] for word in said])
    assert set(shares) == {"dreamt", "people", "shuffled"}


def test_what_so_little_ink_does_not_say_stands_in_no_file_and_the_page_tells_the_rest(
    model: Model, held_out: HeldOut, small: SmallRun, tmp_path: Path
) -> None:
    held_out.ink.index["text"] = ["ab c", "a bac ab", "b", "ab", "bac", "a"]  # none was written by two
    judge = tmp_path / "judge"
    judge.mkdir()
    save_recogniser(judge, make_recogniser())
    write_json(judge / INDEX, {"enabled": True})

    judged = judged_by(judge, model, held_out, small.written, PARAMS)

    metrics = metrics_of(
        small.splits, small.table, small.written, table_of([IN_ORDER]), model.scales, None, judged.figures
    )
    write_json(tmp_path / "metrics.json", metrics)  # which takes no NaN
    figures = metrics["legibility"]
    assert set(figures["unseen"]["people"]) == {"cer", "wer", *EDITS}  # too few for an interval
    assert PEOPLE not in figures["tablet_units_apart"]
    copytree(small.evaluate, tmp_path / "evaluate")
    save_judged(tmp_path / "evaluate", judged)
    evaluated = read_evaluated(tmp_path / "evaluate")
    page = " ".join(part.text_content() for part in legibility_parts(evaluated, figures))
    assert f"Recogniser {fingerprint_of(judge)} was trained" in page
    assert "Of people this is unmeasured" in page
    for side in (PEOPLE, "bias_0", "bias_0_5", "bias_1"):
        assert f"{100 * figures['unseen'][side]['cer']:.1f}" in page
    (answer,) = [each for each in verdicts(metrics, HISTORY) if each.question == "Can it be read?"]
    ours, people = (figures["unseen"][side]["cer"] for side in ("bias_0_5", PEOPLE))
    assert answer.good == (ours <= max(1.5 * people, people + 0.1))


def test_of_a_network_without_text_the_page_tells_of_words(held_out: HeldOut, small: SmallRun, tmp_path: Path) -> None:
    save_recogniser(tmp_path, make_recogniser())
    write_json(tmp_path / INDEX, {"enabled": True})
    network = Model(
        make_network().eval(), ModelParams.model_validate(SHAPE), load_scales(tmp_path / "offsets" / "scales.json")
    )

    judged = judged_by(tmp_path, network, held_out, small.written, PARAMS)

    assert judged.figures
    assert set(judged.figures["known_words_share"]) == {"dreamt", "people", "shuffled"}
    page = " ".join(part.text_content() for part in legibility_parts(read_evaluated(small.evaluate), judged.figures))
    assert "what the network dreamt" in page
