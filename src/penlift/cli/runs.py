"""The commands `penlift runs`, `clean`, `track` and `restore`: trainings of a checkout, and runs of MLflow."""

import re
import sys
import time
from pathlib import Path

import click

from penlift.cli.options import ROOT

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
    """List the trainings that this checkout knows: run, state, the best on held-out lines, age, and where each stands.

    That is an NLL in nats a point with offsets divided by 20, with the rate of points that were thinned behind it; of a
    recogniser, the share of letters that it reads wrongly. What waits for MLflow, `penlift track --all` sends. What is
    damaged is named below.
    """
    from penlift.tracking.curves import damage_in
    from penlift.tracking.outbox import damaged_in, outcomes_in
    from penlift.tracking.store import Store
    from penlift.tracking.trainings import trainings_table
    from penlift.training.folder import states_of, trainings_in

    states, store = states_of(root), Store.of(root)
    if trainings := trainings_in(states):
        click.echo(trainings_table(trainings, store, time.time()))
    else:
        click.echo(f"no training in {states}; `make repro` begins one")
    if places := outcomes_in(states):
        click.echo(f"{len(places)} finished runs wait for {store.uri}; send them with `penlift track --all`")
    for line in [*(line for training in trainings for line in damage_in(training)), *damaged_in(places)]:
        click.echo(line)


@click.command(epilog=CLEAN)
@ROOT
@click.option("--abandoned-after", type=click.FloatRange(min=0), default=7.0, metavar="DAYS",
              help="Unfinished trainings that nobody was at for so long go too.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
def clean(root: Path, abandoned_after: float, yes: bool) -> None:
    """Remove what finished and abandoned trainings left in .state, after showing it.

    Results are not touched: they are in models, in reports and in DVC's cache. One that runs stays, and so does one
    whose curves no MLflow store has taken yet.
    """
    from penlift.tracking.store import Store
    from penlift.tracking.trainings import reason_to_stay, remove, trainings_table
    from penlift.training.folder import states_of, trainings_in

    store, leaving = Store.of(root), []
    for training in trainings_in(states_of(root)):
        if why := reason_to_stay(training, store, abandoned_after, time.time()):
            click.echo(f"stays: {training.folder.name}, {why}")
        else:
            leaving.append(training)
    if not leaving:
        click.echo("nothing to remove")
        return
    click.echo(trainings_table(leaving, store, time.time()))
    if not (yes or click.confirm(f"remove these {len(leaving)}?")):
        click.echo("nothing was removed")
        return
    for training in leaving:
        if why := remove(training.folder, store, abandoned_after, time.time()):
            click.echo(f"stays: {training.folder.name}, {why}")
    click.echo("done")


TRACK_EXAMPLES = """\b
Examples:
  penlift track            # what waits
  penlift track --all      # send it
  MLFLOW_TRACKING_URI=http://127.0.0.1:5000 penlift track --all"""


@click.command(epilog=TRACK_EXAMPLES)
@click.option("--all", "everything", is_flag=True, help="Send all that waits.")
@ROOT
def track(everything: bool, root: Path) -> None:
    """Send finished runs, and the curves of trainings that were cut short, to MLflow, where it lacks them.

    Runs go there by themselves; they wait where the server was down, or the disk full. What is there already is left
    alone. With --all, ends with status 1 where something still waits.
    """
    from penlift.tracking.outbox import drain, told, waiting
    from penlift.tracking.store import Store
    from penlift.training.folder import states_of

    store, states = Store.of(root), states_of(root)
    if not everything:
        left = waiting(states, store)
        said = told(left, store) if left else f"nothing waits for {store.uri}"
        click.echo("\n".join([*(one.what for one in left), said]))
        return
    sent = True
    for line, taken in drain(states, store):
        click.echo(line, err=not taken)
        sent = sent and taken
    click.echo(f"{store.uri} has all that is here" if sent else "not all is sent", err=not sent)
    sys.exit(0 if sent else 1)


RESTORE_EXAMPLES = """\b
Examples:
  penlift restore 0f4ef39e        # the first characters of a run's id in MLflow, or of a training in `penlift runs`
  penlift restore brave-puma      # or its name
  dvc repro                       # then runs nothing but what differs here"""


@click.command(epilog=RESTORE_EXAMPLES)
@click.argument("run")
@ROOT
def restore(run: str, root: Path) -> None:
    """Bring back the parameters, weights, samples and figures of RUN, as MLflow has them.

    All files but DVC's lock are checked against the fingerprint of the run first. What they replace is kept in
    .state/replaced.
    """
    from penlift.common.params import lacking, read_params
    from penlift.experiments.restore import restore_run as bring_back
    from penlift.tracking.outcome import CHANGED, REVISION

    found, changed, older = bring_back(run, root)
    click.echo(f"run {found.run_id} ({found.name!r}): {', '.join(changed) or 'nothing'} differed from what was here")
    if older:
        click.echo(f"what they replaced is in {older}")
    if wanted := lacking(read_params(root / "params.yaml")):
        click.echo(f"its params.yaml is older than the code here, which asks you to add {wanted}")
    revision = re.fullmatch("[0-9a-f]{40,64}", found.tags.get(REVISION, ""))  # for a shell, and somebody else's
    if not revision:
        click.echo("`dvc repro` runs what differs here; it is not known which code the run was made with")
        return
    if (edited := found.tags.get(CHANGED)) != "no":
        click.echo(f"its code was {revision[0][:12]} with changes that nobody committed"
                   f"{'' if edited == 'yes' else ', or without: nobody knows'}")  # fmt: skip
    own = f"git checkout --no-overlay {revision[0][:12]} -- src pipeline dvc.yaml"  # and nothing that has come since
    click.echo(f"`dvc repro` runs what differs here; with the run's own code: {own}")
