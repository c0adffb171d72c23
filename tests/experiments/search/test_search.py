"""A search has as many results as its file says, each once, whatever becomes of its workers."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState
from searching import SWEEP, WORKER, Gone, results_of, search_of, sweep_with, waits, worker, write_sweep

from penlift.common.errors import InputError
from penlift.common.processes import Signals
from penlift.common.terminal import Meter
from penlift.experiments.search.beginning import check, opened
from penlift.experiments.search.database import connected, shown
from penlift.experiments.search.draw import draw, space_of
from penlift.experiments.search.following import Follower
from penlift.experiments.search.held import Held, TakenOver
from penlift.experiments.search.owner import BEAT, OWNER, Owner, Watch, owner_of, this_worker
from penlift.experiments.search.slots import SLOT, comes_too_late
from penlift.experiments.search.stages import Faulty, Interrupted
from penlift.experiments.search.storage import answering, patiently, storage_of
from penlift.experiments.search.study import Searched, held
from penlift.experiments.search.table import best_of, table
from penlift.experiments.search.trial import Place, commands_of, environment_of, stop_orphans
from penlift.experiments.search.worker import Worker
from penlift.experiments.sweeps.design import Sweep, read_sweep, trial_of
from penlift.tracking.training import write_about
from penlift.training.folder import JOURNAL, PID, Journal
from penlift.training.resume import only_trainer

ROOT = Path(__file__).resolve().parents[3]


class Fate(RuleBasedStateMachine):
    """Workers that come, take, finish, give back, are killed, and are taken for gone although they are not."""

    slots = 5

    @initialize()
    def begin(self) -> None:
        self.search, self.gone, self.number = search_of(self.slots), Gone(), 0
        self.at: list[FrozenTrial] = []  # what workers believe to have

    @rule()
    def take(self) -> None:
        self.number += 1
        if trial := self.search.take(worker(str(self.number)), waits):
            self.at.append(trial)

    @rule(data=st.data(), pruned=st.booleans())
    def end(self, data: st.DataObject, pruned: bool) -> None:
        if self.at:
            trial = self.at.pop(data.draw(st.integers(0, len(self.at) - 1)))
            state = TrialState.PRUNED if pruned else TrialState.COMPLETE
            try:
                self.search.study.tell(trial.number, None if pruned else 1.0, state=state)
            except (ValueError, UpdateFinishedTrialError):
                assert owner_of(trial).token in self.gone.tokens  # only then is it somebody else's

    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        if self.at:
            self.search.free(self.at.pop(data.draw(st.integers(0, len(self.at) - 1))))

    @rule(data=st.data(), killed=st.booleans())
    def lose(self, data: st.DataObject, killed: bool) -> None:
        if self.at:
            place = data.draw(st.integers(0, len(self.at) - 1))
            self.gone.tokens.add(owner_of(self.at[place]).token)
            if killed:
                self.at.pop(place)

    @rule()
    def look(self) -> None:
        self.search.free_lost(self.gone)

    @invariant()
    def no_slot_has_two_results_and_no_levels_come_twice(self) -> None:
        if not hasattr(self, "search"):
            return
        assert max(results_of(self.search).values(), default=0) <= 1
        alive = [json.dumps(trial.params) for trial in self.search.study.trials if trial.state != TrialState.FAIL]
        assert len(set(alive)) == len(alive)

    def teardown(self) -> None:
        if not hasattr(self, "search"):
            return
        self.gone.tokens |= {owner_of(trial).token for trial in self.at}
        self.search.free_lost(self.gone)
        while trial := self.search.take(worker("last"), waits):
            self.search.study.tell(trial.number, 1.0)
        assert results_of(self.search) == Counter(range(1, self.slots + 1))


TestFate = Fate.TestCase
TestFate.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def test_workers_at_once_on_one_journal_have_each_slot_once(tmp_path: Path) -> None:
    searches = [search_of(8, storage_of(None, tmp_path, "made-up")) for _ in range(6)]

    def work(number: int) -> None:
        while trial := searches[number].take(worker(str(number)), waits):
            time.sleep(random.random() / 20)
            searches[number].study.tell(trial.number, 1.0)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results_of(searches[0]) == Counter(range(1, 9))
    assert all(slot.state == "finished" for slot in searches[0].slots())


def test_processes_killed_at_any_time_lose_nothing_and_count_nothing_twice(tmp_path: Path) -> None:
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    start = [sys.executable, "-c", WORKER, str(tmp_path), "8"]
    workers = [subprocess.Popen(start, env=os.environ | path, stdout=subprocess.PIPE) for _ in range(3)]
    for number, process in enumerate(workers[:2], start=1):
        assert process.stdout
        process.stdout.read(number)  # it is in the midst of its trial of that number
        process.kill()
        process.wait()

    assert workers[2].wait() == 0

    search = search_of(8, storage_of(None, tmp_path, "made-up"))
    assert results_of(search) == Counter(range(1, 9))
    assert {trial.state for trial in search.study.trials} == {TrialState.COMPLETE, TrialState.FAIL}
    for process in workers:
        assert process.stdout
        process.stdout.close()


def test_of_two_trials_with_the_same_slot_or_levels_the_later_one_gives_way_unless_the_first_failed() -> None:
    def trial(number: int, slot: int, level: str, state: TrialState = TrialState.RUNNING) -> FrozenTrial:
        space = space_of({"a": ["1", "2", "3"]})
        made = optuna.create_trial(state=state, params={"a": level}, distributions={**space}, user_attrs={"slot": slot})
        made.number = number
        return made

    first, levels, slot, other = trial(0, 1, "1"), trial(1, 2, "1"), trial(2, 1, "2"), trial(3, 3, "3")
    trials = [first, levels, slot, other]

    assert [comes_too_late(one, trials) for one in trials] == [False, True, True, False]
    first.state = TrialState.FAIL
    assert not any(comes_too_late(one, trials) for one in trials)


def test_a_trial_that_gave_way_and_could_not_fail_bars_nobody() -> None:
    search = search_of(1)
    levels = {factor: next(iter(words)) for factor, words in search.sweep.levels.items()}
    told = {"slot": 1, "owner": [*worker("late")], "beat": 0, "closed": True}
    space = space_of(search.sweep.levels)
    search.study.add_trial(
        optuna.create_trial(state=TrialState.RUNNING, params=levels, distributions={**space}, user_attrs=told)
    )

    mine = search.take(worker("me"), waits)

    assert mine
    assert search.take(worker("other"), waits) is None


def test_a_trial_that_was_lost_is_tried_again_with_its_levels() -> None:
    search, gone = search_of(3), Gone()
    lost = search.take(worker("a"), waits)
    assert lost
    gone.tokens.add("a")

    search.free_lost(gone)
    again = search.take(worker("b"), waits)

    assert again
    assert again.params == lost.params
    assert again.user_attrs["slot"] == lost.user_attrs["slot"]


def test_a_worker_that_was_taken_for_gone_says_nothing_any_more() -> None:
    search, gone = search_of(3), Gone()
    trial = search.take(worker("a"), waits)
    assert trial
    late = Held(search, trial, lambda: "")
    gone.tokens.add("a")
    search.free_lost(gone)

    with pytest.raises(TakenOver):
        late.report(1, 2.0)
    with pytest.raises(TakenOver):
        late.fail("the disk is full")
    with pytest.raises(TakenOver):
        late.finish(2.0)


def test_what_a_kill_left_of_a_line_spoils_no_journal(tmp_path: Path) -> None:
    search = search_of(3, storage_of(None, tmp_path, "made-up"))
    assert search.take(worker("a"), waits)
    journal = tmp_path / ".state" / "searches" / "made-up" / "journal.log"
    with journal.open("ab") as file:
        file.write(b'{"op_code": 4, "wor')

    assert search.take(worker("b"), waits)

    again = search_of(3, storage_of(None, tmp_path, "made-up"))
    assert [slot.state for slot in again.slots()] == ["running", "running", "waiting"]


def test_a_journal_that_somebody_has_spoilt_is_refused_in_one_line(tmp_path: Path) -> None:
    storage_of(None, tmp_path, "made-up")
    (tmp_path / ".state" / "searches" / "made-up" / "journal.log").write_text("no JSON\n{}\n")

    with pytest.raises(InputError, match="has a line that is no JSON; delete it"):
        storage_of(None, tmp_path, "made-up")


@given(seed=st.integers(0, 2**31), slot=st.integers(1, 50), known=st.integers(0, 14))
@settings(max_examples=15)
def test_a_draw_is_repeated_by_its_seed_and_slot_and_gives_nothing_twice(seed: int, slot: int, known: int) -> None:
    space = space_of({"a": ["1", "2", "3"], "b": ["x", "y"], "c": ["0", "1", "2"]})
    taken: list[dict[str, str]] = []
    trials: list[FrozenTrial] = []
    for number in range(known):
        levels = draw(space, trials, taken, [seed, number])
        assert levels
        taken.append(levels)
        trials.append(optuna.create_trial(params=levels, distributions={**space}, value=float(number)))

    drawn = draw(space, trials, taken, [seed, slot])

    assert drawn == draw(space, trials, taken, [seed, slot])
    assert drawn not in taken
    assert drawn


def test_when_all_levels_are_taken_none_are_drawn() -> None:
    space = space_of({"a": ["1", "2"]})

    assert draw(space, [], [{"a": "1"}, {"a": "2"}], [1]) is None


def test_a_worker_on_another_host_is_gone_when_it_is_silent_and_one_that_speaks_is_not() -> None:
    search, watch = search_of(2), Watch(this_worker(), silence=0.1)
    for name in ("silent", "speaking"):
        assert search.take(worker(name, "elsewhere"), waits)
    silent, speaking = search.study.trials
    assert not watch.is_gone(silent)
    assert not watch.is_gone(speaking)

    held(search.study, speaking).set_user_attr(BEAT, 1)
    time.sleep(0.15)

    assert watch.is_gone(silent)
    assert not watch.is_gone(search.study.trials[1])


def test_who_did_not_listen_takes_nobody_for_gone() -> None:
    search, watch = search_of(1), Watch(this_worker(), silence=0.1, away=0.05)
    assert search.take(worker("silent", "elsewhere"), waits)
    (silent,) = search.study.trials
    assert not watch.is_gone(silent)

    time.sleep(0.15)  # as while the database is away
    assert not watch.is_gone(silent)

    until = time.monotonic() + 10
    while not watch.is_gone(silent):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_worker_on_this_host_is_gone_with_its_process_and_not_before() -> None:
    search, me = search_of(4), this_worker()
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    import psutil

    other = Owner(me.host, process.pid, psutil.Process(process.pid).create_time(), "other")
    trial = search.take(other, waits)
    later = search.take(other._replace(began=other.began - 60), waits)  # whose number another process has by now
    assert trial and later

    assert not Watch(me).is_gone(trial)
    assert Watch(me).is_gone(later)
    process.communicate(b"\n")
    assert Watch(me).is_gone(trial)


def test_a_storage_that_is_away_is_asked_again_until_somebody_wants_to_stop() -> None:
    answers: Iterator[Any] = iter([StorageInternalError, StorageInternalError, 7])

    def ask() -> int:
        answer = next(answers)
        if answer == 7:
            return 7
        raise answer

    assert patiently(ask, lambda: "", again=0) == 7
    answers = iter([StorageInternalError])
    with pytest.raises(InputError, match="the storage is gone; once it is back, the same command goes on"), answering():
        patiently(ask, lambda: "SIGTERM", again=0)


@pytest.fixture
def followed(tmp_path: Path) -> Iterator[tuple[Held, Follower, "subprocess.Popen[bytes]"]]:
    """A trial of epochs that come to 3 and 2, beside another's with a trainer of the same number, which come to 1."""
    search = search_of(1)
    trial = search.take(worker("me"), waits)
    assert trial
    (tmp_path / "params.yaml").write_text("train: {epochs: 2}\n")
    trainer = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    for name, nlls in (("another", [1.0]), ("mine", [3.0, 2.0])):
        with only_trainer(folder := tmp_path / ".state" / name):
            pass
        write_about(folder, name, {}, {})
        journal = Journal(folder / JOURNAL)
        for epoch, nll in enumerate(nlls, 1):
            journal.add(epoch=epoch, valid_nll_nats_per_point=nll)
        journal.add(ended="Stopped")
        journal.flush()
    held = Held(search, trial, lambda: "")
    follower = Follower(held, Place(tmp_path, tmp_path, {"DVC_EXP_NAME": "mine"}, {}), tmp_path / ".state")
    for folder in (tmp_path / ".state").iterdir():
        (folder / PID).write_text(f"{trainer.pid}\n")
    yield held, follower, trainer
    trainer.communicate(b"\n")


