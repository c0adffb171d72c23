"""The command `penlift write`: a text in handwriting."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from penlift.cli.options import FOLDER, complain
from penlift.cli.sample import line_of, needed, prime_of, temperatures
from penlift.common.errors import InputError, cut_short

if TYPE_CHECKING:
    from penlift.model.checkpoint import Model
    from penlift.sampling.page import Choice, Hand
    from penlift.sampling.samples import Sample

EXAMPLES = """\b
Examples:
  penlift write "Any line that I like" --out line.svg
  penlift write --file letter.txt --bias 0.5 --out letter.svg
  penlift write "Read before it is kept" --best-of 4
  penlift write "In this hand" --hand a01-000u-01 --out mine.svg
  penlift write "Café" --replace é=e --style animation --out cafe.svg"""


@click.command(epilog=EXAMPLES)
@click.argument("text", nargs=-1)
@click.option("--file", type=FOLDER, help="A text in UTF-8, in the place of TEXT; an empty line ends a paragraph.")
@click.option("--model", type=FOLDER, default=Path("models"), help="Folder of a trained network with text.")
@click.option("--width", type=float, help="Of a line, in tablet units; without it, that of about 45 letters.")
@click.option("--bias", default=0.5, help="0 draws from the density itself, 1 and more is neater.")
@click.option("--temperature", default="1", help="Below 1: nearer to the likeliest; W,S,L as of `penlift sample`.")
@click.option("--hand", help="A line to go on from: the name of one in --ink, or a file of ink with --says.")
@click.option("--says", default="", help="The very text of --hand, where that is a file.")
@click.option("--ink", type=FOLDER, default=Path("data/ink"), help="Where a hand is found by name.")
@click.option("--replace", multiple=True, help="A=B: sign A, which the network lacks, by B; may be given again.")
@click.option(
    "--best-of", type=click.IntRange(1, 64), default=1, help="Lines drawn for each; the one read best is kept."
)
@click.option("--recogniser", "judge", type=FOLDER, default=Path("reports/recogniser"), help="Which reads them.")
@click.option("--seed", default=1, help="The same seed gives the same bytes.")
@click.option("--style", default="plain", help="Of SVG: plain, strokes, time, points, animation.")
@click.option("--out", type=FOLDER, default=Path("text.svg"), help="The file: svg, png, inkml, jsonl or npz.")
def write(
    text: tuple[str, ...], file: Path | None, model: Path, temperature: str, hand: str | None, says: str, ink: Path,
    replace: tuple[str, ...], best_of: int, judge: Path, style: str, out: Path, **values: object,
) -> None:  # fmt: skip
    """Write TEXT by hand; several are lines of their own."""
    from penlift.common.files import write_bytes
    from penlift.common.machine import keep_freed_memory
    from penlift.common.terminal import shown
    from penlift.drawing.styles import OF_POINTS
    from penlift.handwriting import drawn_page, kind_of, sample_params
    from penlift.model.checkpoint import load_model
    from penlift.sampling.page import write_page

    keep_freed_memory()
    needed(style, out)
    if style not in OF_POINTS:
        raise InputError(f"--style is {style}, which draws one line; choose one of {', '.join(OF_POINTS)}")
    paragraphs = _paragraphs(text, file, replace)
    trained = load_model(model)
    params = sample_params({"lines": 1, "points": 1, "strokes": None, **values}, temperatures(temperature))
    choice = _best(trained, best_of, judge) if best_of > 1 else None
    pages = write_page(trained, paragraphs, params, _hand(trained, hand, says, ink), choice)
    written = list(shown(pages, "write", len(paragraphs)))
    content = drawn_page(written, trained.scales, kind_of(out), style)
    write_bytes(out, content)
    lines = [line for page in written for line in page]
    unended = [cut_short(line.text) for line in lines if not line.ended]
    stopped = f"; {len(unended)} did not end by themselves: {', '.join(unended)}" if unended else ""
    best = f", each the best of {best_of} by {judge}" if choice else ""
    click.echo(f"{out}: {len(content) / 1000:.0f} kB, {len(lines)} lines{best}{stopped}")


def _paragraphs(text: tuple[str, ...], file: Path | None, replace: tuple[str, ...]) -> list[str]:
    if file is not None:
        try:
            read = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise InputError(f"{file}: not a text in UTF-8; save it as plain text") from None
        text = (*text, *read.replace("\r\n", "\n").split("\n\n"))
    lines = (
        [line for part in text for line in part.splitlines()]
        if file is None
        else [" ".join(part.split()) for part in text]
    )
    for pair in replace:
        sign, equals, by = pair.partition("=")
        if not equals or not sign:
            raise InputError(f"--replace is {cut_short(pair)}; give what is replaced, =, and by what, as é=e")
        lines = [line.replace(sign, by) for line in lines]
    if not (said := [line for line in lines if line.strip()]):
        raise InputError("there is no text to write; give it in quotes, or with --file")
    return said


def _best(model: "Model", of: int, judge: Path) -> "Choice":
    from penlift.recognition.checkpoint import load_recogniser
    from penlift.recognition.reading import costs_of
    from penlift.sampling.health import drawn_part
    from penlift.sampling.page import Choice

    recogniser = load_recogniser(judge)

    def cost(lines: "list[Sample]") -> list[float]:
        drawn = [drawn_part(line, model.scales.rate) for line in lines]
        return costs_of(recogniser, drawn, [line.text for line in lines])

    return Choice(of, cost)


def _hand(model: "Model", name: str | None, says: str, ink: Path) -> "Hand | None":
    from penlift.ink.offsets import as_dense
    from penlift.io.extraction import is_ink
    from penlift.sampling.page import Hand, says_so
    from penlift.sampling.sampler import check_texts

    if name is None:
        return None
    if not says and is_ink(ink):
        line, _ = line_of(name, ink)
        if line:
            check_texts([line.text], model.network.alphabet)
            return Hand(as_dense(line.rows, model.scales)[:, :3], line.text)
    if not says:
        raise InputError(f"--hand is {cut_short(name)}, no line of {ink}; of a file, give its very text with --says")
    check_texts([says], model.network.alphabet)
    hand = Hand(as_dense(prime_of(name, ink), model.scales), says)
    if not says_so(model, hand):
        complain(
            f"{cut_short(name)}: the network does not read {cut_short(says)} there; if that is not its very text, "
            "what is written will be poor"
        )
    return hand
