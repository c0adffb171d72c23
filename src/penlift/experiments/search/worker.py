"""A worker of a search: one process of any number, which does trials until all slots have their results."""

import time
from contextlib import suppress
from pathlib import Path

from optuna.trial import FrozenTrial

from penlift.common.errors import InputError
from penlift.common.processes import Signals
from penlift.common.terminal import Meter
from penlift.experiments.search.beginning import agree, asked_of
from penlift.experiments.search.held import Held, TakenOver
from penlift.experiments.search.owner import Watch, this_worker
from penlift.experiments.search.slots import Slot
from penlift.experiments.search.stages import Faulty, Interrupted, run_trial
from penlift.experiments.search.storage import patiently
from penlift.experiments.search.study import Searched
from penlift.experiments.search.table import standing
from penlift.experiments.search.trial import clear, prepare
from penlift.experiments.sweeps.design import trial_of, words_of
from penlift.training.folder import states_of

WAIT = 2.0  # s between two looks at what the other workers do


class Worker:
    """This process, at work for a search."""

    def __init__(self, search: Searched, root: Path, signals: Signals, meter: Meter) -> None:
        self.search, self.root, self.meter, self._signals = search, root, meter, signals
        self._me = this_worker()
        self._watch = Watch(self._me)
        # what failed before is tried once more, and what fails from now on is not, or it would never end
        self._again = {slot.trial.number for slot in search.slots() if slot.fault and slot.trial}

    def work(self) -> None:
        """Do trials until no slot waits and no other worker can leave one."""
        while True:
            if self._signals.asked:
                raise InputError(f"{self._signals.asked}; the same command goes on")
            patiently(self._check, self._asked)
            trial = patiently(self._next, self._asked)
            slots = patiently(self.search.slots, self._asked)
            self._show(slots)
            if trial:
                self._do(trial)
            elif any(slot.state == "running" or self._may_take(slot) for slot in slots):
                time.sleep(WAIT)  # a worker may be killed yet, or has just given its slot back
            else:
                return

    def _check(self) -> None:
        """Refuse to go on where params.yaml, say, has been edited meanwhile."""
        agree(self.search, asked_of(self.search.sweep, self.root))

    def _next(self) -> FrozenTrial | None:
        self.search.free_lost(self._watch)
        return self.search.take(self._me, self._may_take)

    def _may_take(self, slot: Slot) -> bool:
        return slot.state == "waiting" or (slot.state == "failed" and slot.attempts[-1].number in self._again)

    def _do(self, trial: FrozenTrial) -> None:
        held = Held(self.search, trial, self._asked)
        try:
            said = self._result_of(held)
        except TakenOver:
            said = "another worker has it"
        except Interrupted as error:
            with suppress(TakenOver):
                held.give_back()
            raise InputError(
                f"{error}; trial {held.slot} is given back with its state saved, and the same command goes on"
            ) from None
        self.meter.say(f"trial {held.slot} ({words_of(self.search.sweep, held.levels)}): {said}")

    def _result_of(self, held: Held) -> str:
        """Run a trial, and tell the storage what it came to; the same as a line."""
        sweep = self.search.sweep
        place = prepare(self.root, sweep, held.slot, trial_of(sweep, held.levels, sweep.seeds[0]))
        try:
            ended = run_trial(held, place, states_of(self.root), self._asked)
        except Faulty as error:
            held.fail(str(error))
            return f"failed: {error}"
        if ended == "finished":
            held.finish(min(held.nlls.values()))
        else:
            held.cut_short("" if ended == "pruned" else ended)
        clear(place.folder)
        best = f", {min(held.nlls.values()):.3f} nats/point held out" if held.nlls else ""
        return f"{ended} behind epoch {max(held.nlls, default=0)}{best}"

    def _asked(self) -> str:
        return self._signals.asked

    def _show(self, slots: list[Slot]) -> None:
        more = sum(slot.counts for slot in slots) - self.meter.done
        if more:
            self.meter.advance(standing(slots), more)
