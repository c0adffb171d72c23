"""The whole pipeline under DVC, in a repository of its own: nothing is faked, all is small."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from checkouts import SMALL, hashes, tracked_runs
from clone import DATA_STAGES, commit_tree, set_params

pytestmark = pytest.mark.slow
REAL: dict[str, dict[str, Any]] = {"window": {"length": 300, "shortest": 50}, "extract": {"path": "data/raw/iam"}}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, shell: Callable[..., str]) -> Path:
    """A clone with small parameters, after its first `dvc repro`."""
    folder = tmp_path_factory.mktemp("clones") / "penlift"
    commit_tree(folder, SMALL)
    shell(folder, "dvc", "repro")
    return folder


def test_repro_makes_a_network_pictures_figures_a_page_and_one_mlflow_run(repository: Path) -> None:
    made = ["models/model.safetensors", "reports/samples/sample-1-density.svg", "reports/index.html"]

    assert all((repository / name).stat().st_size > 0 for name in made)
    assert json.loads((repository / "reports/metrics.json").read_text())["test"]["lines"] > 0
    assert len(tracked_runs(repository)) == 1


def test_a_second_repro_runs_nothing_but_track_and_tracks_nothing_twice(
    repository: Path, shell: Callable[..., str]
) -> None:
    said = shell(repository, "dvc", "repro")

    ran = [line.split("'")[1] for line in said.splitlines() if line.startswith("Running stage")]
    assert ran == ["track"]
    assert len(tracked_runs(repository)) == 1


def test_editing_how_lines_are_drawn_leaves_train_and_evaluate_alone(
    repository: Path, shell: Callable[..., str]
) -> None:
    module = repository / "src/penlift/drawing/styles.py"
    text = module.read_text()

    module.write_text(text + "\n# a comment\n")
    status = json.loads(shell(repository, "dvc", "status", "--json"))
    module.write_text(text)

    assert {stage for stage, what in status.items() if "drawing" in str(what)} == {"sample", "report"}
    assert not {"train", "evaluate"} & set(status)


def test_editing_a_reader_runs_extract_again_and_nothing_behind_it_whose_bytes_stay(
    repository: Path, shell: Callable[..., str]
) -> None:
    module = repository / "src/penlift/io/sources/iam.py"
    text = module.read_text()

    module.write_text(text + "\n# a comment\n")
    said = shell(repository, "dvc", "repro")
    module.write_text(text)
    shell(repository, "dvc", "repro")

    ran = [line.split("'")[1] for line in said.splitlines() if line.startswith("Running stage")]
    assert ran == ["extract", "track"]


def test_another_repository_comes_to_the_same_bytes(
    repository: Path, shell: Callable[..., str], tmp_path: Path
) -> None:
    other = tmp_path / "again"
    shell(tmp_path, "git", "clone", "-q", str(repository), str(other))
    set_params(other, SMALL)
    (other / "dvc.lock").unlink(missing_ok=True)

    shell(other, "dvc", "repro", "report")

    stages = [*DATA_STAGES, "train", "recognise", "sample", "evaluate", "report"]
    assert hashes(other, *stages) == hashes(repository, *stages)


def test_queued_experiments_each_leave_an_experiment_and_an_mlflow_run(
    repository: Path, shell: Callable[..., str]
) -> None:
    before = len(tracked_runs(repository))
    shell(repository, "dvc", "exp", "run", "--queue", "-S", "model.mixtures=2,4", "-S", "model.cell=gru")

    shell(repository, "dvc", "exp", "run", "--run-all", "-j", "2")

    experiments = shell(repository, "dvc", "exp", "list", "--name-only").split()
    runs = tracked_runs(repository)
    assert len(experiments) == 2
    assert len(runs) == before + 2
    assert {run["dvc.experiment"] for run in runs if "dvc.experiment" in run} == set(experiments)
    before_comparing = shell(repository, "git", "status", "--porcelain")
    said = shell(repository, "penlift", "compare", ".", *experiments)
    rows = {row.split()[0]: row for row in said.splitlines() if row.strip()}
    assert all(re.search(r"[+\N{MINUS SIGN}]\d\.\d{3} \[", rows[name]) for name in experiments)
    assert (repository / "reports" / "compare" / "index.html").stat().st_size > 10_000
    assert shell(repository, "git", "status", "--porcelain") == before_comparing


def test_a_queued_experiment_runs_on_the_users_own_ink_and_with_its_own_code(
    repository: Path, shell: Callable[..., str], real_ink: Path
) -> None:
    raw = repository / "data/raw/iam"
    raw.mkdir(parents=True)
    for file in real_ink.iterdir():
        shutil.copy(file, raw)
    shell(repository, "dvc", "add", "data/raw/iam")
    set_params(repository, REAL)
    shell(repository, "git", "add", "-A")
    shell(repository, "git", "commit", "-qm", "own ink")
    before = len(tracked_runs(repository))
    module = repository / "src/penlift/model/mixture.py"
    shell(repository, "dvc", "exp", "run", "--queue", "-S", "model.mixtures=2")
    text = module.read_text()
    module.write_text("raise SystemExit('the live workspace is not what was queued')\n")

    try:
        shell(repository, "dvc", "exp", "run", "--run-all")
    finally:
        module.write_text(text)

    runs = tracked_runs(repository)
    assert len(runs) == before + 1
    assert len({run["penlift.data"] for run in runs}) == 2  # the built-in corpus, and the user's


def test_a_full_disk_ends_in_one_line_and_leaves_what_was_there(repository: Path, shell: Callable[..., str]) -> None:
    ink = (repository / "data/offsets/points.npy").read_bytes()
    limited = "ulimit -f 20; trap '' XFSZ; exec python pipeline/normalise.py data/ink data/offsets"

    said = shell(repository, "bash", "-c", limited, status=1)

    assert said.startswith("penlift normalise: ")
    assert said.count("\n") == 1
    assert "free space" in said
    assert (repository / "data/offsets/points.npy").read_bytes() == ink


def test_a_stage_without_its_input_says_what_to_do(repository: Path, shell: Callable[..., str]) -> None:
    said = shell(
        repository,
        "python",
        "pipeline/evaluate.py",
        "nowhere",
        "data/ink",
        "data/offsets",
        "j",
        "s",
        "m.json",
        "r",
        status=1,
    )

    assert said.startswith("penlift evaluate: nowhere: no model")
    assert said.count("\n") == 1
