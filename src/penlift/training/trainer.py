"""Training driven to its end: watched, recorded, saved as it goes, and stopped in good order when that is asked for."""

import math
import resource
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from penlift.common.errors import InputError, some
from penlift.common.files import whole_folder, write_json
from penlift.common.machine import system_load
from penlift.common.processes import Signals, alone_in
from penlift.common.terminal import Meter
from penlift.ink.scales import Scales, point_of, shift_to
from penlift.model.checkpoint import Model, save_model
from penlift.training.distributed import ALONE, Lost, Ranks
from penlift.training.folder import cut_short_in
from penlift.training.loop import Diverged, close_epoch, fit, judge_epoch
from penlift.training.optimisation import TrainParams
from penlift.training.recipe import Material
from penlift.training.resume import StateKeeper
from penlift.training.schedule import Schedule
from penlift.training.state import Step, TrainState, to_table


class Stopped(InputError):  # noqa: N818  (a request that was met, not a mistake)
    """Training was asked to stop, and has."""


Show = Callable[[TrainState], None]  # shows a training behind an epoch; decides over none of its outputs


def run(
    state: TrainState,
    material: Material,
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
                follow(state, material, params, ranks)
        return
    schedule = Schedule.of(material.windows, params)
    with alone_in(keeper.folder, "is at this very training"):
        ranks.meet(state.network.device)  # nobody else saves a state from here on, so all read the same
        done = keeper.restore(state)
        with Meter("train", schedule.targets, schedule.behind(state.step)) as meter:
            if done:
                meter.say(f"this very training has been done before; to do it again, delete {keeper.folder}")
                leave()
                return
            if not state.step and (others := cut_short_in(keeper.folder.parent)):
                meter.say(
                    f"begins with its first step: what was cut short in {keeper.folder.parent} ({some(others, ', ')}) "
                    "is of other parameters, data, code or machines"
                )
            meter.say(f"watch it learn to write: the newest of {keeper.folder}/epoch-*.svg")
            with watch() as show:
                try:
                    train(state, material, params, keeper, meter, show, ranks)
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
    material: Material,
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
    schedule = Schedule.of(material.windows, params)
    with Signals() as signals:
        try:
            for step in _recorded(state, material, params, keeper, ranks):
                more = schedule.behind(step.number) - meter.done
                meter.advance(_note(state, step, material.scales), more, points=step.targets)
                if step.ends_epoch:
                    epoch = judge_epoch(state, step, material.ink, material.scales)
                    keeper.journal.add(**epoch.told(), system=system_load())
                    meter.say(epoch.said(material.scales.rate))
                    show(state)
                    keeper.publish()
                    # the others wait for it; last, so that where one of them is gone the epoch is closed all the same
                    ranks.largest(epoch.valid_nll_nats_per_point, state.network.device)
                if ranks.any(bool(signals.asked), state.network.device):
                    raise Stopped(f"{signals.asked or 'a signal'} after step {state.step} of {schedule.steps}")
                if keeper.is_due():
                    save(state, keeper, meter)
            if not state.best:
                raise Diverged("no epoch had a finite held-out NLL; lower train.learning_rate")
        except (Stopped, Diverged, Lost) as error:
            keeper.journal.add(ended=type(error).__name__, why=str(error))
            how = "the state is saved" if save(state, keeper, meter) else "this state is lost, but not the one before"
            # the same parameters would diverge again
            then = "it lies in" if isinstance(error, Diverged) else "`dvc repro` goes on with"
            raise type(error)(f"{error}; {how}: {then} {keeper.folder}") from None


def follow(state: TrainState, material: Material, params: TrainParams, ranks: Ranks) -> None:
    """Do a process's share of a training that another one drives, until that one ends it."""
    with Signals() as signals, suppress(Lost, Diverged):
        for step in fit(state, material.windows, params, ranks):
            if step.ends_epoch:
                close_epoch(state, step, ranks.largest(-math.inf, state.network.device), material.scales)
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


def save_learned(state: TrainState, model: Model, about: Mapping[str, Any], models: Path, report: Path) -> None:
    """What the other stages find: the best weights, the history, the line dreamt behind each epoch, and `about`: which
    training it was, and on what it ran."""
    model.network.load_state_dict(state.best)
    with whole_folder(models) as folder:
        save_model(folder, model)
    with whole_folder(report) as folder:
        to_table(state.history).to_csv(folder / "history.csv", index=False, lineterminator="\n")
        longest = max(map(len, state.samples))
        padded = [np.pad(line, ((0, longest - len(line)), (0, 0)), constant_values=np.nan) for line in state.samples]
        np.save(folder / "samples.npy", np.stack(padded))
        write_json(folder / "training.json", about)


def _recorded(
    state: TrainState, material: Material, params: TrainParams, keeper: StateKeeper, ranks: Ranks
) -> Iterator[Step]:
    """The steps of `fit`, each noted in the journal with its time and the memory used at most so far."""
    began = time.perf_counter()
    for step in fit(state, material.windows, params, ranks):
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        keeper.journal.add(**step._asdict(), seconds=round(seconds, 4), peak_mib=peak // 1024)
        yield step
        began = time.perf_counter()


def _note(state: TrainState, step: Step, scales: Scales) -> str:
    loss = step.nll / step.targets + shift_to((20.0, 20.0), scales)
    held_out = f", {state.history[-1].valid_nll_nats_per_point:.3f} held out" if state.history else ""
    return f"{loss:.3f}{held_out} nats/{point_of(scales.rate)} (offsets/20)"
