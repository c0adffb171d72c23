"""What several commands are given: the checkout, and a sweep file."""

from pathlib import Path

import click

ROOT = click.option("--root", type=click.Path(path_type=Path, exists=True), default=Path(),
                    help="Of the checkout; this folder, if it is not said.")  # fmt: skip
SWEEP_FILE = click.argument("file", type=click.Path(path_type=Path))
