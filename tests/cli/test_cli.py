"""The command `penlift`, used as a user does: on folders, with answers as text and files."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from commands import run
from conftest import ROOT, written_line

from penlift.cli.main import main
from penlift.evaluation.likelihood import summarise
from penlift.evaluation.transfer import score_baseline, score_ink
from penlift.ink.lines import Ink, load_ink, save_ink
from penlift.ink.offsets import thinned
from penlift.io.extraction import open_ink
from penlift.model.checkpoint import Model, save_model
from penlift.model.scores import score_lines

PENLIFT = str(Path(sys.executable).with_name("penlift"))


def many_lines(folder: Path, first: int, points: int = 300) -> Path:
    folder.mkdir()
    save_ink(folder, [written_line(number, points=points, writer=f"w{number}") for number in range(first, first + 5)])
    return folder


def test_a_comparison_leaves_a_table_a_picture_and_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "penlift.evaluation.comparison.two_sample.STEPS", 20
    )  # of a judge whose verdict is not asked for here
    monkeypatch.setattr("penlift.evaluation.comparison.two_sample.WAYS", 2)
    one, other, out = many_lines(tmp_path / "one", 1), many_lines(tmp_path / "other", 5), tmp_path / "out"

    result = run("compare", one, other, "--out", out)

    assert result.exit_code == 0, result.output
    table = pd.read_csv(out / "percentiles.csv", index_col=0)
    assert float(table["p50 first"]["in-stroke step, units"]) > 0
    assert (out / "percentiles.svg").read_bytes().startswith(b"<?xml")
    assert set(json.loads((out / "difference.json").read_text())) == {
        "distance", "distance_of_halves", "area", "area_of_halves"}  # fmt: skip
    assert "points per character" in result.output


def test_what_is_no_ink_is_named_in_one_line(tmp_path: Path) -> None:
    result = run("compare", tmp_path / "nowhere", tmp_path)

    assert result.exit_code == 1
    assert "nowhere: no such folder, experiment or revision" in str(result.exception)
    assert "\n" not in str(result.exception)


def test_archives_and_what_extract_makes_of_them_are_the_same_ink(
    make_corpus: Callable[..., Path], tmp_path: Path
) -> None:
    with open_ink(make_corpus(), print) as ink:
        assert list(ink.index["split"]) == ["train"] * 4 + ["valid"] * 4 + ["test"] * 2
        (tmp_path / "copy").mkdir()
        save_ink(tmp_path / "copy", iter(ink))
        with open_ink(tmp_path / "copy", print) as copy:
            np.testing.assert_array_equal(copy.rows, ink.rows)


def test_what_is_left_out_of_archives_is_said_wherever_they_are_read(make_corpus: Callable[..., Path]) -> None:
    corpus, said = make_corpus(), list[str]()
    (corpus / "testset_v.txt").write_text("")
    (corpus / "testset_t.txt").write_text("a02-000u a03-000u")

    with open_ink(corpus, said.append):
        pass

    assert said == [f"{corpus}: testset_v.txt names no form"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            ["sample", "--lines", "x"],
            "penlift sample: Invalid value for '--lines': 'x' is not a valid integer; see",
        ),
        (["score", "a", "b", "--split", "none"], "penlift score: Invalid value for '--split': 'none' is not one of"),
        (["sample", "--style"], "penlift sample: Option '--style' requires an argument; see `penlift sample --help`"),
        (["sweep"], "penlift sweep: Missing argument 'FILE'; see `penlift sweep --help`"),
        (["swep", "a"], "penlift: No such command 'swep'"),
        (
            ["sample", "\udcff\x1b[31m", "x" * 9_000],
            "penlift sample: Got unexpected extra arguments (\ufffd\ufffd[31m xx",
        ),
    ],
)
def test_what_is_typed_wrong_is_said_in_one_line(typed: list[str], said: str) -> None:
    answer = subprocess.run([PENLIFT, *typed], capture_output=True, text=True, check=False)

    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith(said)
    assert answer.stderr.count("\n") == 1
    assert len(answer.stderr) < 400


def test_a_store_of_searches_is_refused_only_where_it_is_typed_and_never_shown(tmp_path: Path) -> None:
    url, file = "postgresql://me:secret@127.0.0.1/searches", str(tmp_path / "none.yaml")

    typed = CliRunner().invoke(main, ["answer", file, "--storage", url])
    known = CliRunner(env={"PENLIFT_STORAGE": url}).invoke(main, ["answer", file, "--root", str(ROOT)])

    assert "--storage has trials of a search; add --search" in typed.output
    assert "none.yaml: there is no such sweep file" in known.output
    assert "secret" not in typed.output + known.output


def test_whoever_has_read_enough_of_what_is_printed_is_not_told_of_a_fault() -> None:
    command = f"'{PENLIFT}' sweep sweeps/first-answer.yaml --dry-run | true"
    answer = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)

    assert answer.stderr == ""


def test_offsets_lie_as_ink_does_and_are_not_taken_for_it(tmp_path: Path, small_ink: Ink, trained: Model) -> None:
    save_model(tmp_path / "models", trained)

    for command in (("score", tmp_path / "models"), ("compare", tmp_path / "offsets")):
        result = run(*command, tmp_path / "offsets")
        assert result.exit_code == 1
        assert f"{tmp_path / 'offsets'}: offsets, not ink; give the ink that they were made from" in result.output


def test_scoring_ink_of_ones_own_equals_what_the_pipeline_finds(tmp_path: Path, small_ink: Ink, trained: Model) -> None:
    offsets = load_ink(tmp_path / "offsets")
    tables = pd.concat(score_lines(trained.network, offsets, offsets.of_split("test"), trained.scales))

    assert score_ink(trained, small_ink, "test") == summarise(tables, trained.scales)


def test_a_score_stands_beside_what_can_be_said_without_a_network(tmp_path: Path, trained: Model) -> None:
    (tmp_path / "big").mkdir()
    splits = ["train", "train", "train", "valid", "test"]
    save_ink(tmp_path / "big", [written_line(n, split, 200) for n, split in enumerate(splits, 1)])
    save_model(tmp_path / "models", trained)

    result = run("score", tmp_path / "models", tmp_path / "big")

    assert result.exit_code == 0, result.output
    figure = score_ink(trained, load_ink(tmp_path / "big"), "test")["nll_nats_per_point"]["tablet"]
    assert f"{figure:.3f}" in result.output
    without = score_baseline(trained, load_ink(tmp_path / "big"), "test", 1)["nll_nats_per_point"]["tablet"]
    assert f"{without:.3f}" in result.output


def test_a_network_of_thinned_points_scores_any_ink_as_it_does_the_same_ink_thinned_before(
    tmp_path: Path, trained: Model
) -> None:
    model = trained._replace(scales=trained.scales._replace(rate=30.0))
    lines = [written_line(n, split, 200) for n, split in enumerate(["train", "train", "train", "valid", "test"], 1)]
    for name, each in (("whole", lines), ("thin", [replace(line, rows=thinned(line.rows, 30.0)) for line in lines])):
        (tmp_path / name).mkdir()
        save_ink(tmp_path / name, each)
    save_model(tmp_path / "models", model)
    whole, thin = (load_ink(tmp_path / name) for name in ("whole", "thin"))

    said = run("score", tmp_path / "models", tmp_path / "whole").output

    assert score_ink(model, whole, "test") == score_ink(model, thin, "test")
    assert score_baseline(model, whole, "test", 1) == score_baseline(model, thin, "test", 1)
    assert score_ink(model, whole, "test")["points"] < score_ink(trained, whole, "test")["points"] / 2
    assert "nats a point of 30 Hz             tablet units" in said
    assert re.search(r"the network's otherwise +[0-9,.]+ nats a line, [0-9.]+ nats a letter", said)
    assert said == run("score", tmp_path / "models", tmp_path / "thin").output


@pytest.mark.parametrize("name", ["", *main.commands])
def test_every_command_helps_with_an_example(name: str) -> None:
    said = run(*([name] if name else []), "--help").output

    assert f"penlift {name}".strip() in said.partition("Examples:")[2]
