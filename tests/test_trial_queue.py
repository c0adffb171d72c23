"""The clone that trials are queued in, and what it was made of."""

from pathlib import Path

import pytest
from test_experiments import git, repository

from penlift.experiments import snapshot
from penlift.programs import DVC, output_of
from penlift.trial_queue import TrialQueue
from penlift.trials import Trial

__all__ = ["repository"]  # a fixture


def test_a_queue_knows_whether_the_checkout_is_what_it_was_made_of(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DVC_ROOT", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    output_of(repository, *DVC, "init", "--quiet")
    git(repository, "commit", "-qm", "dvc")
    queue = TrialQueue(repository, repository / ".state" / "queue", "made-up")
    trials = [Trial("one", {}, 1, {"model.hidden": 4})]
    assert not queue.is_of(snapshot(repository), trials)

    (repository / "src" / "a.py").write_text("2\n")  # which nobody commits
    queue.make(snapshot(repository), trials)

    assert queue.is_of(snapshot(repository), trials)
    assert (queue.folder / "src" / "a.py").read_text() == "2\n"
    git(repository, "commit", "-qam", "the same, committed")
    (repository / "src" / "other.py").write_text("of no stage\n")
    assert queue.is_of(snapshot(repository), trials)
    assert not queue.is_of(snapshot(repository), [trials[0]._replace(settings={"model.hidden": 5})])
    for name in ("src/a.py", "params.yaml", "dvc.yaml", "data/raw/own/a.csv", "data/raw/ink.dvc"):
        before = (repository / name).read_text()
        (repository / name).write_text(f"{before}# changed\n")
        assert not queue.is_of(snapshot(repository), trials), name
        (repository / name).write_text(before)
    assert queue.is_of(snapshot(repository), trials)
