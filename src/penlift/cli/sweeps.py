"""The commands `penlift sweep`, `answer`, `search` and `promote`: one question to many trainings, and its answer."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from penlift.cli.compare import write_comparison
from penlift.cli.options import ROOT, SWEEP_FILE
from penlift.common.errors import InputError
from penlift.experiments.sweeps.design import read_sweep

if TYPE_CHECKING:
    from penlift.experiments.search.study import Searched
    from penlift.experiments.sweeps.design import Sweep
    from penlift.experiments.sweeps.finished import Tried

SWEEP_EXAMPLES = """\b
Examples:
  penlift sweep sweeps/first-answer.yaml               # as many trials at a time as there are cores
  penlift sweep sweeps/first-answer.yaml --at-once 1
  penlift sweep sweeps/first-answer.yaml --dry-run     # the plain DVC commands that it stands for"""


@click.command(epilog=SWEEP_EXAMPLES)
@SWEEP_FILE
@click.option("--at-once", type=click.IntRange(min=1),
              help="Trials at a time, which share the cores; else as many as there is room for.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Print the DVC commands, and run nothing.")
@ROOT
def sweep(file: Path, at_once: int | None, dry_run: bool, root: Path) -> None:
    """Run all trials of a sweep FILE on DVC's queue, and write what they answer to reports/sweeps.

    Each becomes a DVC experiment and an MLflow run. Stopped or killed, the same command goes on: what is finished is
    not run again, what failed is. Ends with status 1 where a trial failed.
    """
    from penlift.common.machine import cores
    from penlift.common.params import read_params
    from penlift.experiments.sweeps.design import check_trials, read_sweep, trials_of
    from penlift.experiments.sweeps.finished import tried_of
    from penlift.experiments.sweeps.queue import queued
    from penlift.experiments.sweeps.sweep import Sweeping, as_begun, note_of, share_out
    from penlift.tracking.outbox import told, waiting
    from penlift.tracking.outcome import SWEEP
    from penlift.tracking.store import Store
    from penlift.training.folder import states_of

    asked = read_sweep(file)
    check_trials(trials_of(asked), root / "params.yaml")
    processes = read_params(root / "params.yaml")["train"]["processes"]
    asked, at_once = share_out(as_begun(asked, note_of(asked, root)), at_once, cores(), processes)
    trials = trials_of(asked)
    if dry_run:
        click.echo("\n".join(shlex.join(queued(trial.name, trial.settings)) for trial in trials))
        click.echo(f"{SWEEP}={asked.name} dvc queue start --jobs {at_once}")
        return
    sweeping = Sweeping(asked, trials, root)
    failures = sweeping.run(at_once)
    if sweeping.finished:
        write_answer(asked, tried_of(trials, sweeping.finished, root), root)
    if left := waiting(states_of(root), store := Store.of(root)):
        click.echo(told(left, store), err=True)
    for failure in failures:
        click.echo(f"failed: {failure.trial.name}: {failure.reason}; {failure.log or ''}", err=True)
    if failures:
        raise InputError(f"{len(failures)} of {len(trials)} trials failed; the same command tries them again")


STORAGE = click.option("--storage", metavar="URL", envvar="PENLIFT_STORAGE", show_envvar=True,
                       help="Database of the trials; a file in .state, if it is not said.")  # fmt: skip
SEARCH = """\b
Examples:
  penlift search sweeps/small.yaml
  for i in 1 2 3 4; do penlift search sweeps/small.yaml & done; wait
  export PENLIFT_STORAGE=postgresql://penlift@db.example.org/searches
  torchrun --nproc-per-node 2 --no-python penlift search sweeps/small.yaml
  penlift search sweeps/small.yaml --show"""
PROMOTE = """\b
Examples:
  penlift promote sweeps/small.yaml
  dvc exp apply small-best     # what it made, brought into the workspace"""


@click.command(epilog=SEARCH)
@SWEEP_FILE
@STORAGE
@ROOT
@click.option("--show", is_flag=True, help="Only print the table of trials.")
def search(file: Path, storage: str | None, root: Path, show: bool) -> None:
    """Search the factors of a sweep FILE for the lowest held-out NLL, cutting poor trials short.

    Each such command is a worker that ends when all trials have their results; start as many as there are processors
    to spare, anywhere. One that is killed or stopped costs nothing: another goes on with its trial.
    """
    from penlift.experiments.search.storage import answering
    from penlift.experiments.search.table import faults_in, table

    with answering():
        found = search_in(file, storage, root) if show else _work(file, storage, root)
        slots = found.slots()
    click.echo(table(slots, list(found.sweep.levels)))
    for fault in faults_in(slots):
        click.echo(fault)
    if not show and (faults := len(faults_in(slots))):
        raise InputError(f"{faults} of {len(slots)} trials failed; mend what they say, and type the command again")


