"""A search: a sweep's factors tried adaptively, by any number of workers that share an Optuna study.

A worker draws levels that nobody has, trains, and reports each epoch, behind which Optuna may cut the trial short.
While at a trial it holds a lock that goes with its process: where that is free the trial has failed, and its levels
wait to be taken up, with what was learned so far; of workers elsewhere Optuna's heartbeat says so.
"""

import itertools
import math
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import optuna
from filelock import FileLock, Timeout
from optuna.exceptions import StorageInternalError
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from penlift.common.errors import InputError
from penlift.common.processes import Signals
from penlift.common.terminal import Meter, in_columns
from penlift.evaluation.results import A_POINT, read_table
from penlift.experiments.repository import data_at, params_at
from penlift.experiments.storage import again
from penlift.experiments.sweeps.design import Search, Sweep, Trial, check_trials, sections_of, trial_of, words_of
from penlift.experiments.sweeps.runner import CLONES, Runner, Running, stop, stop_if_asked
from penlift.ink.scales import point_of, rate_in

BEGAN = "asked"  # of the study: what all its trials have in common
FAULT = "fault"  # of a trial: why it failed by itself
STATES = {
    TrialState.COMPLETE: "finished", TrialState.PRUNED: "cut short", TrialState.FAIL: "failed",
    TrialState.RUNNING: "running", TrialState.WAITING: "waiting",
}  # fmt: skip
RESULTS = (TrialState.COMPLETE, TrialState.PRUNED)
ALIVE = (*RESULTS, TrialState.RUNNING, TrialState.WAITING)
HISTORY = Path("reports", "train", "history.csv")
NLL = f"valid_{A_POINT}"  # of an epoch, offsets / 20
LOOK = 0.5  # s between two looks at a trial
FAULTS = 3  # trials that fail one after another, before a worker gives up: the disk may be full
CHECKED = 1_000  # combinations that are checked before the first trial, drawn by chance


class Searched(NamedTuple):
    """A search, as anybody may look at it."""

    study: optuna.Study
    sweep: Sweep
    limits: Search  # of the sweep
    point: str  # what likelihoods of all its trials are of

    def trials(self, *states: TrialState) -> list[FrozenTrial]:
        """Those in these states that have drawn their levels, as they are now."""
        found = self.study.get_trials(deepcopy=False, states=states)
        return [trial for trial in found if trial.params.keys() == self.sweep.levels.keys()]

    @property
    def taken(self) -> list[dict[str, Any]]:
        """The levels of trials that count, run or wait."""
        found = self.study.get_trials(deepcopy=False, states=ALIVE)
        return [trial.params or trial.system_attrs.get("fixed_params", {}) for trial in found]

    @property
    def results(self) -> list[FrozenTrial]:
        """Those that count, finished or cut short."""
        return self.trials(*RESULTS)

    @property
    def best(self) -> FrozenTrial | None:
        """The finished one with the lowest held-out NLL."""
        return min(self.trials(TrialState.COMPLETE), key=lambda trial: (nll_of(trial), trial.number), default=None)

    @property
    def faults(self) -> list[FrozenTrial]:
        """Those that failed by themselves, but for levels that somebody is at, or has a result of."""
        alive = self.taken
        last = {tuple(one.params.items()): one for one in self.trials(TrialState.FAIL) if FAULT in one.user_attrs}
        return [trial for trial in last.values() if trial.params not in alive]

    def trial(self, trial: FrozenTrial) -> Trial:
        """A trial as a sweep has it."""
        return trial_of(self.sweep, trial.params, self.sweep.seeds[0])


def nll_of(trial: FrozenTrial) -> float:
    """The best held-out NLL so far, nats a point, offsets / 20."""
    told = trial.intermediate_values.values()
    return min((nll for nll in told if isinstance(nll, float)), default=math.inf)  # a damaged journal may have others


