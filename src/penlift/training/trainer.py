"""Training driven to its end: watched, recorded, saved as it goes, and stopped in good order when that is asked for."""

import math
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from penlift.common.errors import InputError, some
from penlift.common.files import write_json
from penlift.common.machine import system_load
from penlift.common.processes import Signals, alone_in
from penlift.common.terminal import Meter
from penlift.training.distributed import ALONE, Lost, Ranks
from penlift.training.folder import cut_short_in
from penlift.training.lesson import Judged, Lesson
from penlift.training.loop import Diverged, close_epoch, fit, judge_epoch
from penlift.training.optimisation import TrainParams
from penlift.training.resume import StateKeeper
from penlift.training.schedule import Schedule
from penlift.training.state import Step, TrainState, to_table


class Stopped(InputError):  # noqa: N818  (a request that was met, not a mistake)
    """Training was asked to stop, and has."""


Show = Callable[[TrainState], None]  # shows a training behind an epoch; decides over none of its outputs


def run(
    state: TrainState,
    lesson: Lesson,
    params: TrainParams,
    keeper: StateKeeper,
    ranks: Ranks,
    watch: Callable[[], AbstractContextManager[Show]],
    leave: Callable[[], None],
) -> None:
    """This process's share of a training, from its last saved state to its end.

    While `watch()` is entered, the training is shown; `leave` puts down what came of it.
    """
    if not ranks.first:
        with suppress(Lost):  # where the first is refused
            ranks.meet(state.network.device)
            if not keeper.restore(state):
                follow(state, lesson, params, ranks)
        return
    schedule = Schedule.of(lesson.batches, params)
    wait = partial(print, file=sys.stderr, flush=True) if lesson.shared else None
    with alone_in(keeper.folder, "is at this very training", wait):
        ranks.meet(state.network.device)  # nobody else saves a state from here on, so all read the same
        done = keeper.restore(state)
        with Meter(lesson.verb, schedule.targets, schedule.behind(state.step), lesson.counted) as meter:
            if done:
                meter.say(f"this very training has been done before; to do it again, delete {keeper.folder}")
                leave()
                return
            if not state.step and (others := cut_short_in(keeper.folder.parent)):
                meter.say(
                    f"begins with its first step: what was cut short in {keeper.folder.parent} ({some(others, ', ')}) "
                    "is of other parameters, data, code or machines"
                )
            meter.say(lesson.look(keeper.folder))
            with watch() as show:
                try:
                    train(state, lesson, params, keeper, meter, show, ranks)
                except Stopped:
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # another may come, and this is yet to be said
                    raise
                while not save(state, keeper, meter, done=True):  # to end now would lose it,
                    with suppress(OSError):  # unless there is room for the rest
                        leave()
                        return
                    time.sleep(keeper.every)
            leave()


def train(
    state: TrainState,
    lesson: Lesson,
    params: TrainParams,
    keeper: StateKeeper,
    meter: Meter,
    show: Show,
    ranks: Ranks = ALONE,
) -> None:
    """Train from where `state` stands to the end; `show` is called behind each epoch.

    Stopped when a signal asks for it, Diverged when nothing finite comes any more, Lost when another process is gone;
    the state is saved first.
    """
    schedule = Schedule.of(lesson.batches, params)
    with Signals() as signals:
        try:
            for step in _recorded(state, lesson, params, keeper, ranks):
                more = schedule.behind(step.number) - meter.done
                meter.advance(
                    lesson.note(lesson.shown(step.nll / step.targets), state.history[-1] if state.history else None),
                    more,
                    points=step.targets,
                )
                if step.ends_epoch:
                    epoch = judge_epoch(state, step, lesson)
                    keeper.journal.add(**epoch.told(lesson.names), system=system_load())
                    meter.say(lesson.said(epoch))
                    show(state)
                    keeper.publish()
                    # the others wait for it; last, so that where one of them is gone the epoch is closed all the same
                    ranks.largest(epoch.held_out, state.network.device)
                if ranks.any(bool(signals.asked), state.network.device):
                    raise Stopped(f"{signals.asked or 'a signal'} after step {state.step} of {schedule.steps}")
                if keeper.is_due():
                    save(state, keeper, meter)
            if not state.best:
                raise Diverged(f"no epoch had a finite {lesson.names[1]}; lower train.learning_rate")
        except (Stopped, Diverged, Lost) as error:
            keeper.journal.add(ended=type(error).__name__, why=str(error))
            how = "the state is saved" if save(state, keeper, meter) else "this state is lost, but not the one before"
            # the same parameters would diverge again
            then = "it lies in" if isinstance(error, Diverged) else "`dvc repro` goes on with"
            raise type(error)(f"{error}; {how}: {then} {keeper.folder}") from None


def follow(state: TrainState, lesson: Lesson, params: TrainParams, ranks: Ranks) -> None:
    """Do a process's share of a training that another one drives, until that one ends it."""
    with Signals() as signals, suppress(Lost, Diverged):
        for step in fit(state, lesson.batches, params, ranks):
            if step.ends_epoch:
                close_epoch(state, step, Judged(ranks.largest(-math.inf, state.network.device)), lesson)
            if ranks.any(bool(signals.asked), state.network.device):
                return


def save(state: TrainState, keeper: StateKeeper, meter: Meter, done: bool = False) -> bool:
    """Save the state; where the disk does not take it, say so and go on."""
    try:
        keeper.save(state, done)
    except OSError as error:
        going = "" if done else "training goes on, and "
        meter.say(
            f"step {state.step}: no state could be saved in {keeper.folder} ({error.strerror or error}); {going}tries "
            f"again in {keeper.every:g} s"
        )
        return False
    return True


def save_history(folder: Path, state: TrainState, names: tuple[str, str], about: Mapping[str, Any]) -> None:
    """How it was learned, into an existing folder: a row an epoch, the line written behind each, where there is one,
    and `about`: which training it was, and on what it ran."""
    to_table(state.history, names).to_csv(folder / "history.csv", index=False, lineterminator="\n")
    if state.samples:
        longest = max(map(len, state.samples))
        padded = [np.pad(line, ((0, longest - len(line)), (0, 0)), constant_values=np.nan) for line in state.samples]
        np.save(folder / "samples.npy", np.stack(padded))
    write_json(folder / "training.json", about)


def _recorded(
    state: TrainState, lesson: Lesson, params: TrainParams, keeper: StateKeeper, ranks: Ranks
) -> Iterator[Step]:
    """The steps of `fit`, each noted in the journal with its time and the memory used at most so far."""
    began = time.perf_counter()
    for step in fit(state, lesson.batches, params, ranks):
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        keeper.journal.add(**step._asdict(), seconds=round(seconds, 4), peak_mib=peak // 1024)
        yield step
        began = time.perf_counter()
