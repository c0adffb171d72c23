"""Workers of a search on a real database, and with real trainings, all small."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState
from searching import Checkout, Gone, results_of, search_of, waits, worker, write_sweep

from penlift.experiments.runs import open_runs
from penlift.experiments.search.beginning import opened
from penlift.experiments.search.database import connected
from penlift.experiments.search.held import Held
from penlift.experiments.search.storage import patiently, storage_of
from penlift.experiments.search.table import best_of
from penlift.experiments.sweeps.design import read_sweep, trial_of

pytestmark = pytest.mark.slow
SMALL: dict[str, dict[str, Any]] = {
    "compose": {"lines": 24, "writers": 12},
    "window": {"length": 50},
    "model": {"hidden": 4, "mixtures": 2},
    "train": {"epochs": 12, "batch": 64, "threads": 1, "save_every": 0.1},
    "sample": {"lines": 1, "points": 40},
    "evaluate": {"train_lines": 5, "pairs": 4},
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


def test_the_tables_are_made_once_by_workers_that_begin_at_once(server: Any) -> None:
    with ThreadPoolExecutor(6) as pool:
        searches = list(pool.map(lambda _: search_of(8, connected(server.url)), range(6)))

    assert len(searches) == 6  # none of them failed
    assert len(optuna.get_all_study_summaries(connected(server.url))) == 1


def test_workers_at_once_on_one_database_have_each_slot_once_though_it_is_restarted(server: Any) -> None:
    searches = [search_of(8, connected(server.url)) for _ in range(5)]

    def work(number: int) -> None:
        search = searches[number]
        while trial := patiently(lambda: search.take(worker(str(number)), waits), lambda: ""):
            held = Held(search, trial, lambda: "")
            held.report(1, 1.0)
            time.sleep(random.random())
            held.finish(1.0)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    while not results_of(searches[4]):
        assert any(thread.is_alive() for thread in threads)
        time.sleep(0.05)
    server.stop()
    server.start()
    for thread in threads:
        thread.join()
    searches[4].free_lost(Gone({str(number) for number in range(4)}))  # claims whose answers were lost with the server
    work(4)

    assert results_of(searches[4]) == Counter(range(1, 9))


def test_four_workers_on_postgresql_of_whom_one_is_killed_come_to_one_run_a_trial(
    checkout: Checkout, server: Any
) -> None:
    file = write_sweep(checkout.folder / "sweeps" / "killed.yaml", name="killed", search={"trials": 2, "warm_up": 9})
    workers = [checkout.start("search", str(file), PENLIFT_STORAGE=server.url) for _ in range(4)]
    at = checkout.first_trainer(file, server.url)
    victim = next(process for process in workers if process.pid == at.pid)

    victim.kill()
    victim.communicate()
    said = [process.communicate()[0] for process in workers if process is not victim]

    assert all(process.returncode == 0 for process in workers if process is not victim), said
    search = opened(read_sweep(file), connected(server.url), None)
    assert results_of(search) == Counter([1, 2])
    assert [slot.state for slot in search.slots()] == ["finished"] * 2
    assert any(trial.state == TrialState.FAIL for trial in search.study.trials)  # the victim's
    runs = checkout.runs("killed")
    assert len(runs) == 2
    assert {run["status"] for run in runs} == {"FINISHED"}
    assert len({run["penlift.training"] for run in runs}) == 2
    assert {run["penlift.changed"] for run in runs} == {"no"}
    assert said[0].count("finished") >= 2  # the table


def test_a_poor_trial_is_cut_short_and_the_best_becomes_an_experiment_without_training_again(
    checkout: Checkout,
) -> None:
    factors = {"train.learning_rate": [0.02, 1e-7], "model.cell": ["gru", "lstm"]}
    file = write_sweep(
        checkout.folder / "sweeps" / "cut.yaml", name="cut", seeds=[3], factors=factors,
        search={"trials": 3, "warm_up": 1},
    )  # fmt: skip

    workers = [checkout.start("search", str(file)) for _ in range(2)]
    said = [process.communicate()[0] for process in workers]
    before, runs = checkout.git("status", "--porcelain"), len(checkout.runs("cut"))
    trainings = list(checkout.folder.glob(".state/*/journal.jsonl"))
    promoted = checkout.start("promote", str(file)).communicate()[0]

    search = opened(read_sweep(file), storage_of(None, checkout.folder, "cut"), None)
    states = {slot.number: slot.state for slot in search.slots()}
    assert Counter(states.values()) >= Counter(pruned=1, finished=2), said
    assert results_of(search) == Counter([1, 2, 3])
    pruned = [slot for slot in search.slots() if slot.state == "pruned"]
    assert all(slot.levels["train.learning_rate"] == "1e-07" and slot.epochs < 12 for slot in pruned)
    assert len(trainings) == len(list(checkout.folder.glob(".state/*/journal.jsonl")))
    assert "is experiment cut-best; `dvc exp apply cut-best` brings it into the workspace" in promoted
    assert checkout.git("status", "--porcelain") == before
    assert len(checkout.runs("cut")) == runs
    best = best_of(search.slots())
    assert best
    folder = checkout.folder / ".state" / "searches" / "cut" / f"{best.number:03}"
    assert {path.name for path in folder.iterdir()} == {"dvc.lock", "log", "models", "params.yaml", "reports"}
    with open_runs([str(folder), "cut-best"], checkout.folder) as (one, other):
        assert one.metrics == other.metrics
    answered = checkout.start("answer", str(file), "--search").communicate()[0]
    assert "2 of 3 trials left their results here" in answered
    assert (checkout.folder / "reports" / "sweeps" / "cut-search" / "index.html").stat().st_size > 10_000

    restored = checkout.start("restore", trial_of(read_sweep(file), best.levels, 3).name).communicate()[0]
    assert "files differed from what was here" in restored
    assert "up to date" in checkout.dvc("status", "train", "sample", "evaluate", "report")
