"""The option `--root` of commands about a checkout."""

from pathlib import Path

import click

ROOT = click.option("--root", type=click.Path(path_type=Path, exists=True), default=Path(),
                    help="Of the checkout; this folder, if it is not said.")  # fmt: skip