def test_a_trial_is_judged_by_its_own_training_and_not_by_one_of_the_same_number(
    followed: tuple[Held, Follower, "subprocess.Popen[bytes]"],
) -> None:
    held, follower, trainer = followed

    follower.look(trainer)

    assert held.nlls == {1: 3.0, 2: 2.0}


def test_what_ended_an_earlier_attempt_has_not_ended_this_one(
    followed: tuple[Held, Follower, "subprocess.Popen[bytes]"],
) -> None:
    _, follower, trainer = followed
    follower.look(trainer)
    assert follower.folder
    assert follower.ended() == ""

    journal = Journal(follower.folder / JOURNAL, (follower.folder / JOURNAL).stat().st_size)
    journal.add(ended="Diverged")
    journal.flush()

    assert follower.ended() == "Diverged"


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Run a worker whose trials end as they are told to."""

    def run(search: Searched, ending: Callable[[Held], str], edits: Sequence[object] = ()) -> None:
        monkeypatch.setattr("penlift.experiments.search.worker.run_trial", lambda held, *_: ending(held))
        monkeypatch.setattr(
            "penlift.experiments.search.worker.prepare", lambda *_: type("Place", (), {"folder": tmp_path})
        )
        monkeypatch.setattr("penlift.experiments.search.worker.asked_of", lambda *_: {"levels": len(edits) + 1})
        with Meter("search", search.limits.trials) as meter:
            Worker(search, tmp_path, Signals(), meter).work()

    return run


def test_where_others_hold_all_levels_a_worker_is_told_so_at_once_and_goes_on_when_one_is_gone() -> None:
    search = search_of(8)
    space = space_of(search.sweep.levels)
    *others, last = [
        dict(zip(space, chosen, strict=True)) for chosen in product(*(one.choices for one in space.values()))
    ]
    claims = [(slot, "a", levels) for slot, levels in enumerate(others, 1)]
    for slot, owner, levels in (*claims, (1, "b", last)):  # b came too late, and was lost before it could say so
        told = {SLOT: slot, OWNER: [*worker(owner)], BEAT: 0}
        search.study.add_trial(
            optuna.create_trial(state=TrialState.RUNNING, params=levels, distributions={**space}, user_attrs=told)
        )

    assert search.take(worker("c"), waits) is None
    search.free_lost(Gone({"b"}))
    mine = search.take(worker("c"), waits)

    assert mine
    assert (mine.user_attrs[SLOT], mine.params) == (8, last)


def test_a_trial_that_fails_is_tried_again_by_the_next_command_and_not_by_this_one(
    work: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    search, tried = search_of(3), Counter[int]()

    def ending(held: Held) -> str:
        tried[held.slot] += 1
        if held.slot == 2 and tried[2] < 3:
            raise Faulty("stage train: the disk is full")
        held.report(1, 5.0)
        return "finished"

    work(search, ending)
    assert [slot.state for slot in search.slots()] == ["finished", "failed", "finished"]
    assert "trial 2 (" in (said := capsys.readouterr().err)
    assert "failed: stage train: the disk is full" in said
    work(search, ending)
    assert tried == {1: 1, 2: 2, 3: 1}
    work(search, ending)

    assert tried == {1: 1, 2: 3, 3: 1}
    assert results_of(search) == Counter([1, 2, 3])


class Away(InMemoryStorage):
    """A storage that does not answer the next so many times that it is asked for what a study began with."""

    times = 0

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        self.times -= 1
        if self.times >= 0:
            raise StorageInternalError
        return super().get_study_user_attrs(study_id)


def test_a_worker_waits_for_its_storage_between_trials_too(work: Callable[..., None]) -> None:
    search = search_of(2, storage := Away())
    storage.times = 1

    def ending(held: Held) -> str:
        held.report(1, 5.0)
        return "finished"

    work(search, ending)

    assert results_of(search) == Counter([1, 2])


def test_a_worker_that_is_stopped_gives_its_trial_back(work: Callable[..., None]) -> None:
    search = search_of(2)

    def ending(held: Held) -> str:
        raise Interrupted("SIGTERM")

    with pytest.raises(InputError, match=r"^SIGTERM; trial 1 is given back with its state saved, and the same command"):
        work(search, ending)

    assert [slot.state for slot in search.slots()] == ["waiting", "waiting"]
    assert all(slot.fault == "" for slot in search.slots())


def test_a_trial_that_diverges_counts_and_is_named_so(work: Callable[..., None]) -> None:
    search = search_of(2)

    def ending(held: Held) -> str:
        if held.slot == 1:
            return "diverged"
        held.report(1, 5.0)
        held.report(2, 4.0)
        return "finished"

    work(search, ending)

    assert [slot.state for slot in search.slots()] == ["diverged", "finished"]
    best = best_of(search.slots())
    assert best
    assert (best.number, best.nll, best.epochs) == (2, 4.0, 2)
    rows = table(search.slots(), list(SWEEP["factors"])).splitlines()
    assert [row.split()[:2] for row in rows[1:3]] == [["2", "4.000"], ["1", "diverged"]]


def test_a_search_that_began_with_other_levels_is_not_gone_on_with() -> None:
    storage = optuna.storages.InMemoryStorage()
    opened(sweep_with(3), storage, {"levels": 1, "data": 2})
    opened(sweep_with(5), storage, {"levels": 1, "data": 2})  # more trials are no other question

    with pytest.raises(InputError, match="search made-up began with other data; put them back, or give the file"):
        opened(sweep_with(3), storage, {"levels": 1, "data": 3})


def test_a_worker_ends_where_what_was_asked_is_edited_meanwhile(work: Callable[..., None]) -> None:
    search, edits = search_of(3), list[str]()

    def ending(held: Held) -> str:
        edits.append("params.yaml")
        held.report(1, 5.0)
        return "finished"

    with pytest.raises(InputError, match="began with other levels; put them back"):
        work(search, ending, edits)

    assert [slot.state for slot in search.slots()] == ["finished", "waiting", "waiting"]


def test_nothing_is_shown_of_a_search_that_has_not_begun() -> None:
    with pytest.raises(InputError, match="no search made-up has begun there; `penlift search FILE` begins it"):
        opened(sweep_with(3), optuna.storages.InMemoryStorage(), None)


def test_more_trials_than_combinations_are_refused() -> None:
    with pytest.raises(InputError, match=r"search\.trials is 9, but the factors have 8 combinations; lower it"):
        search_of(9)


def test_a_sweep_without_a_search_is_refused() -> None:
    with pytest.raises(InputError, match="search is null in the file of made-up; write, say: search:"):
        opened(Sweep.model_validate(SWEEP | {"search": None}), optuna.storages.InMemoryStorage(), None)


def test_only_what_leaves_the_data_alone_may_be_searched(tmp_path: Path) -> None:
    for name in ("ink", "offsets", "windows"):
        (tmp_path / "data" / name).mkdir(parents=True)
    sweep = read_sweep(write_sweep(tmp_path / "s.yaml", factors={"window.length": [100, 200]}))

    with pytest.raises(InputError, match=r"s.yaml: window.length changes the data, and a search trains on one data"):
        check(sweep, tmp_path, tmp_path / "s.yaml")


def test_without_data_the_command_that_makes_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="data/ink is missing; make the data of all trials with `dvc repro window`"):
        check(sweep_with(2), tmp_path, tmp_path / "s.yaml")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:secret@127.0.0.1:9/there", r"postgresql://127.0.0.1/there does not answer \(.*refused"),
        ("postgresql://me:secret{1}%40@127.0.0.1:9/there", r"postgresql://127.0.0.1/there does not answer"),
        ("sqlite:///secret.db", "a storage in SQLite mixes up what several workers write"),
        ("secret", "the storage's URL cannot be read"),
        ("nothing://me:secret@there/it", "the storage's URL cannot be read|needs a driver"),
    ],
)
def test_a_storage_that_cannot_be_used_is_named_in_one_line_without_its_password(url: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        connected(url)

    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)
    assert "secret" not in shown(url).replace("secret.db", "")


def test_stages_run_as_dvc_yaml_says_and_know_nothing_of_what_launched_the_worker(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "TORCHELASTIC_RUN_ID", "DVC_STAGE", "GIT_DIR"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PENLIFT_LIVE", "no")
    sweep = sweep_with(2)
    trial = trial_of(sweep, sweep.reference, 1)

    environment, commands = environment_of(tmp_path, tmp_path / "t", sweep, trial), commands_of(ROOT)

    assert not {"RANK", "WORLD_SIZE", "MASTER_ADDR", "TORCHELASTIC_RUN_ID", "DVC_STAGE", "GIT_DIR"} & environment.keys()
    assert environment["DVC_ROOT"] == str(tmp_path)
    assert environment["DVC_EXP_NAME"] == "made-up-reference-s1"
    assert (environment["PENLIFT_SWEEP"], environment["PENLIFT_LIVE"]) == ("made-up", "no")
    assert list(commands) == ["train", "sample", "evaluate", "report", "track"]
    assert commands["sample"] == [sys.executable, "pipeline/sample.py", "models", "reports/samples"]


def test_of_what_works_in_a_trials_folder_only_stages_are_stopped(tmp_path: Path) -> None:
    (tmp_path / "other" / "pipeline").mkdir(parents=True)
    (tmp_path / "trial" / "pipeline").mkdir(parents=True)
    for folder in ("trial", "other"):
        (tmp_path / folder / "pipeline" / "train.py").write_text("input()")
    stage = [sys.executable, "pipeline/train.py"]
    begun = [(stage, tmp_path / "trial"), (stage, tmp_path / "other"), (["cat"], tmp_path / "trial")]
    mine, anothers, shell = (subprocess.Popen(command, cwd=at, stdin=subprocess.PIPE) for command, at in begun)

    stop_orphans(tmp_path / "trial")

    assert mine.poll() is not None
    assert anothers.poll() is None
    assert shell.poll() is None
    for process in (anothers, shell):
        process.communicate(b"\n")
    assert mine.stdin
    mine.stdin.close()
