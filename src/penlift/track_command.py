"""The command `penlift track`: what no MLflow store has taken yet, and sending it."""

import sys
from pathlib import Path

import click

from penlift.given import ROOT

EXAMPLES = """\b
Examples:
  penlift track            # what waits
  penlift track --all      # send it
  MLFLOW_TRACKING_URI=http://127.0.0.1:5000 penlift track --all"""


@click.command(epilog=EXAMPLES)
@click.option("--all", "everything", is_flag=True, help="Send all that waits.")
@ROOT
def track(everything: bool, root: Path) -> None:
    """Send finished runs, and the curves of trainings that were cut short, to MLflow, where it lacks them.

    Runs go there by themselves; they wait where the server was down, or the disk full. What is there already is left
    alone. With --all, ends with status 1 where something still waits.
    """
    from penlift.delivery import drain, told, waiting
    from penlift.state_folder import states_of
    from penlift.store import Store

    store, states = Store.of(root), states_of(root)
    if not everything:
        names = waiting(states, store)
        click.echo("\n".join(names) or f"nothing waits for {store.uri}")
        if names:
            click.echo(told(names, store))
        return
    sent = True
    for line, taken in drain(states, store):
        click.echo(line, err=not taken)
        sent = sent and taken
    click.echo(f"{store.uri} has all that is here" if sent else "not all is sent", err=not sent)
    sys.exit(0 if sent else 1)
