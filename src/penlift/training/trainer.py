"""Training driven to its end: watched, recorded, saved as it goes, and stopped in good order when that is asked for."""

import math
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from penlift.common.errors import InputError
from penlift.common.machine import system_load
from penlift.common.processes import Signals
from penlift.common.terminal import Meter
from penlift.ink.lines import Ink
from penlift.ink.scales import Scales, shift_to
from penlift.ink.windows import Windows
from penlift.training.distributed import ALONE, Lost, Ranks
from penlift.training.epochs import close_epoch, judge_epoch
from penlift.training.loop import Diverged, fit
from penlift.training.optimisation import TrainParams
from penlift.training.resume import StateKeeper
from penlift.training.schedule import Schedule
from penlift.training.state import Step, TrainState


class Material(NamedTuple):
    """What is learned from, and what is held out."""

    ink: Ink  # normalised offsets, all splits
    windows: Windows  # of its training split
    scales: Scales


class Stopped(InputError):  # noqa: N818  (a request that was met, not a mistake)
    """Training was asked to stop, and has."""


def train(
    state: TrainState,
    material: Material,
    params: TrainParams,
    keeper: StateKeeper,
    meter: Meter,
    show: Callable[[TrainState], None],
    ranks: Ranks = ALONE,
) -> None:
    """Train from where `state` stands to the end; `show` is called behind each epoch.

    Stopped when a signal asks for it, Diverged when nothing finite comes any more, Lost when another process is gone;
    the state is saved first.
    """
    timetable = Schedule(material.windows.targets, material.windows.length, params)
    with Signals() as signals:
        try:
            for step in _recorded(state, material, params, keeper, ranks):
                more = timetable.behind(step.number) - meter.done
                meter.advance(_note(state, step, material.scales), more, points=step.targets)
                if step.ends_epoch:
                    epoch = judge_epoch(state, step, material.ink, material.scales)
                    keeper.journal.add(**epoch._asdict(), system=system_load())
                    meter.say(str(epoch))
                    show(state)
                    keeper.publish()
                    # the others wait for it; last, so that where one of them is gone the epoch is closed all the same
                    ranks.largest(epoch.valid_nll_nats_per_point, state.network.device)
                if ranks.any(bool(signals.asked), state.network.device):
                    raise Stopped(f"{signals.asked or 'a signal'} after step {state.step} of {timetable.steps}")
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
    return f"{loss:.3f}{held_out} nats/point (offsets/20)"
