"""Workers of a search on a real database, and with real trainings, all small."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution
from optuna.trial import TrialState
from searching import Checkout, Told, levels_of, root_in, search_of, work, write_sweep

from penlift.experiments.storage import database_of, storage_of
from penlift.experiments.sweeps.design import read_sweep

pytestmark = pytest.mark.slow
SMALL: dict[str, dict[str, Any]] = {
    "compose": {"lines": 24, "writers": 12},
    "window": {"length": 50},
    "model": {"hidden": 4, "mixtures": 2},
    "train": {"epochs": 12, "batch": 64, "threads": 1, "save_every": 0.1},
    "sample": {"lines": 1, "points": 40},
    "evaluate": {"train_lines": 5, "pairs": 4, "read": 4},
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A repository with small parameters, and its data made."""
    return Checkout(tmp_path_factory.mktemp("clones") / "penlift", SMALL)


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """A PostgreSQL server."""
    from postgres import Postgres, missing

    if why := missing():
        pytest.skip(why)
    server = Postgres()
    yield server
    server.remove()


def test_the_tables_are_made_once_by_workers_that_begin_at_once_and_a_restart_is_waited_for(
    server: Any, tmp_path: Path
) -> None:
    root = root_in(tmp_path / "checkout")
    with ThreadPoolExecutor(6) as pool:
        storages = list(pool.map(lambda _: storage_of(server.url, root, "made-up"), range(6)))
    search = search_of(4, root, storages[0])
    assert len(optuna.get_all_study_summaries(storages[5])) == 1

    with ThreadPoolExecutor(2) as pool:
        working = pool.submit(work, search, root, lambda _: Told(looks=20))
        server.stop()
        server.start()
        working.result()

    assert len(search.results) == len(set(levels_of(search))) == 4


def test_a_trial_whose_worker_is_not_heard_any_more_is_taken_up(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penlift.experiments.storage.SILENCE", 1)
    root = root_in(tmp_path / "checkout")
    search = search_of(2, root, database_of(server.url), set={"train.epochs": 4}, name="silent")
    space = {factor: CategoricalDistribution(list(words)) for factor, words in search.sweep.levels.items()}
    with pytest.warns(UserWarning, match="Heartbeat"):  # which nobody gives from here on
        lost = search.study.ask({**space})
    search.study._storage.record_heartbeat(lost._trial_id)  # type: ignore[attr-defined]

    work(search, root, lambda _: Told(looks=300))

    assert search.study.trials[0].state == TrialState.FAIL
    assert lost.params in search.taken


def test_workers_on_postgresql_of_whom_one_is_killed_come_to_one_run_a_trial(checkout: Checkout, server: Any) -> None:
    file = write_sweep(
        checkout.folder / "sweeps" / "killed.yaml", name="killed", search={"trials": 2, "warm_up": 9}, set={}
    )
    victim = checkout.start("search", str(file), PENLIFT_STORAGE=server.url)
    search = checkout.search(read_sweep(file), server.url)
    checkout.first_result(search)
    victim.kill()
    victim.communicate()
    assert checkout.at_work("killed")  # it goes on without its worker

    workers = [checkout.start("search", str(file), PENLIFT_STORAGE=server.url) for _ in range(2)]
    said = [process.communicate()[0] for process in workers]

    assert [process.returncode for process in workers] == [0, 0], said
    assert 2 <= len(search.results) <= 3
    assert search.study.trials[0].state == TrialState.FAIL  # the victim's
    assert search.study.trials[0].params in [trial.params for trial in search.results]
    assert checkout.at_work("killed") == []
    runs = checkout.runs("killed")
    assert len(runs) == len(search.results)
    assert {run["status"] for run in runs} == {"FINISHED"}
    assert len({run["penlift.training"] for run in runs}) == len(runs)
    assert {run["penlift.changed"] for run in runs} == {"no"}
    assert "of 2 results (each worker but one may add one more)" in said[0]


def test_a_poor_trial_is_cut_short_and_the_best_becomes_an_experiment_without_training_again(
    checkout: Checkout,
) -> None:
    factors = {"train.learning_rate": [0.02, 1e-7], "model.cell": ["gru", "lstm"]}
    file = write_sweep(
        checkout.folder / "sweeps" / "cut.yaml", name="cut", seeds=[3], factors=factors, set={},
        search={"trials": 3, "warm_up": 1},
    )  # fmt: skip

    said = checkout.start("search", str(file)).communicate()[0]
    before, runs = checkout.git("status", "--porcelain"), len(checkout.runs("cut"))
    trainings = list(checkout.folder.glob(".state/*/journal.jsonl"))
    promoted = checkout.start("promote", str(file)).communicate()[0]

    search = checkout.search(read_sweep(file))
    states = Counter(trial.state for trial in search.results)
    assert (states.total(), states[TrialState.COMPLETE] > 0, states[TrialState.PRUNED] > 0) == (3, True, True), said
    for trial in search.results:
        assert (trial.state == TrialState.PRUNED) == (max(trial.intermediate_values) < 12)
    assert "is experiment cut-best; `dvc exp apply cut-best` brings it into the workspace" in promoted
    assert checkout.git("status", "--porcelain") == before
    assert len(trainings) == len(list(checkout.folder.glob(".state/*/journal.jsonl")))
    assert len(checkout.runs("cut")) == runs
    answered = checkout.start("answer", str(file), "--search").communicate()[0]
    assert f"{states[TrialState.COMPLETE]} of 3 trials left their results here" in answered
    assert (checkout.folder / "reports" / "sweeps" / "cut-search" / "index.html").stat().st_size > 10_000

    checkout.dvc("exp", "apply", "cut-best")
    assert "up to date" in checkout.dvc("status", "train", "sample", "evaluate", "report")