@click.command(epilog=PROMOTE)
@SWEEP_FILE
@STORAGE
@ROOT
def promote(file: Path, storage: str | None, root: Path) -> None:
    """Make the best finished trial of a search the DVC experiment NAME-best, the workspace left as it is.

    On the machine that trained it, or one of its type that shares its .state, its training is not repeated.
    """
    from penlift.experiments.search.promotion import promoted
    from penlift.experiments.search.storage import answering
    from penlift.experiments.search.table import best_of

    with answering():
        found = search_in(file, storage, root)
        best = best_of(found.slots())
    if best is None:
        raise InputError(f"search {found.sweep.name} has no finished trial; `penlift search {file}` makes them")
    name = promoted(found.sweep, best, root)
    click.echo(f"trial {best.number} is experiment {name}; `dvc exp apply {name}` brings it into the workspace")


def search_in(file: Path, storage: str | None, root: Path) -> "Searched":
    """The search of a sweep file, which has begun, and with what the file and the checkout say now."""
    from penlift.experiments.search.beginning import agree, asked_of, opened
    from penlift.experiments.search.storage import storage_of

    sweep = read_sweep(file)
    found = opened(sweep, storage_of(storage, root, sweep.name), None)
    agree(found, asked_of(sweep, root))
    return found


def _work(file: Path, storage: str | None, root: Path) -> "Searched":
    from penlift.common.processes import Signals
    from penlift.common.terminal import Meter
    from penlift.experiments.search.beginning import asked_of, check, opened
    from penlift.experiments.search.storage import storage_of
    from penlift.experiments.search.worker import Worker

    sweep = read_sweep(file)
    check(sweep, root, file)
    found = opened(sweep, storage_of(storage, root, sweep.name), asked_of(sweep, root))
    done = sum(slot.counts for slot in found.slots())
    with Signals() as signals, Meter(f"search {sweep.name}", found.limits.trials, done) as meter:
        Worker(found, root, signals, meter).work()
    return found


ANSWER_EXAMPLES = """\b
Examples:
  penlift answer sweeps/first-answer.yaml             # also while the sweep goes on
  penlift answer sweeps/small.yaml --search           # of the trials of `penlift search`"""
SEED = 1  # of the bootstrap


@click.command(epilog=ANSWER_EXAMPLES)
@SWEEP_FILE
@click.option("--search", "searched", is_flag=True, help="Of a search: its trials that came to their end here.")
@STORAGE
@ROOT
def answer(file: Path, searched: bool, storage: str | None, root: Path) -> None:
    """Say what the trials of a sweep FILE come to that are finished: tables, and a page, in reports/sweeps.

    A trial counts if its parameters, code and data are those that the checkout has now, and its results are kept; one
    of a search, if its parameters and data are.
    """
    from penlift.experiments.repository import snapshot
    from penlift.experiments.sweeps.design import read_sweep, trials_of
    from penlift.experiments.sweeps.finished import finished_of, tried_of
    from penlift.experiments.sweeps.sweep import as_begun, note_of

    if searched:
        from penlift.experiments.search.results import results_of
        from penlift.experiments.search.storage import answering

        with answering():
            found = search_in(file, storage, root)
            tried = results_of(found, root)
        write_answer(found.sweep, tried, root, found.limits.trials)
        return
    if click.get_current_context().get_parameter_source("storage") == ParameterSource.COMMANDLINE:
        # it may also be set for the searches of this shell; and it may hold a password
        raise InputError("--storage has trials of a search; add --search")
    asked = read_sweep(file)
    asked = as_begun(asked, note_of(asked, root))
    trials = trials_of(asked)
    finished = finished_of(trials, root, snapshot(root))
    write_answer(asked, tried_of(trials, finished, root), root)


def write_answer(asked: "Sweep", tried: "list[Tried]", root: Path, slots: int | None = None) -> None:
    """Write page and tables below `root`, and print the answer; `slots`: of a search, how many trials it has."""
    from penlift.experiments.sweeps.answer import answer_of
    from penlift.experiments.sweeps.answer_page import page_of_answer, text_of_answer

    found = answer_of(asked, tried, SEED, slots)
    out = root / "reports" / "sweeps" / (f"{asked.name}-search" if found.searched else asked.name)
    write_comparison(found, text_of_answer(found), page_of_answer(found), out)
