"""A recogniser's training: what it learns from, that it learns, and that no interruption changes what comes of it."""

import itertools
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from clone import ROOT
from recognisers import ALPHABET

from penlift.common.errors import InputError
from penlift.common.params import MEANT
from penlift.ink.lines import Ink
from penlift.recognition.checkpoint import CONFIG, WEIGHTS, judge_in, load_recogniser, save_recogniser
from penlift.recognition.learning import begin, save_learned
from penlift.recognition.lesson import LinesToRead, as_training, bend, lesson_of
from penlift.recognition.network import Recogniser
from penlift.recognition.params import INDEX, RecogniseParams
from penlift.training.folder import STATE, Kept
from penlift.training.loop import fit, judge_epoch
from penlift.training.resume import pack, read_state, unpack
from penlift.training.state import TrainState

KEPT = Kept("f00d", 0, False)


def asked(**changes: object) -> RecogniseParams:
    own = {"enabled": True, "hidden": 5, "batch": 2, "epochs": 3, "rarest": 1, "threads": 1, "save_every": 60.0}
    return RecogniseParams.model_validate(MEANT["recognise"] | own | changes)


@pytest.fixture
def told(small_ink: Ink) -> Ink:
    small_ink.index["text"] = ["ab", "a bac", "c", "cab", "ba", "abc"]
    return small_ink


def trained(ink: Ink, params: RecogniseParams, steps: int | None = None) -> TrainState[Recogniser]:
    lesson = lesson_of(ink, params.rarest)
    state = begin(lesson, params, Path())
    for step in itertools.islice(fit(state, lesson.batches, as_training(params)), steps):
        if step.ends_epoch:
            judge_epoch(state, step, lesson)
    return state


def test_a_training_gone_on_with_after_any_step_is_the_one_that_never_stopped(told: Ink, tmp_path: Path) -> None:
    params = asked(dropout=0.3)
    whole, lesson = trained(told, params), lesson_of(told, params.rarest)

    for steps in range(whole.step):
        (tmp_path / STATE).write_bytes(pack(trained(told, params, steps), KEPT))
        resumed = begin(lesson, params.model_copy(update={"seed": 9}), Path())
        unpack(*read_state(tmp_path / STATE), resumed)
        for step in fit(resumed, lesson.batches, as_training(params)):
            if step.ends_epoch:
                judge_epoch(resumed, step, lesson)
        assert pack(resumed, KEPT) == pack(whole, KEPT)
    assert [epoch.epoch for epoch in whole.history] == [1, 2, 3]


def test_it_learns_what_it_is_shown(told: Ink) -> None:
    state = trained(told, asked(epochs=60, learning_rate=0.02, dropout=0.0))

    losses = [epoch.train for epoch in state.history]
    assert losses[-1] < 0.7 * losses[0]
    assert set(state.history[-1].more) == {"valid_wer"}


def test_each_line_is_shown_once_an_epoch_and_bent_otherwise_in_each(told: Ink) -> None:
    lesson = lesson_of(told, 1)
    lines, steps = lesson.batches, -(-len(lesson.batches.numbers) // 2)

    def shown(epoch: int) -> list[tuple[int, ...]]:
        batches = [lines.batch(1, epoch * steps + step, 2, 0) for step in range(steps)]
        return [tuple(row[row >= 0].tolist()) for batch in batches for row in batch.text]

    texts = Counter(tuple(lesson.alphabet.codes(text)[:-1].tolist()) for text in told.index["text"].iloc[lines.numbers])
    assert Counter(shown(0)) == Counter(shown(1)) == texts
    assert sum(lines.batch(1, step, 2, 0).size for step in range(steps)) == lines.targets
    first, later = (next(row for row in lines.batch(1, step, 4, 0).rows) for step in (0, 1))
    assert first.shape != later.shape or not np.array_equal(first, later)
    again = LinesToRead(told, lines.numbers, lesson.alphabet).batch(1, 1, 4, 0)
    wanted = lines.batch(1, 1, 4, 0)
    assert np.array_equal(again.rows, wanted.rows)
    assert np.array_equal(again.text, wanted.text)


def test_bending_keeps_lifts_and_nothing_bent_is_the_line(told: Ink) -> None:
    line = told.rows_of(1)

    np.testing.assert_array_equal(bend(line, np.zeros(3)), line[:, :3].astype(np.float64))
    assert (bend(line, np.array([1.0, -2.0, 0.5]))[:, 2] == line[:, 2]).all()


def test_lines_that_cannot_be_learned_from_are_named(told: Ink) -> None:
    told.index.loc[0, "text"], told.index.loc[2, "text"] = "", "abcabcabcabc"

    lesson = lesson_of(told, 1)

    names = told.index["line"]
    assert lesson.unfit[names[0]] == "no text"
    assert names[2] in lesson.unfit
    assert sorted(lesson.batches.numbers) == [1, 3]
    told.index["text"] = ""
    with pytest.raises(InputError, match=r"recognise\.enabled is true, but no training line has a text"):
        lesson_of(told, 1)


def test_another_recognisers_signs_go_on_and_new_ones_only_where_asked_for(told: Ink, tmp_path: Path) -> None:
    save_recogniser(tmp_path, Recogniser(5, 0.0, ALPHABET))
    told.index.loc[1, "text"] = "a xab"

    for new_signs, signs in ((False, " abc"), (True, " abcx")):
        params = asked(start=".", new_signs=new_signs)
        own = lesson_of(told, 1, load_recogniser(tmp_path).alphabet, new_signs)
        assert own.alphabet.signs == signs
        state = begin(own, params, tmp_path)
        wanted = load_recogniser(tmp_path).state_dict()["forwards.0.weight_hh_l0"]
        assert torch.equal(state.network.state_dict()["forwards.0.weight_hh_l0"], wanted)


def test_what_is_left_is_the_best_epoch_with_its_index(told: Ink, tmp_path: Path) -> None:
    params = asked()
    state, lesson = trained(told, params), lesson_of(told, params.rarest)

    save_learned(tmp_path / "left", state, lesson, {"fingerprint": "f00d"})

    found = judge_in(tmp_path / "left")
    index = json.loads((tmp_path / "left" / INDEX).read_text())
    assert found is not None
    assert all(torch.equal(found.state_dict()[name], weight) for name, weight in state.best.items())
    assert index["enabled"] is True
    assert index["lines"] == len(lesson.batches.numbers)
    assert {file.name for file in (tmp_path / "left").iterdir()} == {
        INDEX, WEIGHTS, CONFIG, "history.csv", "training.json",
    }  # fmt: skip


OFF = """
import sys
sys.argv = ["pipeline/recognise.py", "nowhere", sys.argv[1]]
sys.path.insert(0, "pipeline")
import recognise
recognise.run(recognise.main)
print([name for name in ("torch", "pandas", "mlflow") if name in sys.modules])
"""


def test_a_stage_that_is_off_needs_neither_ink_nor_torch_and_says_so(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", OFF, str(tmp_path / "left")], cwd=ROOT, env=os.environ, capture_output=True, text=True,
        check=True,
    )  # fmt: skip

    assert answer.stdout == "[]\n"
    assert [file.name for file in (tmp_path / "left").iterdir()] == [INDEX]
    assert judge_in(tmp_path / "left") is None
