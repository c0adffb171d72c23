"""A search comes to as many results as its file says, each of other levels, whatever becomes of its workers."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState
from searching import SWEEP, WORKER, Told, levels_of, root_in, search_of, sweep_with, work

from penlift.common.errors import InputError
from penlift.common.processes import Signals
from penlift.experiments.repository import snapshot
from penlift.experiments.search import opened, trials_table
from penlift.experiments.storage import _patiently, database_of, storage_of
from penlift.experiments.sweeps.design import Sweep, Trial


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return root_in(tmp_path / "checkout")


def well(_trial: Trial) -> Told:
    return Told()


def test_one_worker_comes_to_as_many_results_as_are_wanted_each_of_other_levels(root: Path) -> None:
    work(search := search_of(8, root), root, well)

    assert len(set(levels_of(search))) == len(search.results) == 8  # all that there are
    assert {trial.value for trial in search.results} == {1.0}


def test_workers_at_once_add_no_more_results_than_one_for_each_but_one(root: Path) -> None:
    searches = [search_of(4, root) for _ in range(3)]
    threads = [threading.Thread(target=work, args=(search, root, lambda _: Told(looks=5))) for search in searches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 4 <= len(searches[0].results) <= 6
    assert len(set(levels_of(searches[0]))) == len(searches[0].results)


@pytest.mark.slow
def test_processes_killed_at_any_time_lose_nothing_and_their_trials_are_taken_up(root: Path) -> None:
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    start = [sys.executable, "-c", WORKER, str(root), "6"]
    workers = [subprocess.Popen(start, env=os.environ | path, stdout=subprocess.PIPE) for _ in range(3)]
    killed = []
    for number, process in enumerate(workers[:2], start=1):
        assert process.stdout
        process.stdout.read(number)  # it is in the midst of its trial of that number
        killed += [trial.params for trial in search_of(6, root).trials(TrialState.RUNNING)]
        process.kill()
        process.wait()

    assert workers[2].wait() == 0

    search = search_of(6, root)
    assert 6 <= len(search.results) <= 8
    assert len(set(levels_of(search))) == len(search.results)
    assert any(trial.params in killed for trial in search.trials(TrialState.FAIL))
    assert all(levels in search.taken for levels in killed)
    for process in workers:
        assert process.stdout
        process.stdout.close()


def test_a_worker_that_is_stopped_leaves_its_trial_to_the_next_with_its_levels(root: Path) -> None:
    search, signals, begun = search_of(2, root), Signals(), list[Told]()

    def ending(_trial: Trial) -> Told:
        signals.asked = "SIGTERM"
        begun.append(Told(looks=9))
        return begun[0]

    stopped = "^stopped by SIGTERM, with all states saved; the same command goes on$"
    with pytest.raises(InputError, match=stopped):
        work(search, root, ending, signals)
    with pytest.raises(InputError, match=stopped):  # before its next trial
        work(search, root, well, signals)
    (waiting,) = search.study.get_trials(states=(TrialState.WAITING,))
    work(search, root, well)

    assert begun[0].removed
    assert search.faults == []
    assert search.results[0].params == waiting.system_attrs["fixed_params"]


def test_a_trial_that_others_have_by_now_is_theirs(root: Path) -> None:
    search, tried = search_of(2, root), list[Trial]()

    def ending(trial: Trial) -> Told:
        if not tried:
            search.study.tell(0, state=TrialState.FAIL)
        tried.append(trial)
        return Told()

    work(search, root, ending)

    assert len(search.results) == 2
    assert search.study.trials[0].state == TrialState.FAIL


def test_a_trial_that_fails_is_named_and_not_tried_again_before_the_next_command(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search, tried = search_of(7, root), list[str]()

    def ending(trial: Trial) -> Told:
        tried.append(trial.name)
        return Told(why="the disk is full" if len(tried) == 2 else "")

    work(search, root, ending)

    assert (len(search.results), len(set(tried)), len(search.faults)) == (7, 8, 1)
    assert "failed: the disk is full" in capsys.readouterr().err
    assert "trial 1 failed: the disk is full" in trials_table(search)


def test_a_worker_whose_trials_all_fail_gives_up(root: Path) -> None:
    work(search := search_of(7, root), root, lambda _: Told(why="the disk is full"))

    assert (len(search.results), len(search.faults)) == (0, 3)
    work(search, root, well)
    assert len(search.results) == 7


def test_a_trial_is_cut_short_where_it_is_worse_than_half_of_the_others_and_not_behind_its_last_epoch(
    root: Path,
) -> None:
    search, begun = search_of(4, root), list[Told]()

    def ending(_trial: Trial) -> Told:
        begun.append(Told([9.0, 9.0, 9.0] if len(begun) == 2 else [3.0, 2.0, 9.0]))
        return begun[-1]

    work(search, root, ending)

    states = [trial.state for trial in search.results]
    assert states == [TrialState.COMPLETE, TrialState.COMPLETE, TrialState.PRUNED, TrialState.COMPLETE]
    assert max(search.results[2].intermediate_values) == 1
    assert all(told.removed for told in begun)


def test_a_trial_that_diverges_counts_as_cut_short(root: Path) -> None:
    search, begun = search_of(2, root), list[Trial]()

    def ending(trial: Trial) -> Told:
        begun.append(trial)
        return Told([], "diverged", "Diverged") if len(begun) == 1 else Told([5.0, 4.0])

    work(search, root, ending)

    assert search.best
    assert search.best.number == 1
    rows = trials_table(search).splitlines()
    assert [row.split()[:2] for row in rows[1:3]] == [["1", "4.000"], ["0", "cut"]]
    assert "2 of 2 results (each worker but one may add one more), best 4.000" in rows[-1]


def test_one_worker_draws_the_same_again(tmp_path: Path) -> None:
    searches = [search_of(6, root_in(tmp_path / name)) for name in ("one", "other")]
    for search, name in zip(searches, ("one", "other"), strict=True):
        work(search, tmp_path / name, lambda trial: Told([float(len(trial.name))]))

    one, other = map(levels_of, searches)
    assert one == other


def test_a_search_that_began_with_other_things_is_not_gone_on_with(root: Path) -> None:
    search_of(3, root)
    search_of(5, root)  # more trials are no other question

    with pytest.raises(InputError, match=r"search made-up began with other settings \(set\); put them back, or give"):
        search_of(3, root, set={"train.epochs": 9})
    params = (root / "params.yaml").read_text()
    (root / "params.yaml").write_text(params.replace("seed: 1", "seed: 2"))
    with pytest.raises(InputError, match=r"began with other parameters in params\.yaml"):
        search_of(3, root)


def test_a_search_over_rates_of_points_is_refused_before_it_begins(root: Path) -> None:
    with pytest.raises(InputError, match=r"normalise\.rate changes the points, and nats a point of one rate"):
        search_of(3, root, factors={"normalise.rate": [None, 60, 30]})


def test_what_is_said_of_a_search_names_the_rate_that_all_its_trials_have(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search = search_of(2, root, set={"train.epochs": 3, "normalise.rate": 30})

    work(search, root, lambda _: Told([4.0]))

    assert "4.000 nats/point of 30 Hz held out" in capsys.readouterr().err
    assert "NLL: nats a point of 30 Hz, offsets / 20. 2 of 2" in trials_table(search)


def test_nothing_is_shown_of_a_search_that_has_not_begun(root: Path) -> None:
    with pytest.raises(InputError, match="no search made-up has begun there; `penlift search FILE` begins it"):
        opened(sweep_with(3), storage_of(None, root, "made-up"), root, snapshot(root))


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ({"trials": 9, "warm_up": 1}, r"search\.trials is 9, but the factors have 8 combinations; lower it"),
        (None, "search is null in the file of made-up; write, say: search:"),
    ],
)
def test_a_sweep_that_cannot_be_searched_is_refused(root: Path, search: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        opened(Sweep.model_validate(SWEEP | {"search": search}), storage_of(None, root, "made-up"), root, "HEAD")


def test_what_a_kill_left_of_a_line_spoils_no_journal(root: Path) -> None:
    search_of(3, root)
    with (root / ".state" / "searches" / "made-up" / "journal.log").open("ab") as file:
        file.write(b'{"op_code": 4, "wor')

    work(search_of(3, root), root, well)

    assert len(search_of(3, root).results) == 3


def test_a_journal_that_somebody_has_spoilt_is_refused_in_one_line(root: Path) -> None:
    storage_of(None, root, "made-up")
    (root / ".state" / "searches" / "made-up" / "journal.log").write_text("no JSON\n{}\n")

    with pytest.raises(InputError, match=r"a damaged journal .*; delete it"):
        storage_of(None, root, "made-up")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:secret@127.0.0.1:9/there", r"postgresql://127.0.0.1/there holds no search \(.*refused"),
        ("postgresql://me:secret{1}%40@127.0.0.1:9/there", r"postgresql://127.0.0.1/there holds no search"),
        ("sqlite:///secret.db", "a storage in SQLite mixes up what several workers write"),
        ("secret", "the storage's URL cannot be read"),
        ("nothing://me:secret@there/it", "the storage's URL cannot be read|needs a driver"),
    ],
)
def test_a_storage_that_cannot_be_used_is_named_in_one_line_without_its_password(url: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        database_of(url)

    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)


class Database:
    """A dialect whose database answers the third time."""

    class loaded_dbapi:  # noqa: N801  (as SQLAlchemy calls it)
        OperationalError = ConnectionError

    def __init__(self) -> None:
        self.asked = 0

    def connect(self, *_arguments: object) -> int:
        self.asked += 1
        if self.asked < 3:
            raise ConnectionError
        return self.asked


def test_a_database_that_is_away_is_asked_again_until_somebody_wants_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penlift.experiments.storage.AGAIN", 0.0)

    assert _patiently(lambda: "")(Database(), None, (), {}) == 3
    with pytest.raises(ConnectionError):
        _patiently(lambda: "SIGTERM")(Database(), None, (), {})
