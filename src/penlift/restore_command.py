"""The command `penlift restore`: a run of MLflow's, back in the checkout."""

from pathlib import Path

import click

from penlift.given import ROOT

EXAMPLES = """\b
Examples:
  penlift restore 0f4ef39e        # the first characters of a run's id in MLflow, or of a training in `penlift runs`
  penlift restore brave-puma      # or its name
  dvc repro                       # then runs nothing but what differs here"""


@click.command(epilog=EXAMPLES)
@click.argument("run")
@ROOT
def restore(run: str, root: Path) -> None:
    """Bring back the parameters, weights, samples and figures of RUN, as MLflow has them.

    All files but DVC's lock are checked against the fingerprint of the run first. What they replace is kept in
    .state/replaced.
    """
    from penlift.restoring import restore as bring_back

    found, changed, older = bring_back(run, root)
    click.echo(f"run {found.run_id} ({found.name}): {len(changed)} files differed from what was here")
    if older:
        click.echo(f"what they replaced is in {older}")
    if found.tags.get("penlift.changed") == "yes":
        click.echo(f"its code was {found.tags['penlift.revision'][:12]} with changes that nobody committed")
    click.echo(f"`dvc repro` runs what differs here; with the run's own code: git checkout "
               f"{found.tags['penlift.revision'][:12]} -- src pipeline dvc.yaml")  # fmt: skip
