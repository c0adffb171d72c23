"""The command `penlift`: what is asked of ink and of trained networks outside the pipeline.

A new command is a function in a file beside this one, and a word in the last lines here.
"""

from pathlib import Path
from typing import Any

import click

from penlift.cli.compare import compare
from penlift.cli.options import FOLDER, ROOT, complain
from penlift.cli.read import read
from penlift.cli.runs import clean, restore, runs, track
from penlift.cli.sample import sample
from penlift.cli.sweeps import answer, promote, search, sweep
from penlift.cli.write import write
from penlift.common.errors import InputError, one_line


class Commands(click.Group):
    """Ends in one line, status 1, where a user can mend what is wrong, or has typed it wrong."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Read what was typed, and run it."""
        try:
            return super().main(*args, **kwargs | {"standalone_mode": False})
        except click.exceptions.NoArgsIsHelpError as error:  # nothing was typed, so all is said
            error.show()
            raise SystemExit(1) from None
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "penlift"
            said = one_line(error.format_message()).rstrip(".")
            raise SystemExit(f"{command}: {said}; see `{command} --help`") from None
        except click.Abort:
            raise SystemExit("penlift: stopped") from None

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            raise SystemExit(f"penlift {ctx.invoked_subcommand}: {error}") from None
        except click.UsageError as error:  # a parser's own says not of which command
            if error.ctx is None and ctx.invoked_subcommand:
                error.ctx = click.Context(main, ctx, info_name=ctx.invoked_subcommand)
            raise
        except BrokenPipeError:  # whoever read what is printed has had enough
            raise
        except OSError as error:
            raise SystemExit(
                f"penlift {ctx.invoked_subcommand}: {one_line(error)}; check the path and the free space"
            ) from None


ALL = """\b
Examples:
  make repro                      # first of all
  penlift sample --lines 6 --bias 1 --out page.svg
  penlift write "Any line that I like"
  penlift runs
  penlift COMMAND --help          # more of each"""


@click.group(cls=Commands, epilog=ALL, context_settings={"show_default": True})
def main() -> None:
    """Handwriting, and questions about ink and trained networks. The pipeline itself runs by `make repro`."""


SCORE = """\b
Examples:
  penlift score models data/raw/iam
  penlift score models data/ink --split valid"""
PRESET = """\b
Examples:
  penlift preset article && dvc repro
  penlift preset fast             # the default again"""


@main.command(epilog=SCORE)
@click.argument("model", type=FOLDER)
@click.argument("ink", type=FOLDER)
@click.option("--split", default="test", type=click.Choice(["train", "valid", "test"]))
def score(model: Path, ink: Path, split: str) -> None:
    """Score any ink with a trained network, beside what can be predicted without one.

    MODEL is a folder as `models`; INK one as `data/ink`, or with the archives of IAM-OnDB. Archives are split by their
    standard lists: for a network that learned with extract.splits graves, give data/ink.
    """
    from penlift.evaluation.transfer import score_baseline, score_ink
    from penlift.ink.scales import otherwise, point_of
    from penlift.io.extraction import is_archive, open_ink
    from penlift.model.checkpoint import load_model

    trained = load_model(model)
    with open_ink(ink, complain) as lines:
        figures = score_ink(trained, lines, split)
        known = bool(lines.of_split("train"))
        without = score_baseline(trained, lines, split, seed=1) if known else None
        silent = len(lines.of_split(split)) - figures["lines"]
    if silent:
        click.echo(f"{silent} lines have no text, which this network reads, and are left out")
    where = f"split {split}{' of the standard lists' if is_archive(ink) else ''}"
    click.echo(f"{figures['lines']} lines, {figures['points']} points, {figures['writers']} writers; {where}")
    rate = trained.scales.rate
    click.echo(f"{f'nats a {point_of(rate)}':34}tablet units")
    click.echo(f"network                           {figures['nll_nats_per_point']['tablet']:.3f}")
    if without:
        nll = without["nll_nats_per_point"]["tablet"]
        click.echo(f"one mixture, one lift rate        {nll:.3f}  (fitted to the training lines of this ink)")
    else:
        click.echo("one mixture, one lift rate        unknown  (this ink has no training lines to fit them to)")
    if rate is not None:
        click.echo(f"the network's otherwise           {otherwise(figures)}")


@main.command(epilog=PRESET)
@click.argument("name")
@ROOT
def preset(name: str, root: Path) -> None:
    """Set params.yaml to a recipe of presets/, such as article, fast, text or graves-3x400; `dvc repro` runs it."""
    from penlift.common.params import apply

    changed = apply(root / "presets" / f"{name}.yaml", root / "params.yaml")
    click.echo("\n".join(changed) or "nothing to change")


for command in (sample, write, read, compare, sweep, answer, search, promote, runs, clean, track, restore):
    main.add_command(command)
