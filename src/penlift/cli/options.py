"""Options that several commands share: folders, the checkout, and a sweep file."""

from pathlib import Path

import click

from penlift.common.errors import InputError


def _checkout(_context: click.Context, _option: click.Parameter, root: Path) -> Path:
    if not (root / "dvc.yaml").is_file():
        raise InputError(
            f"{root.resolve()}: no checkout of penlift (dvc.yaml is missing); go there, or name it by --root"
        )
    return root


def complain(said: str) -> None:
    """Say something beside what a command prints."""
    click.echo(said, err=True)


FOLDER = click.Path(path_type=Path)
ROOT = click.option("--root", type=click.Path(path_type=Path, exists=True), default=Path(), show_default=False,
                    callback=_checkout, help="Of the checkout; this folder, if it is not said.")  # fmt: skip
SWEEP_FILE = click.argument("file", type=click.Path(path_type=Path))
