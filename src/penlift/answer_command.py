"""The command `penlift answer`: what the finished trials of a sweep come to."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from penlift.root_option import ROOT

if TYPE_CHECKING:
    from penlift.experiments import Experiment
    from penlift.sweep_file import Sweep
    from penlift.trials import Trial

EXAMPLES = """\b
Examples:
  penlift answer sweeps/first-answer.yaml         # also while the sweep goes on"""
SEED = 1  # of the bootstrap


@click.command(epilog=EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path))
@ROOT
def answer(file: Path, root: Path) -> None:
    """Say what the trials of a sweep FILE come to that are finished: tables, and a page, in reports/sweeps.

    A trial counts if its parameters, code and data are those that the checkout has now.
    """
    from penlift.experiments import snapshot
    from penlift.finished_trials import finished_of
    from penlift.sweep_file import read_sweep
    from penlift.trials import trials_of

    asked = read_sweep(file)
    write_answer(asked, trials := trials_of(asked), finished_of(trials, root, snapshot(root)), root)


def write_answer(asked: "Sweep", trials: "list[Trial]", finished: "dict[str, Experiment]", root: Path) -> None:
    """Write the page and the tables, and print the answer."""
    from penlift.answer import answer as answered
    from penlift.answer_page import to_page
    from penlift.answer_text import to_tables, to_text
    from penlift.files import write_text
    from penlift.tried import tried_of

    found = answered(asked, tried_of(trials, finished, root), SEED)
    out = root / "reports" / "sweeps" / asked.name
    for name, table in zip(("configurations", "effects"), to_tables(found), strict=True):
        write_text(out / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
    write_text(out / "index.html", to_page(found))
    click.echo(f"{to_text(found)}\n\nin {out}: index.html, configurations.csv, effects.csv")