def opened(sweep: Sweep, storage: BaseStorage, root: Path, commit: str, begin: bool = False) -> Searched:
    """The search of a sweep, which began with what the file and the checkout have at this commit; else InputError."""
    limits, combinations = sweep.search, math.prod(map(len, sweep.levels.values()))
    if limits is None:
        raise InputError(f"search is null in the file of {sweep.name}; write, say: search: {{trials: 24, warm_up: 2}}")
    if limits.trials > combinations:
        raise InputError(
            f"search.trials is {limits.trials}, but the factors have {combinations} combinations; lower it"
        )
    pruner = MedianPruner(n_startup_trials=limits.warm_up, n_warmup_steps=limits.warm_up)
    try:
        if begin:
            some = itertools.islice(_shuffled(sweep, random.Random(sweep.seeds[0])), CHECKED)
            check_trials([trial_of(sweep, levels, sweep.seeds[0]) for levels in some], root / "params.yaml")
            study = optuna.create_study(study_name=sweep.name, storage=storage, pruner=pruner, load_if_exists=True)
        else:
            study = optuna.load_study(study_name=sweep.name, storage=storage, pruner=pruner)
    except KeyError:
        raise InputError(f"no search {sweep.name} has begun there; `penlift search FILE` begins it") from None
    params = params_at(root, commit)
    asked = {
        "levels": sweep.levels, "settings (set)": sweep.set, "seed": sweep.seeds[0],
        "parameters in params.yaml": params, "data": data_at(root, commit),
    }  # fmt: skip
    if BEGAN not in study.user_attrs:
        study.set_user_attr(BEGAN, asked)  # of several workers that begin at once, each says the same
    began = study.user_attrs[BEGAN]
    if others := sorted(key for key, value in asked.items() if began.get(key) != value):
        raise InputError(
            f"search {sweep.name} began with other {', '.join(others)}; put them back, or give the file another name"
        )
    first = sections_of(trial_of(sweep, sweep.reference, sweep.seeds[0]).settings)  # no trial has another rate
    normalise = params.get("normalise", {}) | first.get("normalise", {})
    return Searched(study, sweep, limits, point_of(rate_in({"normalise": normalise})))


def _shuffled(sweep: Sweep, draw: random.Random) -> Iterator[dict[str, str]]:
    """All combinations of levels, those of each factor in an order by chance."""
    orders = [draw.sample(list(levels), len(levels)) for levels in sweep.levels.values()]
    return (dict(zip(sweep.levels, chosen, strict=True)) for chosen in itertools.product(*orders))


class Worker:
    """This process, at work for a search."""

    def __init__(self, search: Searched, runner: Runner, signals: Signals, meter: Meter) -> None:
        self._search, self._runner, self._signals, self._meter = search, runner, signals, meter
        self._epochs = int(params_at(runner.root, runner.commit)["train"]["epochs"])
        self._number, self._faults = 0, 0  # of the trial at work; of trials that failed one after another
        self._failed: list[dict[str, Any]] = []  # levels that have failed here

    def work(self) -> None:
        """Try levels until there are as many results as are wanted, or nothing is left to be tried.

        Asked to stop, it raises InputError, and its trial's levels wait for whoever comes next.
        """
        study = self._search.study
        while self._is_wanted():
            number = len(study.get_trials(deepcopy=False))  # so one worker alone draws the same again
            study.sampler = TPESampler(seed=self._search.sweep.seeds[0] * 10_000 + number)
            try:
                with ExitStack() as held:
                    study.optimize(partial(self._try, held=held), n_trials=1, callbacks=[self._tell])
            except StorageInternalError:  # what was told of the trial is not known: it is free now, or waits
                self._faults += 1
                self._meter.say("the storage went away in the midst of a trial, whose levels are tried again")
            except InputError as error:
                again(study, study.get_trials()[self._number])
                stop_if_asked(self._signals)
                raise InputError(
                    f"{error}; trial {self._number} waits with its state saved, and the same command goes on"
                ) from None
            except ValueError:  # Optuna's, who takes nothing of a trial that others have been told to take up
                if study.get_trials(deepcopy=False)[self._number].state == TrialState.RUNNING:
                    raise
                self._meter.say(f"trial {self._number}: the others took this worker for gone, and have it now")

    def _is_wanted(self) -> bool:
        """Whether another trial is, once others leave some levels."""
        while len(self._search.results) < self._search.limits.trials and self._faults < FAULTS:
            stop_if_asked(self._signals)
            self._recover()
            if self._search.study.get_trials(deepcopy=False, states=(TrialState.WAITING,)) or self._untried():
                return True
            if not self._search.trials(TrialState.RUNNING):
                break
            time.sleep(LOOK)  # a worker may be killed yet
        return False

    def _untried(self) -> dict[str, str]:
        """Levels that nobody has, by chance, and that have not failed here; nothing where there are none."""
        taken = [*self._search.taken, *self._failed]
        every = _shuffled(self._search.sweep, random.Random(len(taken)))
        return next((levels for levels in every if levels not in taken), {})

    def _recover(self) -> None:
        """Let levels be tried again whose workers are gone, what those have left at work stopped."""
        study = self._search.study
        for trial in self._search.trials(TrialState.RUNNING):
            if (lock := self._lock(name := self._search.trial(trial).name)).is_file():  # else it is at work elsewhere
                with suppress(Timeout), FileLock(lock).acquire(timeout=0):
                    stop(self._runner.folder / CLONES / name)
                    if study.get_trials(deepcopy=False)[trial.number].state == TrialState.RUNNING:
                        study.tell(trial.number, state=TrialState.FAIL)
                        again(study, trial)

    def _lock(self, name: str) -> Path:
        return self._runner.folder / f"{name}.lock"

    def _try(self, trial: optuna.Trial, held: ExitStack) -> float:
        """Optuna's objective: the best held-out NLL of levels that it draws, whose lock is held until that is told.

        NaN, which Optuna takes for failed, of a trial that failed by itself, and of levels that others have.
        """
        self._number, search = trial.number, self._search
        levels = {factor: trial.suggest_categorical(factor, list(each)) for factor, each in search.sweep.levels.items()}
        wanted = trial_of(search.sweep, levels, search.sweep.seeds[0])
        try:
            held.enter_context(FileLock(self._lock(wanted.name)).acquire(timeout=0))
            elsewhere = [one for one in search.trials(TrialState.RUNNING) if one.number < trial.number]
            taken = levels in [*(one.params for one in [*search.results, *elsewhere]), *self._failed]
        except Timeout:
            taken = True
        if taken:
            if untried := self._untried():
                search.study.enqueue_trial(untried)
            return math.nan
        running = self._runner.begin(wanted)
        self._meter.say(f"trial {trial.number} ({words_of(search.sweep, levels)}): what it says is in {running.log}")
        try:
            return self._follow(trial, running, int(str(wanted.settings.get("train.epochs", self._epochs))))
        finally:
            running.remove()

    def _follow(self, trial: optuna.Trial, running: Running, last: int) -> float:
        """Report the epochs of a trial to its good end; `last`: behind that one there is no time to cut it short."""
        told = set[int]()
        while not running.has_ended():
            stop_if_asked(self._signals)
            new = _report(trial, (event for event in running.events() if "epoch" in event), told)
            if new and max(told) < last and trial.should_prune():
                raise optuna.TrialPruned
            time.sleep(LOOK)
        if not (why := running.failure()):
            _report(trial, ({**row} for _, row in read_table(running.clone / HISTORY).iterrows()), told)
            running.take_over()
            return nll_of(self._search.study.get_trials(deepcopy=False)[trial.number])
        ended = running.cut_short_by()
        if ended == "Diverged":  # as it would again
            raise optuna.TrialPruned
        if ended == "Stopped":
            raise InputError("somebody stopped its trainer")
        trial.set_user_attr(FAULT, why)
        self._failed.append(trial.params)
        return math.nan

    def _tell(self, _study: optuna.Study, trial: FrozenTrial) -> None:
        """Say what became of a trial."""
        self._faults = self._faults + 1 if FAULT in trial.user_attrs else 0
        self._meter.advance(standing(self._search), max(0, len(self._search.results) - self._meter.done))
        if trial.state != TrialState.FAIL or FAULT in trial.user_attrs:
            said = _said(trial, self._search.point)
            self._meter.say(f"trial {trial.number} ({words_of(self._search.sweep, trial.params)}): {said}")


