"""The commands `penlift runs` and `penlift clean`: the trainings that a checkout keeps in .state."""

import time
from pathlib import Path

import click

from penlift.given import ROOT

RUNS = """\b
Examples:
  penlift runs
  watch -n 10 penlift runs        # while a sweep goes on"""
CLEAN = """\b
Examples:
  penlift clean                   # show what would go, then ask
  penlift clean --abandoned-after 1 --yes"""


@click.command(epilog=RUNS)
@ROOT
def runs(root: Path) -> None:
    """List the trainings that this checkout knows: run, state, best held-out NLL, age, and where each stands.

    NLLs are in nats a point with offsets divided by 20. What waits for MLflow, `penlift track --all` sends.
    """
    from penlift.delivery import mirrored
    from penlift.outbox import Outbox
    from penlift.state_folder import states_of, trainings_in
    from penlift.state_table import row_of, table
    from penlift.store import Store

    states, store = states_of(root), Store.of(root)
    trainings = trainings_in(states)
    rows = [row_of(training, mirrored(training, store), time.time()) for training in trainings]
    click.echo(table(rows) if rows else f"no training in {states}; `make repro` begins one")
    if places := Outbox(states).waiting():
        click.echo(f"{len(places)} finished runs wait for {store.uri}; send them with `penlift track --all`")


@click.command(epilog=CLEAN)
@ROOT
@click.option("--abandoned-after", type=click.FloatRange(min=0), default=7.0, show_default=True, metavar="DAYS",
              help="Unfinished trainings that nobody was at for so long go too.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
def clean(root: Path, abandoned_after: float, yes: bool) -> None:
    """Remove what finished and abandoned trainings left in .state, after showing it.

    Results are not touched: they are in models, in reports and in DVC's cache. One that runs stays, and so does one
    whose curves no MLflow store has taken yet.
    """
    from penlift.cleaning import removable, remove
    from penlift.state_folder import states_of, trainings_in
    from penlift.state_table import row_of, table
    from penlift.store import Store

    store = Store.of(root)
    leaving, staying = removable(trainings_in(states_of(root)), store, abandoned_after, time.time())
    for training, why in staying:
        click.echo(f"stays: {training.folder.name}, {why}")
    if not leaving:
        click.echo("nothing to remove")
        return
    click.echo(table(row_of(training, "yes", time.time()) for training in leaving))
    if not (yes or click.confirm(f"remove these {len(leaving)}?")):
        click.echo("nothing was removed")
        return
    for training in leaving:
        if why := remove(training.folder, store, abandoned_after, time.time()):
            click.echo(f"stays: {training.folder.name}, {why}")
    click.echo("done")
