"""A sweep from its first trial to its last, whatever stopped it before: what is finished is not run again."""

import time
from pathlib import Path
from typing import Any

from penlift.common.errors import InputError
from penlift.common.params import read_params
from penlift.common.processes import Signals, alone_in
from penlift.common.terminal import Meter
from penlift.experiments.repository import Experiment
from penlift.experiments.sweeps.design import Sweep, Trial, applied
from penlift.experiments.sweeps.finished import finished_of
from penlift.experiments.sweeps.runner import Runner, Running, stop, stop_if_asked
from penlift.training.folder import states_of

SWEEPS = "sweeps"  # beside the trainings: a folder a sweep, with the clones of its trials and their logs
LOOK = 1.0  # s between two looks at the trials


def trials_at_once(trials: list[Trial], params: dict[str, Any], cores: int) -> int:
    """How many of the trials there are cores for at a time, by the threads and processes of the largest."""
    sections = [applied(params, trial.settings)["train"] for trial in trials]
    return max(1, cores // max(int(train["threads"] * train["processes"]) for train in sections))


class Sweeping:
    """A sweep of a checkout."""

    def __init__(self, sweep: Sweep, trials: list[Trial], root: Path) -> None:
        """`trials`: those of the sweep that are wanted."""
        self.sweep, self.root, self.trials = sweep, root, trials
        self.folder = states_of(root) / SWEEPS / sweep.name
        self.finished: dict[str, Experiment] = {}  # by trial, once it has been run
        self._failures: list[str] = []  # a trial each, why, and its log
        self._running: list[Running] = []
        epochs = read_params(root / "params.yaml")["train"]["epochs"]
        self._epochs = {trial.name: int(str(trial.settings.get("train.epochs", epochs))) for trial in self.trials}

    def run(self, at_once: int) -> list[str]:
        """Run what is not finished yet, so many trials at a time; what failed."""
        with alone_in(self.folder, "runs this sweep"), Signals() as signals:
            runner = Runner(self.root, self.folder, self.sweep.name)
            runner.tidy()
            self.finished = finished_of(self.trials, self.root, runner.commit)
            left = [trial for trial in self.trials if trial.name not in self.finished]
            try:
                with Meter("sweep", sum(self._epochs.values()), self._behind()) as meter:
                    meter.say(f"what is said of each trial is in {self.folder}/*.log")
                    while left or self._running:
                        while left and len(self._running) < at_once:
                            self._running.append(runner.begin(left.pop(0)))
                        self._look(meter)
                        stop_if_asked(signals)
                        time.sleep(LOOK)
            except InputError:
                stop_if_asked(signals)  # Ctrl-C ends the programs that are called here, too
                raise
            finally:
                stop(self.folder)
                for running in self._running:
                    running.remove()
        return self._failures

    def _look(self, meter: Meter) -> None:
        """Take over what has ended, and see how far the others are."""
        for running in [each for each in self._running if each.has_ended()]:
            if why := running.failure():
                self._failures.append(f"{running.name}: {why}; {running.log}")
                meter.say(f"{running.name} failed: {why}")
            else:
                self.finished[running.name] = running.take_over()
                meter.say(f"{len(self.finished)} of {len(self.trials)} trials are finished: {running.name}")
            self._running.remove(running)
            running.remove()
        meter.note = f"epochs; {len(self.finished)} of {len(self.trials)} trials finished, {len(self._running)} at work"
        if more := max(0, self._behind() - meter.done):
            meter.advance(meter.note, more)

    def _behind(self) -> int:
        """Epochs that all trials have behind them."""
        under_way = sum("epoch" in event for running in self._running for event in running.events())
        return sum(self._epochs[name] for name in self.finished) + under_way