def _report(trial: optuna.Trial, epochs: Iterable[Mapping[str, Any]], told: set[int]) -> bool:
    """Tell Optuna of epochs that it was not told of yet, and whose NLL is a number; whether there were any."""
    before = len(told)
    for row in epochs:
        if (epoch := int(row["epoch"])) not in told and math.isfinite(nll := float(row[NLL] or "nan")):
            trial.report(nll, epoch)
            told.add(epoch)
    return len(told) > before


def _said(trial: FrozenTrial, point: str) -> str:
    if FAULT in trial.user_attrs:
        return f"failed: {trial.user_attrs[FAULT]}"
    behind = f"{STATES[trial.state]} behind epoch {max(trial.intermediate_values, default=0)}"
    return f"{behind}, {nll_of(trial):.3f} nats/{point} held out" if trial.intermediate_values else behind


def trials_table(search: Searched) -> str:
    """A row a trial, the lowest held-out NLL first; then why trials failed."""
    factors, faults = list(search.sweep.levels), search.faults
    rows = [["trial", "NLL held out", "state", "epochs", *(factor.rsplit(".", 1)[-1] for factor in factors)]]
    shown = [*search.trials(*ALIVE), *faults]
    for trial in sorted(shown, key=lambda one: (one.state not in RESULTS, nll_of(one), one.number)):
        known, levels = trial.intermediate_values, [str(trial.params[factor]) for factor in factors]
        nll = f"{nll_of(trial):.3f}" if known else ""
        rows.append([str(trial.number), nll, STATES[trial.state], str(max(known, default="")), *levels])
    why = (f"trial {trial.number} failed: {trial.user_attrs[FAULT]}" for trial in faults)
    return "\n".join([in_columns(rows), "", f"NLL: nats a {search.point}, offsets / 20. {standing(search)}", *why])


def standing(search: Searched) -> str:
    """How far a search is, in a line."""
    best = f", best {nll_of(search.best):.3f} (trial {search.best.number})" if search.best else ""
    return f"{len(search.results)} of {search.limits.trials} results (each worker but one may add one more){best}"
