"""The clone that trials are queued in, and what it was made of."""

from pathlib import Path

import pytest
from test_experiments import git, repository

from penlift.experiments import snapshot
from penlift.programs import DVC, output_of
from penlift.trial_queue import TrialQueue

__all__ = ["repository"]  # a fixture


def test_a_queue_knows_whether_the_checkout_is_what_it_was_made_of(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DVC_ROOT", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    output_of(repository, *DVC, "init", "--quiet")
    git(repository, "commit", "-qm", "dvc")
    queue = TrialQueue(repository, repository / ".state" / "queue", "made-up")
    assert not queue.is_of(snapshot(repository))

    (repository / "src" / "a.py").write_text("2\n")  # which nobody commits
    queue.make(snapshot(repository))

    assert queue.is_of(snapshot(repository))
    assert (queue.folder / "src" / "a.py").read_text() == "2\n"
    git(repository, "commit", "-qam", "the same, committed")
    assert queue.is_of(snapshot(repository))
    (repository / "src" / "a.py").write_text("3\n")
    assert not queue.is_of(snapshot(repository))
