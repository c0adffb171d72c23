"""The slots of a search, one a result that counts, read from the trials of its Optuna study.

A worker takes a slot by adding a running trial that names the slot, its levels and the worker, all in one step of the
storage. Of the trials that did not fail, the first of a slot has it; and a trial that failed never changes again. So
however many workers there are, and whenever they are killed, no slot has two results and none is lost.
"""

from collections.abc import Iterable
from typing import NamedTuple

from optuna.trial import FrozenTrial, TrialState

SLOT = "slot"  # of a trial: its slot, from 1
FAULT = "fault"  # why it failed by itself; a trial that failed without one was lost with its worker, or given back
CLOSED = "closed"  # it came too late
ENDED = "ended"  # what cut its training short, if that was no comparison with others


class Slot(NamedTuple):
    """A slot."""

    number: int
    attempts: list[FrozenTrial]  # in their order, without those that came too late

    @property
    def holder(self) -> FrozenTrial | None:
        """The trial that has it or has come to its result."""
        return next((trial for trial in self.attempts if trial.state != TrialState.FAIL), None)

    @property
    def trial(self) -> FrozenTrial | None:
        """The one that speaks for it: its holder, or the last that failed."""
        return self.holder or (self.attempts[-1] if self.attempts else None)

    @property
    def levels(self) -> dict[str, str]:
        """Factor -> level; nothing where nobody ever had it."""
        return dict(self.trial.params) if self.trial else {}

    @property
    def fault(self) -> str:
        """Why it has no result, if its trial failed by itself."""
        return str(self.trial.user_attrs.get(FAULT, "")) if self.trial and not self.holder else ""

    @property
    def state(self) -> str:
        """In a word."""
        if not self.holder:
            return "failed" if self.fault else "waiting"
        if self.holder.state == TrialState.PRUNED:
            return str(self.holder.user_attrs.get(ENDED, "pruned"))
        return {TrialState.COMPLETE: "finished", TrialState.RUNNING: "running"}[self.holder.state]

    @property
    def counts(self) -> bool:
        """Whether it has its result."""
        return self.holder is not None and self.holder.state.is_finished()

    @property
    def nll(self) -> float | None:
        """The best held-out NLL so far, nats a point, offsets / 20."""
        return min(self.trial.intermediate_values.values(), default=None) if self.trial else None

    @property
    def epochs(self) -> int:
        """How many its trial has come through."""
        return max(self.trial.intermediate_values, default=0) if self.trial else 0


def slots_of(trials: Iterable[FrozenTrial], count: int) -> list[Slot]:
    """All slots of a search, from the trials of its study in their order."""
    slots = [Slot(number, []) for number in range(1, count + 1)]
    for trial in trials:
        number = trial.user_attrs.get(SLOT, 0)  # none of ours where somebody else has added it
        if 1 <= number <= count and not is_closed(trial):
            slots[number - 1].attempts.append(trial)
    return slots


def is_closed(trial: FrozenTrial) -> bool:
    """Whether its worker gave way: such a trial has nothing, even where the storage was away before it could fail."""
    return CLOSED in trial.user_attrs


def comes_too_late(trial: FrozenTrial, trials: Iterable[FrozenTrial]) -> bool:
    """Whether an earlier one has its slot or its levels."""
    return any(
        other.number < trial.number
        and other.state != TrialState.FAIL
        and not is_closed(other)
        and (other.user_attrs.get(SLOT) == trial.user_attrs[SLOT] or other.params == trial.params)
        for other in trials
    )
