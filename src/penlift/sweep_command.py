"""The command `penlift sweep`: all trials of a sweep file, on DVC's queue."""

import shlex
from pathlib import Path

import click

from penlift.errors import InputError
from penlift.given import ROOT, SWEEP_FILE

EXAMPLES = """\b
Examples:
  penlift sweep sweeps/first-answer.yaml               # as many trials at a time as there are cores
  penlift sweep sweeps/first-answer.yaml --at-once 1
  penlift sweep sweeps/first-answer.yaml --dry-run     # the plain DVC commands that it stands for"""


@click.command(epilog=EXAMPLES)
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
    from penlift.answer_command import write_answer
    from penlift.delivery import told, waiting
    from penlift.params import read_params
    from penlift.processor import cores
    from penlift.provenance import SWEEP
    from penlift.state_folder import states_of
    from penlift.store import Store
    from penlift.sweep_file import read_sweep
    from penlift.sweeping import Sweeping, note_of
    from penlift.thread_share import as_begun, share_out
    from penlift.trial_queue import queued
    from penlift.trials import check_trials, trials_of
    from penlift.tried import tried_of

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
