"""The study of a search, and how workers take its slots."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import optuna
from optuna.trial import FrozenTrial, TrialState

from penlift.experiments.search.draw import draw, space_of
from penlift.experiments.search.owner import BEAT, OWNER, Owner, Watch
from penlift.experiments.search.slots import CLOSED, SLOT, Slot, comes_too_late, is_closed, slots_of
from penlift.experiments.sweeps.design import Search, Sweep

AGAIN = 0.01  # s before a worker that came too late looks again


class Searched(NamedTuple):
    """A search, as anybody may look at it."""

    study: optuna.Study
    sweep: Sweep
    limits: Search  # of the sweep

    def slots(self) -> list[Slot]:
        """All slots, as they are now."""
        return slots_of(self.study.get_trials(deepcopy=False), self.limits.trials)

    def free(self, trial: FrozenTrial) -> None:
        """Let others have the slot of a running trial."""
        with suppress(optuna.exceptions.UpdateFinishedTrialError):  # somebody else was faster
            self.study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)

    def free_lost(self, watch: Watch) -> None:
        """Let others have the slots of workers that are gone."""
        for trial in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if OWNER in trial.user_attrs and watch.is_gone(trial):
                self.free(trial)

    def take(self, me: Owner, may_take: Callable[[Slot], bool]) -> FrozenTrial | None:
        """A running trial that no other worker has, in the first slot that may be taken.

        None where there is no such slot, or others hold all levels that are left.
        """
        while slot := next((slot for slot in self.slots() if may_take(slot)), None):
            levels = self._levels_for(slot)
            if not levels:
                return None
            if mine := self._claim(slot, levels, me):
                return mine
            time.sleep(AGAIN)
        return None

    def _levels_for(self, slot: Slot) -> dict[str, str]:
        """Those that it had, or new ones; none where all are taken."""
        trials = self.study.get_trials(deepcopy=False)
        taken = [trial.params for trial in trials if trial.state != TrialState.FAIL and not is_closed(trial)]
        taken += [other.levels for other in self.slots() if other.number != slot.number]
        if slot.levels and slot.levels not in taken:
            return slot.levels
        seed = [self.sweep.seeds[0], slot.number, len(slot.attempts)]
        return draw(space_of(self.sweep.levels), trials, taken, seed) or {}

    def _claim(self, slot: Slot, levels: dict[str, str], me: Owner) -> FrozenTrial | None:
        """The trial; None where another worker was faster."""
        told = {SLOT: slot.number, OWNER: [*me], BEAT: 0}
        space = space_of(self.sweep.levels)
        self.study.add_trial(
            optuna.create_trial(state=TrialState.RUNNING, params=levels, distributions={**space}, user_attrs=told)
        )
        trials = self.study.get_trials(deepcopy=False)
        mine = next(trial for trial in reversed(trials) if trial.user_attrs.get(OWNER) == [*me])
        if not comes_too_late(mine, trials):
            return mine
        held(self.study, mine).set_user_attr(CLOSED, True)
        self.free(mine)
        return None


def held(study: optuna.Study, trial: FrozenTrial) -> optuna.Trial:
    """A trial as its worker changes it."""
    return optuna.Trial(study, trial._trial_id)
