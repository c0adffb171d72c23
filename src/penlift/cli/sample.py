"""The command `penlift sample`: handwriting from a trained network, in a file."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from penlift.cli.options import FOLDER, complain
from penlift.common.errors import InputError, cut_short

if TYPE_CHECKING:
    from penlift.ink.lines import Line, Rows
    from penlift.model.checkpoint import Model
    from penlift.sampling.samples import Sample

PATH_DATA = re.compile(r"\s*[Mm][\s\d.+-]")  # how the d of an SVG path begins
EXAMPLES = """\b
Examples:
  penlift sample --lines 4 --bias 1 --out page.svg
  penlift sample --style density --points 300 --out density.svg
  penlift sample --prime a01-000u-01 --lines 3 --out in-this-hand.svg
  penlift sample --prime signature.svg --temperature 0.8,0.5,1 --out more.inkml
  penlift sample --style fan --at 200 --points 400 --out fan.svg
  penlift sample --lines 1000 --out lines.npz"""


@click.command(epilog=EXAMPLES)
@click.option("--model", type=FOLDER, default=Path("models"), help="Folder of a trained network.")
@click.option("--lines", default=1, help="How many.")
@click.option("--points", default=800, help="Of each line, at most.")
@click.option("--strokes", type=int, help="Of each line, at most.")
@click.option("--width", type=float, help="Of each line, at most, in tablet units; the last stroke that fits ends it.")
@click.option("--bias", default=0.0, help="0 draws from the density itself, 1 and more is neater.")
@click.option(
    "--temperature",
    default="1",
    help="Below 1: nearer to the likeliest. W,S,L: apart, of components' weights, their spread, and the lift.",
)
@click.option(
    "--prime",
    help="A line to go on from: a file (csv, json, jsonl, npy, npz, inkml, svg), the d of an SVG path, or the name of "
    "a line of --ink. Of a file its first line, in tablet units, y downwards: csv and npy have rows of x, y, lift, npz "
    "of dx, dy, lift; an SVG is one line.",
)
@click.option("--ink", type=FOLDER, default=Path("data/ink"), help="Where a line is found by name.")
@click.option("--seed", default=1, help="The same seed gives the same bytes.")
@click.option(
    "--style",
    default="plain",
    help="Of SVG: plain, strokes, time, points, animation; or, a file a line, lift, density, weights, three, fan.",
)
@click.option("--at", type=int, help="Of style fan: from which point the line might have gone on otherwise.")
@click.option(
    "--out",
    type=FOLDER,
    default=Path("sample.svg"),
    help="The file; its name says whether it is svg, png, inkml, jsonl or npz.",
)
def sample(
    model: Path, temperature: str, prime: str | None, ink: Path, style: str, at: int | None, out: Path, **values: object
) -> None:
    """Write new handwriting with a trained network, and say of each line whether it is in order."""
    from penlift.common.files import write_bytes
    from penlift.common.machine import keep_freed_memory
    from penlift.common.terminal import shown
    from penlift.handwriting import sample_params
    from penlift.model.checkpoint import load_model
    from penlift.sampling.health import faults_of, health_of
    from penlift.sampling.sampler import asking, sample_lines

    keep_freed_memory()
    params = sample_params(values, temperatures(temperature))
    kept = needed(style, out)
    if at is not None and style != "fan":
        raise InputError(f"--at is {at}, and --style is {style}; a line forks in --style fan alone")
    trained = load_model(model)
    if trained.network.alphabet:
        click.echo("without a text of yours these are texts of held-out lines; `penlift write` takes one")
        if prime is not None:
            raise InputError(
                f"--prime is {cut_short(prime)}, and what it says is not known; use `penlift write --hand`"
            )
    params = asking(params, trained)
    read = None if prime is None else prime_of(prime, ink)
    dreamt = sample_lines(trained.network, trained.scales, params, read)
    lines = [kept(line) for line in shown(dreamt, "sample", params.lines)]
    for path, content in _files(trained, lines, style, at, out):
        write_bytes(path, content)
        click.echo(f"{path}: {len(content) / 1000:.0f} kB")
    for number, health in enumerate((health_of(line, trained.scales) for line in lines), 1):
        said = ", ".join(faults_of(health)) or "in order"
        click.echo(f"line {number}: {health.points} points, {health.strokes} strokes, {health.width:.0f} wide: {said}")


def temperatures(text: str) -> tuple[float, float, float]:
    """Of weights, spread and lift, from one number or three."""
    parts = text.split(",")
    try:
        weights, spread, lift = map(float, parts * 3 if len(parts) == 1 else parts)
    except ValueError:
        raise InputError(f"--temperature is {cut_short(text)}; give one number, or three as W,S,L") from None
    return weights, spread, lift


def needed(style: str, out: Path) -> Callable[["Sample"], "Sample"]:
    """What is kept of each line: what its network expected only for a style that shows it."""
    from penlift.drawing.styles import OF_A_LINE, STYLES
    from penlift.handwriting import FORMATS, kind_of

    kind = kind_of(out)
    if kind not in FORMATS:
        raise InputError(f"--out is {out}; let its name end in one of .{', .'.join(FORMATS)}")
    if style not in (*STYLES, "fan"):
        raise InputError(f"--style is {cut_short(style)}; choose one of {', '.join(STYLES)}, fan")
    if style != "plain" and kind != "svg":
        raise InputError(
            f"--style is {style}, which is drawn as SVG only, and --out is {out}; let its name end in .svg"
        )
    if style in OF_A_LINE:
        return lambda line: line
    return lambda line: line.bare()


def line_of(name: str, ink: Path) -> "tuple[Line | None, str]":
    """The line of that name in some ink, if there is one, and the name of a line that there is."""
    from penlift.io.extraction import open_ink

    with open_ink(ink, complain) as lines:
        names = lines.index["line"].tolist()
        if name not in names:
            return None, names[0]
        line = lines.line(names.index(name))
        return replace(line, rows=line.rows.copy()), name


def prime_of(text: str, ink: Path) -> "Rows":
    """The line in a file of that name, or of that name in the ink, or that it draws as the d of a path."""
    from penlift.io.extraction import is_ink
    from penlift.io.formats import READERS, read_prime, read_prime_path

    if os.path.isfile(text) or Path(text).suffix.lower() in READERS:  # noqa: PTH113  # Path's fails on long texts
        return read_prime(Path(text))
    is_path = PATH_DATA.match(text) is not None
    if not is_path or is_ink(ink):
        line, another = line_of(text, ink)
        if line:
            return line.rows[:, :3].copy()
    if is_path:
        return read_prime_path(text)
    raise InputError(f"--prime is {text!r}, neither a file nor a line of {ink}, as {another} is; see --ink")


def _files(
    model: "Model", lines: list["Sample"], style: str, at: int | None, out: Path
) -> Iterator[tuple[Path, bytes]]:
    """The files to write: one of all lines, or one a line where a style draws no more."""
    from penlift.drawing.styles import OF_POINTS
    from penlift.handwriting import Handwriting, kind_of, what_ifs, written
    from penlift.sampling.health import finite_part

    drawn = Handwriting(lines, model.scales)
    if kind_of(out) != "svg":
        yield out, written(kind_of(out), drawn.points)
    elif style in OF_POINTS:
        yield out, drawn.draw(style).svg
    else:
        for number, line in enumerate(map(finite_part, lines)):
            path = out if len(lines) == 1 else out.with_stem(f"{out.stem}-{number + 1}")
            middle = (len(line.points) + line.primed) // 2 if at is None else at
            forked = style == "fan"
            drawing = what_ifs(model, line.points, middle, text=line.text) if forked else drawn.draw(style, number)
            yield path, drawing.svg
