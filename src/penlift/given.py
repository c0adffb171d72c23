"""What several commands are given: folders, the checkout, and a sweep file."""

from pathlib import Path

import click

FOLDER = click.Path(path_type=Path)
ROOT = click.option("--root", type=click.Path(path_type=Path, exists=True), default=Path(),
                    help="Of the checkout; this folder, if it is not said.")  # fmt: skip
SWEEP_FILE = click.argument("file", type=click.Path(path_type=Path))
