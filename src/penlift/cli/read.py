"""The command `penlift read`: ink to text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from penlift.cli.options import FOLDER, complain
from penlift.cli.sample import line_of
from penlift.common.errors import InputError, cut_short

if TYPE_CHECKING:
    from penlift.common.geometry import Array
    from penlift.recognition.edits import Errors
    from penlift.recognition.network import Recogniser
    from penlift.recognition.reading import Reading

EXAMPLES = """\b
Examples:
  penlift read line.svg                           # a file, as --prime of `penlift sample` takes them
  penlift read a01-000u-01 --places               # a line of data/ink, and where each letter stands
  penlift read data/ink --split test              # all of them, and how many letters are wrong
  penlift read data/ink --suspicious              # lines whose text may not be theirs"""


class ToRead(NamedTuple):
    """A line, and what it is known to say; nothing where that is unknown."""

    name: str
    points: "Array"  # (n, 3 or more): x, y, lift
    text: str = ""


class Read(NamedTuple):
    """A line that was read."""

    line: ToRead
    reading: "Reading"
    errors: "Errors | None" = None  # of its text, where that is known


@click.command(epilog=EXAMPLES)
@click.argument("ink", nargs=-1, required=True)
@click.option("--recogniser", "folder", type=FOLDER, default=Path("reports/recogniser"), help="Of a trained one.")
@click.option("--ink", "known", type=FOLDER, default=Path("data/ink"), help="Where a line is found by name.")
@click.option("--split", type=click.Choice(["train", "valid", "test"]), help="Of a folder; without it, all lines.")
@click.option("--places", is_flag=True, help="Say where in the ink each letter was seen.")
@click.option("--suspicious", is_flag=True, help="Of a folder: the lines whose reading is farthest from their text.")
@click.option("--most", type=click.IntRange(min=1), default=20, help="Lines that --suspicious lists.")
@click.option("--json", "as_json", is_flag=True, help="Print all of it as one JSON object.")
def read(
    ink: tuple[str, ...], folder: Path, known: Path, split: str | None, places: bool, suspicious: bool, most: int,
    as_json: bool,
) -> None:  # fmt: skip
    """Read INK to text, letter by letter; no words are known, and none is guessed.

    INK are files of lines, names of lines in --ink, or folders as data/ink or with the archives of IAM-OnDB. Where
    lines have a text, the shares of letters and words that are read wrongly are said. A letter that the recogniser does
    not tell apart is read as \N{REPLACEMENT CHARACTER}.
    """
    from penlift.common.terminal import shown
    from penlift.recognition.checkpoint import fingerprint_of, load_recogniser
    from penlift.recognition.edits import Errors

    recogniser = load_recogniser(folder)
    lines = [line for each in ink for line in _lines(each, known, split)]
    found = list(shown(_read(recogniser, lines), "read", len(lines)))
    wrong = [each.errors for each in found if each.errors]
    if suspicious:
        if not wrong:
            raise InputError(
                f"{ink[0]}: no line has a text that its reading could be set against; leave out --suspicious"
            )
        rated = [(each.errors.letters.rate, each) for each in found if each.errors]
        found = [each for _, each in sorted(rated, key=lambda one: -one[0])[:most]]
    if as_json:
        click.echo(json.dumps(_as_json(found, wrong, fingerprint_of(folder), places), ensure_ascii=False, indent=2))
        return
    for each in found:
        click.echo(_said(each, alone=len(lines) == 1, suspicious=suspicious))
        if places:
            click.echo("\n".join(_places(each)))
    if wrong:
        letters, words = sum(wrong, Errors())
        click.echo(
            f"{len(wrong)} lines with a text: {100 * letters.rate:.1f} % of {letters.letters} letters read wrongly "
            f"({letters.substitutions} as others, {letters.deletions} not at all, {letters.insertions} too many), "
            f"{100 * words.rate:.1f} % of words; recogniser {fingerprint_of(folder)}",
            err=len(lines) == 1,
        )


def _lines(name: str, known: Path, split: str | None) -> "Iterator[ToRead]":
    """The lines of a folder, or the one of a file or a name."""
    from penlift.io.extraction import is_ink, open_ink

    if not is_ink(Path(name)):
        yield _line(name, known)
        return
    with open_ink(Path(name), complain) as lines:
        numbers = lines.of_split(split) if split else range(len(lines))
        if not numbers:
            raise InputError(f"{name}: no line is in split {split}; choose another, or leave --split out")
        for number in numbers:
            line = lines.line(number)
            yield ToRead(line.name, line.rows.copy(), line.text)


def _line(name: str, known: Path) -> ToRead:
    from penlift.io.extraction import is_ink
    from penlift.io.formats import READERS, read_prime

    if Path(name).suffix.lower() in READERS:
        return ToRead(name, read_prime(Path(name)))
    line = line_of(name, known)[0] if is_ink(known) else None
    if line is None:
        raise InputError(
            f"{cut_short(name)}: neither a folder of ink, nor a line of {known}, nor a file of a kind that is read "
            f"({', '.join(READERS)})"
        )
    return ToRead(line.name, line.rows, line.text)


def _read(recogniser: "Recogniser", lines: list[ToRead]) -> "Iterator[Read]":
    from penlift.recognition.edits import errors
    from penlift.recognition.reading import read

    for line, reading in zip(lines, read(recogniser, (line.points for line in lines)), strict=True):
        text = recogniser.alphabet.plain(line.text)
        yield Read(line, reading, errors(text, reading.text) if text else None)


def _said(each: Read, *, alone: bool, suspicious: bool) -> str:
    name, text = each.line.name, each.reading.text
    if suspicious and each.errors:
        return f"{name}  {100 * each.errors.letters.rate:.0f} % wrong\n  text: {each.line.text}\n  read: {text}"
    return text if alone else f"{name}  {text}"


def _places(each: Read) -> "Iterator[str]":
    for letter, point in zip(each.reading.text, each.reading.points, strict=True):
        x, y = each.line.points[point, :2]
        yield f"  {letter!r} at point {point}: {x:.0f}, {y:.0f}"


def _as_json(found: list[Read], wrong: "list[Errors]", fingerprint: str, places: bool) -> dict[str, Any]:
    from penlift.recognition.edits import Errors

    lines = []
    for each in found:
        line: dict[str, Any] = {"name": each.line.name, "read": each.reading.text}
        if each.errors:
            line |= {"text": each.line.text, "cer": each.errors.letters.rate}
        if places:
            line["letters"] = [
                {"letter": letter, "point": point, "x": float(x), "y": float(y)}
                for letter, point in zip(each.reading.text, each.reading.points, strict=True)
                for x, y in [each.line.points[point, :2]]
            ]
        lines.append(line)
    whole: dict[str, Any] = {"recogniser": fingerprint, "lines": lines}
    if wrong:
        letters, words = sum(wrong, Errors())
        whole |= {"cer": letters.rate, "wer": words.rate}
    return whole
