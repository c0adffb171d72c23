"""A trial of a search in the hands of its worker."""

import time
from collections.abc import Callable
from typing import TypeVar

from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState

from penlift.experiments.search.owner import BEAT, BEATS
from penlift.experiments.search.slots import ENDED, FAULT, SLOT
from penlift.experiments.search.storage import patiently
from penlift.experiments.search.study import Searched, held

Answer = TypeVar("Answer")


class TakenOver(Exception):  # noqa: N818  (says what happened)
    """The others took this worker for gone, and its trial is theirs by now."""


class Held:
    """What a worker says of its trial: late where the storage is away, and TakenOver where others have it by now."""

    def __init__(self, search: Searched, trial: FrozenTrial, asked_to_stop: Callable[[], object]) -> None:
        self.slot, self.levels = int(trial.user_attrs[SLOT]), dict(trial.params)
        self._search, self._asked_to_stop = search, asked_to_stop
        self._trial = patiently(lambda: held(search.study, trial), asked_to_stop)
        self._beats, self._due = 0, time.monotonic() + BEATS
        self.nlls: dict[int, float] = {}  # by epoch

    def beat(self) -> None:
        """Say that this worker is there, every so often."""
        if time.monotonic() >= self._due:
            self._beats, self._due = self._beats + 1, time.monotonic() + BEATS
            self._say(lambda: self._trial.set_user_attr(BEAT, self._beats))

    def report(self, epoch: int, nll: float) -> None:
        """Say what an epoch came to, once."""
        if epoch not in self.nlls:
            self._say(lambda: self._trial.report(nll, epoch))
            self.nlls[epoch] = nll

    def is_poor(self) -> bool:
        """Whether it compares so poorly with the others that it should end here."""
        return self._say(self._trial.should_prune)

    def finish(self, nll: float) -> None:
        """It has come to its end."""
        self._tell(TrialState.COMPLETE, nll)

    def cut_short(self, why: str = "") -> None:
        """It ends before its time, and counts; `why`: where it did not end by comparison."""
        if why:
            self._say(lambda: self._trial.set_user_attr(ENDED, why))
        self._tell(TrialState.PRUNED)

    def fail(self, why: str) -> None:
        """It failed by itself."""
        self._say(lambda: self._trial.set_user_attr(FAULT, why))
        self.give_back()

    def give_back(self) -> None:
        """Somebody else may go on with it."""
        self._tell(TrialState.FAIL)

    def _tell(self, state: TrialState, nll: float | None = None) -> None:
        number, study = self._trial.number, self._search.study
        try:
            self._say(lambda: study.tell(number, nll, state))
        except TakenOver:  # or it was told, and the storage went away before it could say so
            if self._say(lambda: study.get_trials(deepcopy=False)[number].state) != state:
                raise

    def _say(self, ask: Callable[[], Answer]) -> Answer:
        try:
            return patiently(ask, self._asked_to_stop)
        except (UpdateFinishedTrialError, ValueError):
            raise TakenOver from None
