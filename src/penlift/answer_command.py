"""The command `penlift answer`: what the finished trials of a sweep, or of a search, come to."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from penlift.errors import InputError
from penlift.given import ROOT, SWEEP_FILE
from penlift.search_command import STORAGE, search_in

if TYPE_CHECKING:
    from penlift.sweep_file import Sweep
    from penlift.tried import Tried

EXAMPLES = """\b
Examples:
  penlift answer sweeps/first-answer.yaml             # also while the sweep goes on
  penlift answer sweeps/small.yaml --search           # of the trials of `penlift search`"""
SEED = 1  # of the bootstrap


@click.command(epilog=EXAMPLES)
@SWEEP_FILE
@click.option("--search", "searched", is_flag=True, help="Of a search: its trials that came to their end here.")
@STORAGE
@ROOT
def answer(file: Path, searched: bool, storage: str | None, root: Path) -> None:
    """Say what the trials of a sweep FILE come to that are finished: tables, and a page, in reports/sweeps.

    A trial counts if its parameters, code and data are those that the checkout has now, and its results are kept; one
    of a search, if its parameters and data are.
    """
    from penlift.experiments import snapshot
    from penlift.finished_trials import finished_of
    from penlift.sweep_file import read_sweep
    from penlift.sweeping import note_of
    from penlift.thread_share import as_begun
    from penlift.trials import trials_of
    from penlift.tried import tried_of

    if searched:
        from penlift.search.results import results_of
        from penlift.search.storage import answering

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
    from penlift.answer import answer as answered
    from penlift.answer_page import to_page
    from penlift.answer_text import to_tables, to_text
    from penlift.files import write_text

    found = answered(asked, tried, SEED, slots)
    out = root / "reports" / "sweeps" / (f"{asked.name}-search" if found.searched else asked.name)
    tables = to_tables(found)._asdict()
    for name, table in tables.items():
        write_text(out / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
    write_text(out / "index.html", to_page(found))
    click.echo(f"{to_text(found)}\n\nin {out}: index.html, {', '.join(f'{name}.csv' for name in tables)}")
