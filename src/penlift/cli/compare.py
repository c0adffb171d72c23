"""The command `penlift compare`: inks, or runs, side by side."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from penlift.cli.options import FOLDER, complain
from penlift.common.errors import InputError

if TYPE_CHECKING:
    from penlift.experiments.comparison import Comparison

EXAMPLES = """\b
Examples:
  penlift compare . ../other-checkout
  penlift compare main brave-puma calm-otter      # a revision and two experiments
  penlift compare data/corpus data/raw/iam        # how the pens of two inks moved"""


@click.command(epilog=EXAMPLES)
@click.argument("what", nargs=-1, required=True)
@click.option("--out", type=FOLDER, default=Path("reports/compare"), help="Where the files go.")
@click.option("--seed", type=click.IntRange(min=0), default=1, help="Of the resampling, the windows and the judge.")
def compare(what: tuple[str, ...], out: Path, seed: int) -> None:
    """Compare runs on the same held-out lines, or two inks by how their pens moved.

    WHAT are runs (folders of checkouts, DVC experiments, Git revisions), the first of which the others are compared
    with; or two inks (folders as data/ink, or with the archives of IAM-OnDB).
    """
    from penlift.io.extraction import is_ink

    if len(what) < 2:
        raise InputError(f"one thing, {what[0]}, cannot be compared; name a second run or ink")
    if any(is_ink(Path(name)) for name in what):
        if len(what) > 2:
            raise InputError(f"{len(what)} inks; two can be compared at a time")
        compare_inks(Path(what[0]), Path(what[1]), out, seed)
    else:
        compare_runs(list(what), out, seed)


def compare_runs(names: list[str], out: Path, seed: int) -> None:
    """The others beside the first."""
    from penlift.experiments.comparison import comparison_of
    from penlift.experiments.comparison_page import page_of_comparison, text_of_comparison
    from penlift.experiments.runs import open_runs
    from penlift.experiments.sweeps.finished import seconds_of

    with open_runs(names, Path()) as runs:
        found = comparison_of(runs, [seconds_of(run, Path()) for run in runs], seed)
        write_comparison(found, text_of_comparison(found), page_of_comparison(found), out)


def write_comparison(found: "Comparison", text: str, page: str, out: Path) -> None:
    """Write its page and its tables, and print its text."""
    from penlift.common.files import write_text
    from penlift.evaluation.results import write_table
    from penlift.experiments.comparison import tables_of

    tables = tables_of(found)._asdict()
    for name, table in tables.items():
        write_table(out / f"{name}.csv", table)
    write_text(out / "index.html", page)
    click.echo(f"{text}\n\nin {out}: index.html, {', '.join(f'{name}.csv' for name in tables)}")


def compare_inks(first: Path, second: Path, out: Path, seed: int) -> None:
    """A table and a picture of percentiles, a distance, and a judge."""
    import numpy as np
    import torch

    from penlift.common.files import write_bytes, write_json, write_text
    from penlift.common.machine import keep_freed_memory
    from penlift.evaluation.comparison.movement import compared, measured
    from penlift.evaluation.comparison.two_sample import two_sample_test, windows_of
    from penlift.io.extraction import open_ink
    from penlift.report.movement import draw_percentiles

    keep_freed_memory()
    torch.set_num_threads(1)  # the judge is too small to share
    with open_ink(first, complain) as one, open_ink(second, complain) as other:
        table = compared(measured(one), measured(other))
        windows = [windows_of(ink) for ink in (one, other)]
    unlike = two_sample_test(windows[0], windows[1], np.random.default_rng(seed))
    write_text(out / "percentiles.csv", table.to_csv(lineterminator="\n"))
    write_bytes(out / "percentiles.svg", draw_percentiles(table, (first.name, second.name)))
    write_json(out / "difference.json", unlike._asdict())
    click.echo(f"first: {first}; second: {second}; lengths in tablet units\n")
    click.echo(table.to_string(float_format=lambda value: f"{value:.2f}"))
    click.echo(
        f"\nsquared maximum mean discrepancy: {unlike.distance:.5f}; between halves of the second's writers: "
        f"{unlike.distance_of_halves:.5f}\narea under a judge's ROC curve: {unlike.area:.3f}; between halves: "
        f"{unlike.area_of_halves:.3f} (0.5: it can only guess)\n\nin {out}: percentiles.csv, percentiles.svg, "
        "difference.json"
    )
