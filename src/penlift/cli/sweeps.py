"""The commands `penlift sweep`, `answer`, `search` and `promote`: one question to many trainings, and its answer."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from penlift.cli.compare import write_comparison
from penlift.cli.options import ROOT, SWEEP_FILE
from penlift.common.errors import InputError

if TYPE_CHECKING:
    from penlift.experiments.search import Searched
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
              help="Trials at a time; else as many as there are cores for, by train.threads.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Print the DVC commands, and run nothing.")
@ROOT
def sweep(file: Path, at_once: int | None, dry_run: bool, root: Path) -> None:
    """Run all trials of a sweep FILE, each by `dvc exp run`, and write what they answer to reports/sweeps.

    Each becomes a DVC experiment and an MLflow run. Stopped or killed, the same command goes on: what is finished is
    not run again, what failed is. Ends with status 1 where a trial failed.
    """
    from penlift.common.machine import cores
    from penlift.common.params import read_params
    from penlift.experiments.sweeps.design import check_trials, read_sweep, trials_of
    from penlift.experiments.sweeps.finished import tried_of
    from penlift.experiments.sweeps.runner import command_of
    from penlift.experiments.sweeps.sweep import Sweeping, trials_at_once
    from penlift.tracking.outbox import told, waiting
    from penlift.tracking.outcome import SWEEP
    from penlift.tracking.store import Store
    from penlift.training.folder import states_of

    asked = read_sweep(file)
    check_trials(trials := trials_of(asked), root / "params.yaml", asked.judged_by)
    if dry_run:
        click.echo(f"export {SWEEP}={asked.name}")
        click.echo("\n".join(shlex.join(command_of(trial.name, trial.settings, "--temp")) for trial in trials))
        return
    sweeping = Sweeping(asked, trials, root)
    failures = sweeping.run(at_once or trials_at_once(trials, read_params(root / "params.yaml"), cores()))
    if sweeping.finished:
        write_answer(asked, tried_of(trials, sweeping.finished, root), root)
    if left := waiting(states_of(root), store := Store.of(root)):
        click.echo(told(left, store), err=True)
    for failure in failures:
        click.echo(f"failed: {failure}", err=True)
    if failures:
        raise InputError(f"{len(failures)} of {len(trials)} trials failed; the same command tries them again")


STORAGE = click.option("--storage", metavar="URL", envvar="PENLIFT_STORAGE", show_envvar=True,
                       help="Database of the trials; a file in .state, if it is not said.")  # fmt: skip
SEARCH = """\b
Examples:
  penlift search sweeps/small.yaml
  for i in 1 2 3 4; do penlift search sweeps/small.yaml & done; wait
  export PENLIFT_STORAGE=postgresql://penlift@db.example.org/searches
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

    Each such command is a worker that ends when there are as many results as the file says; start as many as there are
    processors to spare, anywhere. One that is killed or stopped costs nothing: another goes on with its trial.
    """
    from penlift.common.processes import Signals
    from penlift.common.terminal import Meter
    from penlift.experiments.search import Worker, opened, trials_table
    from penlift.experiments.storage import answering, folder_of, storage_of
    from penlift.experiments.sweeps.design import read_sweep
    from penlift.experiments.sweeps.runner import Runner

    with answering():
        if show:
            found = search_in(file, storage, root)
        else:
            asked = read_sweep(file)
            with Signals() as signals:
                kept = storage_of(storage, root, asked.name, lambda: signals.asked)
                runner = Runner(root, folder_of(root, asked.name), asked.name)
                found = opened(asked, kept, root, runner.commit, begin=True)
                with Meter(f"search {asked.name}", found.limits.trials, len(found.results)) as meter:
                    Worker(found, runner, signals, meter).work()
        click.echo(trials_table(found))
        faults = len(found.faults)
    if faults and not show:
        raise InputError(f"{faults} trials failed; mend what they say, and type the command again")


@click.command(epilog=PROMOTE)
@SWEEP_FILE
@STORAGE
@ROOT
def promote(file: Path, storage: str | None, root: Path) -> None:
    """Call the best finished trial of a search NAME-best, a DVC experiment; the workspace stays as it is."""
    from penlift.experiments.repository import call, snapshot
    from penlift.experiments.storage import answering
    from penlift.experiments.sweeps.finished import finished_of
    from penlift.experiments.sweeps.runner import command_of

    with answering():
        found = search_in(file, storage, root)
        best = found.best
    if best is None:
        raise InputError(f"search {found.sweep.name} has no finished trial; `penlift search {file}` makes them")
    trial, name = found.trial(best), f"{found.sweep.name}-best"
    experiments = finished_of([trial], root, snapshot(root))
    if trial.name not in experiments:
        made = shlex.join(command_of(name, trial.settings, "--temp"))
        raise InputError(f"trial {best.number} is the best, but was made elsewhere or by other code; here: {made}")
    call(root, experiments[trial.name], name)
    click.echo(f"trial {best.number} is experiment {name}; `dvc exp apply {name}` brings it into the workspace")


def search_in(file: Path, storage: str | None, root: Path) -> "Searched":
    """The search of a sweep file, which has begun, and with what the file and the checkout say now."""
    from penlift.experiments.repository import snapshot
    from penlift.experiments.search import opened
    from penlift.experiments.storage import storage_of
    from penlift.experiments.sweeps.design import read_sweep

    sweep = read_sweep(file)
    return opened(sweep, storage_of(storage, root, sweep.name), root, snapshot(root))


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

    A trial counts if its parameters, code and data are those that the checkout has now, and its results are kept.
    """
    from penlift.experiments.repository import snapshot
    from penlift.experiments.sweeps.design import read_sweep, trials_of
    from penlift.experiments.sweeps.finished import finished_of, tried_of

    most = None
    if searched:
        from optuna.trial import TrialState

        from penlift.experiments.storage import answering

        with answering():
            found = search_in(file, storage, root)
            wanted = [found.trial(trial) for trial in found.trials(TrialState.COMPLETE)]
            asked, most = found.sweep, max(found.limits.trials, len(found.results))
    elif click.get_current_context().get_parameter_source("storage") == ParameterSource.COMMANDLINE:
        # it may also be set for the searches of this shell; and it may hold a password
        raise InputError("--storage has trials of a search; add --search")
    else:
        wanted = trials_of(asked := read_sweep(file))
    write_answer(asked, tried_of(wanted, finished_of(wanted, root, snapshot(root)), root), root, most)


def write_answer(asked: "Sweep", tried: "list[Tried]", root: Path, slots: int | None = None) -> None:
    """Write page and tables below `root`, and print the answer; `slots`: of a search, how many trials it has."""
    from penlift.experiments.comparison import answer_of
    from penlift.experiments.comparison_page import page_of_answer, text_of_answer

    found = answer_of(asked, tried, SEED, slots)
    out = root / "reports" / "sweeps" / (f"{asked.name}-search" if found.searched else asked.name)
    write_comparison(found, text_of_answer(found), page_of_answer(found), out)
