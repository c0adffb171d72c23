"""A training that was cut short ends as one that was not, and nothing else is ever taken for its state."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from networks import CELLS
from small_trainings import Data, beginning, recipe, to_the_end, unseen

from penlift.common.errors import InputError
from penlift.common.processes import alone_in
from penlift.common.terminal import Meter
from penlift.training.distributed import ALONE, Lost, Ranks
from penlift.training.folder import STATE, Journal, Kept, read_events
from penlift.training.loop import fit, judge_epoch
from penlift.training.optimisation import TrainParams
from penlift.training.resume import StateKeeper, pack, read_state, unpack
from penlift.training.schedule import Schedule
from penlift.training.state import TrainState
from penlift.training.trainer import Stopped, run, train
from penlift.training.writing import Material

KEPT = Kept("f00d", 0, done=False)


def part_way(data: Data, params: TrainParams, steps: int, **shape: Any) -> TrainState:
    state = beginning(params, **shape)
    for step in itertools.islice(fit(state, data[1], params), steps):
        if step.ends_epoch:
            judge_epoch(state, step, Material(*data))
    return state


@pytest.mark.parametrize(("cell", "peepholes"), CELLS)
@pytest.mark.parametrize("optimiser", ["adam", "rmsprop"])
def test_a_state_that_went_through_its_file_comes_to_the_same_bytes(
    data: Data, tmp_path: Path, cell: str, peepholes: bool, optimiser: str
) -> None:
    params = recipe(optimiser=optimiser, epochs=2)
    shape = {"cell": cell, "peepholes": peepholes}
    whole = to_the_end(beginning(params, **shape), data, params)

    for steps in (1, 5):
        resumed = beginning(recipe(optimiser=optimiser, epochs=2, seed=9), **shape)  # other weights, soon overwritten
        (tmp_path / STATE).write_bytes(pack(part_way(data, params, steps, **shape), KEPT))
        unpack(*read_state(tmp_path / STATE), resumed)
        to_the_end(resumed, data, params)

        assert resumed.step == whole.step
        assert pack(resumed, KEPT) == pack(whole, KEPT)


@pytest.mark.parametrize("peepholes", [False, True])
def test_so_does_that_of_a_network_that_reads(told: Data, tmp_path: Path, peepholes: bool) -> None:
    params, shape = recipe(epochs=3, batch=2), {"peepholes": peepholes, "text": True}
    whole = to_the_end(beginning(params, **shape), told, params)

    for steps in (1, 3, 5):
        resumed = beginning(recipe(epochs=3, batch=2, seed=9), **shape)
        (tmp_path / STATE).write_bytes(pack(part_way(told, params, steps, **shape), KEPT))
        unpack(*read_state(tmp_path / STATE), resumed)
        to_the_end(resumed, told, params)

        assert pack(resumed, KEPT) == pack(whole, KEPT)
    assert all(epoch.more["window_reaches"] in (0.0, 1.0) for epoch in whole.history)  # one held-out line has a text


def test_of_a_training_that_is_done_only_what_it_came_to_is_kept(data: Data, tmp_path: Path) -> None:
    state = to_the_end(beginning(recipe(), hidden=32), data, recipe())
    keeper = StateKeeper(tmp_path, KEPT.fingerprint, 60)

    keeper.save(state, done=True)
    read = beginning(recipe(seed=2), hidden=32)

    assert keeper.restore(read)
    assert (tmp_path / STATE).stat().st_size < len(pack(state, KEPT)) / 2
    assert read.history == state.history
    assert all(torch.equal(read.best[name], weight) for name, weight in state.best.items())


def cut(content: bytes) -> bytes:
    return content[:-3]


def no_header(content: bytes) -> bytes:
    return bytes(8) + content[8:]


def nothing(_content: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [cut, no_header, nothing])
def test_a_damaged_state_is_refused_in_one_line(data: Data, tmp_path: Path, damage: Any) -> None:
    (tmp_path / STATE).write_bytes(damage(pack(beginning(recipe()), KEPT)))

    with pytest.raises(InputError, match=r"a damaged state .*; delete it to train from the beginning") as raised:
        StateKeeper(tmp_path, "f00d", 60).restore(beginning(recipe()))

    assert "\n" not in str(raised.value)


def test_a_bit_that_is_another_is_refused_wherever_it_stands(data: Data, tmp_path: Path) -> None:
    content = bytearray(pack(part_way(data, recipe(), 5), KEPT))
    size = 8 + int.from_bytes(content[:8], "little")
    named = [content.index(word) for word in (b"sha256", b'sha256\\": \\"', b"f00d", b"step", b"skipped")]
    places = [0, 9, *(place + 1 for place in named), size - 5, *range(size, len(content), len(content) // 40)]
    (tmp_path / STATE).write_bytes(content)
    assert not StateKeeper(tmp_path, "f00d", 60).restore(beginning(recipe()))

    for place, bit in itertools.product(places, (0, 6)):
        flipped = content.copy()
        flipped[place] ^= 1 << bit
        (tmp_path / STATE).write_bytes(flipped)

        with pytest.raises(InputError, match=r"a damaged state .*; delete it to train from the beginning"):
            StateKeeper(tmp_path, "f00d", 60).restore(beginning(recipe()))


def test_the_state_of_another_training_is_never_taken(tmp_path: Path) -> None:
    StateKeeper(tmp_path, "f00d", 60).save(beginning(recipe()))

    with pytest.raises(InputError, match="the state of training f00d, not of beef"):
        StateKeeper(tmp_path, "beef", 60).restore(beginning(recipe()))


def test_a_training_that_begins_beside_one_that_was_cut_short_says_why_it_does_not_go_on_from_there(
    data: Data, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    params = recipe(epochs=1)

    def said(name: str) -> str:
        keeper = StateKeeper(tmp_path / name, name, 60)
        run(beginning(params), Material(*data), params, keeper, ALONE, lambda: nullcontext(unseen), lambda: None)
        return capsys.readouterr().err

    for name in ("older", "done"):
        (tmp_path / name).mkdir()
        StateKeeper(tmp_path / name, name, 60).save(part_way(data, params, 2), done=name == "done")

    why = f"what was cut short in {tmp_path} (older) is of other parameters, data, code or machines"
    assert f"begins with its first step: {why}\n" in said("newer")
    assert "begins with" not in said("older")
    assert "begins with" not in said("newest")


def test_a_second_trainer_is_refused_or_waits_and_is_told_the_pid_of_the_first(tmp_path: Path) -> None:
    hold = (
        "import sys; from pathlib import Path; from penlift.common.processes import alone_in\n"
        "with alone_in(Path(sys.argv[1]), 'trains'):\n    print('in', flush=True); sys.stdin.read()"
    )
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)], stdin=-1, stdout=-1, text=True, env=os.environ | path
    ) as first:
        assert first.stdout and first.stdout.readline() == "in\n"

        with pytest.raises(InputError, match=f"process {first.pid} trains"), alone_in(tmp_path, "trains"):
            pass
        told: list[str] = []

        def wait(text: str) -> None:
            told.append(text)
            first.kill()

        with alone_in(tmp_path, "trains", wait):
            assert first.wait() < 0
        assert told == [f"process {first.pid} trains; waits for it"]

    with alone_in(tmp_path, "is at this very training"):  # the lock went with its process
        assert (tmp_path / "pid").read_text() == f"{os.getpid()}\n"


def test_a_journal_goes_on_behind_what_was_saved_and_spoils_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    first = Journal(path)
    first.add(step=1, nll=float("nan"))
    first.flush()
    saved = first.size
    first.add(step=2)
    first.flush()  # and then the process dies, before the state that goes with it is saved

    again = Journal(path, saved)
    again.add(step=2, again=True)
    again.flush()

    rows = [json.loads(row) for row in path.read_text().splitlines()]
    assert [(row["step"], row.get("again")) for row in rows] == [(1, None), (2, True)]
    assert rows[0]["nll"] is None


@pytest.mark.parametrize("left", [None, b"", b'{"time": 1, "epoch": 1}\n'])
def test_a_journal_that_is_shorter_than_it_was_goes_on_behind_what_is_left(tmp_path: Path, left: bytes | None) -> None:
    path = tmp_path / "journal.jsonl"
    if left is not None:
        path.write_bytes(left)

    journal = Journal(path, 500)
    journal.add(epoch=2)
    journal.flush()

    assert len(read_events(path)) == 1 + bool(left)
    assert b"\0" not in path.read_bytes()


def test_a_damaged_line_of_a_journal_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_bytes(
        b'{"time": 1, "epoch": 1}\n{"tim\xff\n[]\n{"time": 2, "epoch": 2}\n{"time": 3'
    )

    assert [event["time"] for event in read_events(tmp_path / "journal.jsonl")] == [1, 2]


def test_a_signal_stops_after_the_step_with_the_state_saved_and_the_rest_is_the_same(
    data: Data, tmp_path: Path
) -> None:
    params, material = recipe(), Material(data[0], data[1], data[2])
    whole = to_the_end(beginning(params), data, params)
    schedule, steps = Schedule(data[1].targets, data[1].length, params), itertools.count(1)

    class Interrupting(Meter):
        def advance(self, note: str = "", count: int = 1, points: int = 0) -> None:
            super().advance(note, count, points)
            if next(steps) == 4:
                os.kill(os.getpid(), signal.SIGTERM)

    stopped = f"^SIGTERM after step 4 of {schedule.steps}; the state is saved: `dvc repro` goes on with"
    with pytest.raises(Stopped, match=stopped):
        meter: Meter = Interrupting("train", schedule.targets)
        train(beginning(params), material, params, StateKeeper(tmp_path, "f00d", 60), meter, unseen)
    resumed, keeper = beginning(recipe(seed=5)), StateKeeper(tmp_path, "f00d", 60)
    assert not keeper.restore(resumed)
    assert resumed.step == 4
    meter = Meter("train", schedule.targets, schedule.behind(4))
    train(resumed, material, params, keeper, meter, unseen)
    assert meter.done == meter.total

    assert pack(resumed, KEPT) == pack(whole, KEPT)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    keeper.save(resumed)
    rows = [json.loads(row) for row in keeper.journal.path.read_text().splitlines()]
    taken = [row for row in rows if "number" in row]
    assert [row["number"] for row in taken] == list(range(1, resumed.step + 1))
    assert all(row["seconds"] > 0 and row["peak_mib"] > 0 for row in taken)
    assert [row["epoch"] for row in rows if "epoch" in row] == [epoch.epoch for epoch in resumed.history]
    assert [row["ended"] for row in rows if "ended" in row] == ["Stopped"]


class Deserted(Ranks):
    """The first of two processes, and has all windows; the other one goes while this one validates."""

    def share(self, rows: torch.Tensor) -> torch.Tensor:
        return rows

    def sum_(self, tensors: Iterable[torch.Tensor]) -> None:
        pass

    def largest(self, here: float, device: torch.device) -> float:
        if here not in (0.0, 1.0):
            raise Lost(f"one of the 2 processes on {device} is gone")
        return here


def test_an_epoch_whose_validation_another_process_does_not_survive_is_closed(data: Data, tmp_path: Path) -> None:
    params, material = recipe(), Material(data[0], data[1], data[2])

    for _ in range(params.epochs):
        state, keeper = beginning(params), StateKeeper(tmp_path, "f00d", 60)
        keeper.restore(state)
        with pytest.raises(Lost, match="the state is saved"):
            train(state, material, params, keeper, Meter("train", 99), unseen, Deserted(0, 2))

    assert pack(state, KEPT) == pack(to_the_end(beginning(params), data, params), KEPT)
    rows = [json.loads(row) for row in keeper.journal.path.read_text().splitlines()]
    assert [row["epoch"] for row in rows if "epoch" in row] == [1, 2, 3]


def test_a_disk_that_takes_nothing_stops_no_training_and_is_said(
    data: Data, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    params, material = recipe(), Material(data[0], data[1], data[2])
    blocked = tmp_path / "state"
    blocked.write_text("a file where the folder should be")
    state = beginning(params)

    with Meter("train", 99) as meter:
        train(state, material, params, StateKeeper(blocked, "f00d", 0.001), meter, unseen)

    assert pack(state, KEPT) == pack(to_the_end(beginning(params), data, params), KEPT)
    assert "no state could be saved in" in (said := capsys.readouterr().err)
    assert "training goes on, and tries again in 0.001 s" in said


def test_saving_works_again_once_the_disk_does(data: Data, tmp_path: Path) -> None:
    params, folder = recipe(), tmp_path / "state"
    folder.write_text("in the way")
    keeper = StateKeeper(folder, "f00d", 60)
    keeper.journal.add(step=1)
    with pytest.raises(OSError, match="state"):
        keeper.save(beginning(params))

    folder.unlink()
    folder.mkdir()
    keeper.journal.add(step=2)
    keeper.save(part_way(data, params, 2))

    assert [json.loads(row)["step"] for row in keeper.journal.path.read_text().splitlines()] == [1, 2]
    restored = beginning(params)
    StateKeeper(folder, "f00d", 60).restore(restored)
    assert restored.step == 2


def test_time_decides_when_a_save_is_due(tmp_path: Path) -> None:
    keeper = StateKeeper(tmp_path, "f00d", 0.05)

    assert not keeper.is_due()
    time.sleep(0.06)
    assert keeper.is_due()
    keeper.save(beginning(recipe()))
    assert not keeper.is_due()
