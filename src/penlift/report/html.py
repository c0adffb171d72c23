"""What a static page is made of: headings, tables, figures. Every text is escaped; pictures travel inside."""

import base64
import math
from collections.abc import Iterable, Sequence
from importlib.resources import files

from lxml import html
from lxml.html import HtmlElement
from lxml.html import builder as tag

Cell = str | int | float


def document(title: str, parts: Iterable[HtmlElement]) -> str:
    """A whole page that opens offline: no script, nothing from elsewhere."""
    style = files("penlift.report").joinpath("style.css").read_text(encoding="utf-8")
    head = tag.HEAD(
        tag.META(charset="utf-8"),
        tag.META(name="viewport", content="width=device-width, initial-scale=1"),
        tag.TITLE(title),
        tag.STYLE(style),
    )
    page = tag.HTML(head, tag.BODY(tag.MAIN(*parts)), lang="en")
    return str(html.tostring(page, doctype="<!DOCTYPE html>", encoding="unicode", pretty_print=True))


def section(heading: str, *parts: HtmlElement) -> HtmlElement:
    """A part of the page under its heading."""
    return tag.SECTION(tag.H2(heading), *parts)


def paragraph(text: str, kind: str = "") -> HtmlElement:
    """A paragraph; `kind` is its class in the style sheet."""
    return tag.P(text, tag.CLASS(kind)) if kind else tag.P(text)


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HtmlElement:
    """A table whose first column names its rows; numbers stand under each other, and under their heading."""
    cells = list(rows)
    body = [tag.TR(tag.TH(said(row[0]), scope="row"), *(_cell(cell) for cell in row[1:])) for row in cells]
    right = [number > 0 and any(_is_number(row[number]) for row in cells) for number in range(len(head))]
    heads = [
        tag.TH(tag.CLASS("number" if at else "words"), text, scope="col") for text, at in zip(head, right, strict=True)
    ]
    whole = tag.TABLE(tag.CAPTION(caption), tag.THEAD(tag.TR(*heads)), tag.TBODY(*body))
    return tag.DIV(whole, tag.CLASS("wide"), tabindex="0", role="region", **{"aria-label": caption})


def figure(svg: bytes, description: str, caption: str) -> HtmlElement:
    """A picture with its alternative text and a caption."""
    source = "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii")
    image = tag.IMG(src=source, alt=description)
    return tag.FIGURE(image, tag.FIGCAPTION(caption), tabindex="0")  # on a phone it scrolls, by keys too


def said(value: Cell) -> str:
    """A value as a reader wants it: thousands apart, three decimals, a true minus; NaN is unknown."""
    if isinstance(value, bool | str):
        return str(value)
    if math.isnan(value):
        return "unknown"
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"
    return text.replace("-", "\N{MINUS SIGN}")


def _cell(value: Cell) -> HtmlElement:
    return tag.TD(said(value), tag.CLASS("number")) if _is_number(value) else tag.TD(said(value))


def _is_number(value: Cell) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
