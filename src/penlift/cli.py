"""The command `penlift`: what is asked of ink and of trained networks outside the pipeline."""

from pathlib import Path

import click
import numpy as np

from penlift.errors import InputError
from penlift.sample_command import sample

FOLDER = click.Path(path_type=Path)


class Commands(click.Group):
    """Ends in one line, status 1, where a user can mend what is wrong."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            raise SystemExit(f"penlift {ctx.invoked_subcommand}: {error}") from None
        except OSError as error:
            raise SystemExit(f"penlift {ctx.invoked_subcommand}: {error}; check the path and the free space") from None


@click.group(cls=Commands)
def main() -> None:
    """Handwriting, and questions about ink and trained networks. The pipeline itself runs by `make repro`."""


@main.command()
@click.argument("first", type=FOLDER)
@click.argument("second", type=FOLDER)
@click.option("--out", type=FOLDER, default=Path("reports/compare"), show_default=True, help="where the files go")
@click.option("--seed", default=1, show_default=True, help="of the windows, the halves and the judge")
def compare(first: Path, second: Path, out: Path, seed: int) -> None:
    """Compare how the pens of two inks moved: a table and a picture of percentiles, a distance, and a judge.

    FIRST and SECOND are folders as `data/ink`, or with the archives of IAM-OnDB.
    """
    from penlift.any_ink import open_ink
    from penlift.comparison import compared, measured
    from penlift.files import write_bytes, write_json, write_text
    from penlift.percentile_plot import draw_percentiles
    from penlift.two_sample import difference, windows_of

    with open_ink(first) as one, open_ink(second) as other:
        table = compared(measured(one), measured(other))
        windows = [windows_of(ink, range(len(ink))) for ink in (one, other)]
        unlike = difference(windows[0], windows[1], np.random.default_rng(seed))
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


@main.command()
@click.argument("model", type=FOLDER)
@click.argument("ink", type=FOLDER)
@click.option("--split", default="test", show_default=True, type=click.Choice(["train", "valid", "test"]))
def score(model: Path, ink: Path, split: str) -> None:
    """Score any ink with a trained network, beside what can be predicted without one.

    MODEL is a folder as `models`; INK one as `data/ink`, or with the archives of IAM-OnDB.
    """
    from penlift.any_ink import open_ink
    from penlift.baseline import baseline
    from penlift.checkpoint import load_model
    from penlift.transfer import score_ink

    trained = load_model(model)
    with open_ink(ink) as lines:
        figures = score_ink(trained, lines, split)
        without = baseline(lines, split, trained.scales.cap, seed=1)
    click.echo(f"{figures['lines']} lines, {figures['points']} points, {figures['writers']} writers; split {split}")
    click.echo("nats a point                      tablet units")
    click.echo(f"network                           {figures['nll_nats_per_point']['tablet']:.3f}")
    click.echo(f"one mixture, one lift rate        {without.nll:.3f}  (fitted to the training lines of this ink)")


@main.command()
@click.argument("name")
@click.option("--root", type=FOLDER, default=Path(), help="of the checkout; this folder, if it is not said")
def preset(name: str, root: Path) -> None:
    """Set params.yaml to a recipe of presets/: article, fast, graves-1x900 or graves-3x400; `dvc repro` runs it."""
    from penlift.presets import apply

    changed = apply(root / "presets" / f"{name}.yaml", root / "params.yaml")
    click.echo("\n".join(changed) or "nothing to change")


main.add_command(sample)
