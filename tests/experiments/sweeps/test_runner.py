"""Trials run in clones of the checkout as it stood, and nothing that an earlier command left there is lost."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from checkouts import experiment_in, git

from penlift.common.errors import InputError
from penlift.experiments.repository import DVC, experiments_in, output_of
from penlift.experiments.sweeps.design import Trial
from penlift.experiments.sweeps.runner import CLONES, Runner, stop

TRIAL = Trial("one", {}, 1, {})


@pytest.fixture
def runner(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Of a checkout with a change that nobody committed; a trial says what it finds, and ends."""
    for name in ("DVC_ROOT", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    output_of(repository, *DVC, "init", "--quiet")
    git(repository, "commit", "-qm", "dvc")
    (repository / "src" / "a.py").write_text("2\n")
    says = "import os; from pathlib import Path; print(Path('src/a.py').read_text(), sorted(os.environ), flush=True)"
    monkeypatch.setattr("penlift.experiments.sweeps.runner.DVC", (sys.executable, "-c", says))
    return Runner(repository, repository / ".state" / "sweeps" / "made-up", "made-up")


def test_a_trial_runs_in_the_checkout_as_it_stood(runner: Runner, repository: Path) -> None:
    (repository / "src" / "a.py").write_text("3\n")
    git(repository, "commit", "-qam", "meanwhile")

    running = runner.begin(TRIAL)

    assert running.failure() == ""
    said = running.log.read_text()
    assert said.startswith("2\n")
    assert "PENLIFT_SWEEP" in said
    assert (running.clone / ".state").resolve() == (repository / ".state").resolve()
    running.remove()
    assert not running.clone.exists()


def test_a_shallow_clone_is_refused_before_anything_is_trained(runner: Runner, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{runner.root}", "shallow")

    with pytest.raises(InputError, match=r"shallow: a shallow clone, .*`git fetch --unshallow` first"):
        Runner(tmp_path / "shallow", tmp_path / "sweeps", "made-up")


def test_a_template_of_gits_without_info_is_enough(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEMPLATE_DIR", "")

    running = runner.begin(TRIAL)

    assert running.failure() == ""
    running.remove()


def test_a_lock_that_dvc_cannot_read_is_said_once_and_not_by_each_trial(runner: Runner) -> None:
    (runner.root / "dvc.lock").touch()

    with pytest.raises(InputError, match=r"`dvc stage list` failed: .*dvc\.lock' validation failed"):
        Runner(runner.root, runner.folder, "made-up")


def test_what_an_earlier_command_finished_is_taken_over(runner: Runner, repository: Path) -> None:
    running = runner.begin(TRIAL)
    running.failure()
    (running.clone / "src" / "a.py").unlink()  # of no matter
    finished = experiment_in(running.clone, "one")

    runner.tidy()

    assert finished in experiments_in(repository)
    assert not running.clone.exists()


def test_dvc_and_stages_are_ended_and_whoever_else_works_there_is_left_alone(tmp_path: Path) -> None:
    for folder in ("trial", "other"):
        (tmp_path / CLONES / folder / "pipeline").mkdir(parents=True)
        (tmp_path / CLONES / folder / "pipeline" / "train.py").write_text("input()")
    stage, dvc = [sys.executable, "pipeline/train.py"], [sys.executable, "-c", "input()", "dvc", "exp", "run", "-n"]
    trial = tmp_path / CLONES / "trial"
    begun = [(stage, trial), (dvc, trial), (stage, trial.with_name("other")), (["cat"], trial)]
    mine, its, anothers, shell = (subprocess.Popen(command, cwd=at, stdin=subprocess.PIPE) for command, at in begun)

    stop(trial)

    assert mine.poll() is not None
    assert its.wait(10) == -signal.SIGKILL  # which takes a moment
    assert (anothers.poll(), shell.poll()) == (None, None)
    for process in (anothers, shell):
        process.communicate(b"\n")
    for process in (mine, its):
        assert process.stdin
        process.stdin.close()
