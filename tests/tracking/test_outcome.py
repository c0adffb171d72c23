"""A finished run is read from its files, and is the same while they are."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from checkouts import FILES, SPLIT

from penlift.common.errors import InputError
from penlift.tracking.outcome import NOTE, SWEEP, name_of, record_of_outcome, tags_of, tags_of_training
from penlift.tracking.record import OUTCOME, TRAINING, Record
from penlift.training.folder import JOURNAL, Journal


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DVC_ROOT", "DVC_EXP_NAME", SWEEP):
        monkeypatch.delenv(name, raising=False)
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


MODEL = {"cell": "lstm", "peepholes": True, "layers": 2, "hidden": 256, "mixtures": 20}
PARAMS: dict[str, Any] = {"model": MODEL, "extract": {"path": "data/corpus"}}


def read(root: Path, params: dict[str, Any] = PARAMS) -> Record:
    made = [root / name for name in ("models", "train", "samples", "metrics.json", "index.html")]
    return record_of_outcome(root, params, root / "ink", root / "train", root / "metrics.json", made)


def test_a_run_is_the_same_while_its_parameters_ink_and_files_are(root: Path) -> None:
    first = read(root).identity

    assert read(root).identity == first
    assert read(root, PARAMS | {"model": MODEL | {"cell": "gru"}}).identity != first
    for name, content in FILES.items():
        before = read(root).identity
        (root / name).write_text(content + " ")
        assert (read(root).identity != before) == (name not in ("params.yaml", "dvc.lock")), name


def test_a_run_has_all_files_at_their_places_in_the_checkout(root: Path) -> None:
    assert {name for name in FILES if not name.startswith("ink")} == set(read(root).files)


def test_its_record_has_curves_figures_tags_and_a_note_in_words(root: Path) -> None:
    record = read(root)

    points = {(point.key, point.step): point.value for point in record.points}
    assert points["by_epoch/gradient_norm", 1] == 1
    assert points["by_epoch/gradient_norm", 2] == 0
    assert points["test/nll_nats_per_point.tablet", 0] == 5.0
    assert record.tags[TRAINING] == "f00d"
    assert record.tags[OUTCOME] == read(root).identity
    assert record.tags["penlift.torch"] == "2"
    assert record.tags["penlift.cell"] == "lstm+peepholes"
    assert "| test | 7 | 5.000 [4.900, 5.100] | -1.000 | 8.000 |" in record.tags[NOTE]
    assert record.params == {f"model.{key}": value for key, value in MODEL.items()} | {"extract.path": "data/corpus"}


def test_a_run_of_thinned_points_shares_no_chart_with_one_of_another_rate(root: Path) -> None:
    split = SPLIT | {"nll_nats_per_line": {"tablet": 1234.5}, "nll_nats_per_letter": {"tablet": 67.89}}
    (root / "metrics.json").write_text(json.dumps({"test": split}))
    (root / "train" / "history.csv").write_text("epoch,valid_nll_nats_per_point\n1,1\n")

    plain, thirty, sixty = (read(root, PARAMS | {"normalise": {"rate": rate}}) for rate in (None, 30, 59.94))

    keys = [{point.key for point in record.points if "per_point" in point.key} for record in (plain, thirty, sixty)]
    assert keys[0] >= {"test/nll_nats_per_point.tablet", "by_epoch/valid_nll_nats_per_point.over_20"}
    assert keys[1] == {key.replace("per_point", "per_point_30hz") for key in keys[0]}
    assert keys[2] == {key.replace("per_point", "per_point_59.94hz") for key in keys[0]}
    assert "penlift.rate" not in plain.tags
    assert (thirty.tags["penlift.rate"], sixty.tags["penlift.rate"]) == ("30 Hz", "59.94 Hz")
    assert "NLL, nats a point of 30 Hz, tablet units" in thirty.tags[NOTE]
    assert "On the test split 1,234.5 nats a line, 67.89 nats a letter, tablet units." in thirty.tags[NOTE]
    assert "nats a line" not in plain.tags[NOTE]


def test_the_curves_have_the_times_of_the_journal_while_there_is_one(root: Path) -> None:
    folder = root / ".state" / "f00d"
    folder.mkdir(parents=True)
    journal = Journal(folder / JOURNAL)
    journal.add(epoch=1, gradient_norm=1.0)
    journal.flush()
    half = read(root)
    journal.add(epoch=2, gradient_norm=0.0)
    journal.flush()
    whole = read(root)

    assert half.began  # it lacks an epoch, so no time is known: that of writing it down
    assert half.began <= min(point.time for point in half.points)
    assert whole.began
    times = [point.time for point in whole.points if point.key == "by_epoch/gradient_norm"]
    assert [round(1000 * json.loads(row)["time"]) for row in (folder / JOURNAL).read_text().splitlines()] == times


def test_files_that_dvc_has_linked_from_its_cache_keep_their_names(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before, cache = read(root).files, tmp_path_factory.mktemp("cache")
    for number, file in enumerate(before.values()):
        linked = file.rename(cache / str(number))
        file.symlink_to(linked)

    assert read(root).files.keys() == before.keys()


def test_no_finished_run_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finished run to track"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("metrics.json", "[]"), ("metrics.json", '{"valid": {"lines": 1}}'), ("metrics.json", '{"a": [1]}'),
        ("metrics.json", '{"a": "b"}'), ("train/training.json", "{}"), ("train/training.json", "[]"),
        ("train/training.json", '{"fingerprint": []}'), ("train/training.json", '{"fingerprint": "\\u0000"}'),
        ("train/history.csv", "gradient_norm\n1\n"), ("train/history.csv", "epoch,gradient_norm\nx,1\n"),
        ("train/history.csv", "epoch,gradient_norm\n,1\n"), ("train/history.csv", ""),
    ],
)  # fmt: skip
def test_what_no_stage_has_left_so_is_named_as_such(root: Path, name: str, content: str) -> None:
    (root / name).write_text(content)

    with pytest.raises(InputError, match=r"no finished run to track \(.*\); make one with `dvc repro`") as refused:
        read(root)

    assert "\n" not in str(refused.value)


def test_a_run_is_named_by_its_experiment_or_by_what_it_is(tmp_path: Path) -> None:
    assert name_of(PARAMS, {"DVC_EXP_NAME": "soft-ink"}) == "soft-ink"
    assert name_of(PARAMS, {}) == "lstm+peepholes-2x256-20mix"
    tags = tags_of(tmp_path, PARAMS, {"DVC_EXP_NAME": "soft-ink", "PENLIFT_SWEEP": "cells"})
    assert tags["dvc.experiment"] == "soft-ink"
    assert tags["penlift.sweep"] == "cells"
    assert tags["penlift.cell"] == "lstm+peepholes"
    assert tags["penlift.data"] == "data/corpus"
    assert (tags["penlift.revision"], tags["penlift.changed"]) == ("unknown", "unknown")
    assert tags["penlift.cpu"]
    assert tags_of_training({"fingerprint": "f", "numpy": "2"}) == {"penlift.numpy": "2"}


def test_whether_code_was_edited_is_known_or_said_to_be_unknown(
    tmp_path: Path, shell: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def code(root: Path = tmp_path) -> tuple[str, str]:
        tags = tags_of(root, PARAMS, {})
        return tags["penlift.revision"], tags["penlift.changed"]

    shell(tmp_path, "git", "init", "--quiet")
    (tmp_path / "dvc.yaml").write_text("stages: {}")
    assert code() == ("unknown", "unknown")  # nothing is committed
    shell(tmp_path, "git", "add", "dvc.yaml")
    shell(tmp_path, "git", "commit", "--quiet", "--message", "first")
    revision = shell(tmp_path, "git", "rev-parse", "HEAD").strip()
    assert code() == (revision, "no")
    shell(tmp_path, "git", "config", "status.showUntrackedFiles", "no")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "new.py").write_text("")
    assert code() == (revision, "yes")
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "dvc.yaml").write_text("stages: {}")
    assert code(copy) == ("unknown", "unknown")  # the larger repository knows nothing of it
    (tmp_path / ".git" / "index").write_bytes(b"damaged")
    assert code() == ("unknown", "unknown")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code() == ("unknown", "unknown")  # there is no Git
