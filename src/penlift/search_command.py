"""The commands `penlift search` and `penlift promote`: a sweep's factors searched adaptively, and the winner kept."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from penlift.errors import InputError
from penlift.given import ROOT, SWEEP_FILE
from penlift.sweep_file import read_sweep

if TYPE_CHECKING:
    from penlift.search.study import Searched

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
    from penlift.search.storage import answering
    from penlift.search.table import faults_in, table

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
    from penlift.search.promotion import promoted
    from penlift.search.storage import answering
    from penlift.search.table import best_of

    with answering():
        found = search_in(file, storage, root)
        best = best_of(found.slots())
    if best is None:
        raise InputError(f"search {found.sweep.name} has no finished trial; `penlift search {file}` makes them")
    name = promoted(found.sweep, best, root)
    click.echo(f"trial {best.number} is experiment {name}; `dvc exp apply {name}` brings it into the workspace")


def search_in(file: Path, storage: str | None, root: Path) -> "Searched":
    """The search of a sweep file, which has begun, and with what the file and the checkout say now."""
    from penlift.search.beginning import agree, asked_of, opened
    from penlift.search.storage import storage_of

    sweep = read_sweep(file)
    found = opened(sweep, storage_of(storage, root, sweep.name), None)
    agree(found, asked_of(sweep, root))
    return found


def _work(file: Path, storage: str | None, root: Path) -> "Searched":
    from penlift.progress import Meter
    from penlift.search.beginning import asked_of, check, opened
    from penlift.search.storage import storage_of
    from penlift.search.worker import Worker
    from penlift.signals import Signals

    sweep = read_sweep(file)
    check(sweep, root, file)
    found = opened(sweep, storage_of(storage, root, sweep.name), asked_of(sweep, root))
    done = sum(slot.counts for slot in found.slots())
    with Signals() as signals, Meter(f"search {sweep.name}", found.limits.trials, done) as meter:
        Worker(found, root, signals, meter).work()
    return found
