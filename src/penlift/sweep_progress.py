"""How far a sweep is: epochs of all its trials, finished and running."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Self

from penlift.journal import read_events
from penlift.params import read_params
from penlift.progress import Meter
from penlift.queue_processes import pids
from penlift.state_folder import JOURNAL, PID, pid_in, states_of
from penlift.trials import Trial


class SweepProgress:
    """A meter of epochs, which trials of one network have in common with those of another."""

    def __init__(self, trials: list[Trial], root: Path, queue: Path, done: Iterable[str]) -> None:
        """`queue`: the repository that has the running trials; `done`: the names of those that were finished before."""
        epochs = read_params(root / "params.yaml")["train"]["epochs"]
        self._epochs = {trial.name: int(str(trial.settings.get("train.epochs", epochs))) for trial in trials}
        self._states, self._queue = states_of(root), queue
        self._finished = set(done)
        self._meter = Meter("sweep", sum(self._epochs.values()), sum(self._epochs[name] for name in self._finished))

    def __enter__(self) -> Self:
        self._meter.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        self._meter.__exit__(*failure)

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self._meter.say(text)

    def finished(self, names: Iterable[str]) -> None:
        """These trials have come to their ends."""
        new = [name for name in names if name in self._epochs and name not in self._finished]
        self._finished.update(new)
        if new:
            self.say(f"{len(self._finished)} of {len(self._epochs)} trials are finished: {', '.join(new)}")
        self.look()

    def only(self, names: Collection[str]) -> None:
        """These trials are finished and no others: what older code has made is none of them."""
        self._finished.intersection_update(names)
        self.finished(names)

    def look(self) -> None:
        """See how far the running ones are."""
        running = self._running()
        more = sum(self._epochs[name] for name in self._finished) + sum(running) - self._meter.done
        note = f"epochs; {len(self._finished)} of {len(self._epochs)} trials finished, {len(running)} in training"
        if more > 0:
            self._meter.advance(note, more)
        else:
            self._meter.note = note

    def _running(self) -> list[int]:
        """Epochs that each training under way has behind it."""
        known = pids(self._queue)
        folders = [file.parent for file in self._states.glob(f"*/{PID}") if pid_in(file.parent) in known]
        return [sum("epoch" in event for event in read_events(folder / JOURNAL)) for folder in folders]
