"""A search as a person wants to see it."""

from collections.abc import Sequence

from optuna.trial import TrialState

from penlift.common.terminal import in_columns
from penlift.experiments.search.slots import Slot


def table(slots: Sequence[Slot], factors: Sequence[str]) -> str:
    """A row a trial, the lowest held-out NLL first."""
    short = [factor.rsplit(".", 1)[-1] for factor in factors]
    rows = [["trial", "NLL held out", "state", "epochs", *short]]
    for slot in sorted(slots, key=lambda slot: (not slot.counts, slot.nll is None, slot.nll or 0, slot.number)):
        nll = "" if slot.nll is None else f"{slot.nll:.3f}"
        levels = [slot.levels.get(factor, "") for factor in factors]
        rows.append([str(slot.number), nll, slot.state, str(slot.epochs or ""), *levels])
    return f"{in_columns(rows)}\n\nNLL: nats a point, offsets / 20. {standing(slots)}"


def standing(slots: Sequence[Slot]) -> str:
    """How far a search is, in a line."""
    states = [slot.state for slot in slots]
    words = ("finished", "pruned", "diverged", "running", "failed", "waiting")
    counts = [f"{states.count(word)} {word}" for word in words if word in states]
    best = best_of(slots)
    return ", ".join([*counts, *([f"best {best.nll:.3f} (trial {best.number})"] if best else [])])


def best_of(slots: Sequence[Slot]) -> Slot | None:
    """The finished trial with the lowest held-out NLL."""
    finished = [slot for slot in slots if slot.holder and slot.holder.state == TrialState.COMPLETE]
    return min(finished, key=lambda slot: (slot.nll is None, slot.nll or 0, slot.number), default=None)


def faults_in(slots: Sequence[Slot]) -> list[str]:
    """Why trials failed, a line each."""
    return [f"trial {slot.number} failed: {slot.fault}" for slot in slots if slot.fault]
