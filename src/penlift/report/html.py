"""What a static page is made of: headings, tables, figures. Pictures travel inside.

Every text is escaped, and what no page can hold, as control characters, is replaced.
"""

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files

from lxml import html
from lxml.builder import ElementMaker  # type: ignore[import-not-found]
from lxml.html import HtmlElement
from lxml.html.builder import CLASS

from penlift.common.files import storable

Cell = str | int | float


def _put(element: HtmlElement, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + storable(text)
    else:
        element.text = (element.text or "") + storable(text)


def _set(element: HtmlElement, attributes: Mapping[str, str]) -> None:
    for name, value in attributes.items():
        element.set(name, storable(value))


tag = ElementMaker(makeelement=html.html_parser.makeelement, typemap={str: _put, dict: _set})


def document(title: str, parts: Iterable[HtmlElement]) -> str:
    """A whole page that opens offline: no script, nothing from elsewhere."""
    style = files("penlift.report").joinpath("style.css").read_text(encoding="utf-8")
    head = tag.head(
        tag.meta(charset="utf-8"),
        tag.meta(name="viewport", content="width=device-width, initial-scale=1"),
        tag.title(title),
        tag.style(style),
    )
    page = tag.html(head, tag.body(tag.main(*parts)), lang="en")
    return str(html.tostring(page, doctype="<!DOCTYPE html>", encoding="unicode", pretty_print=True))


def section(heading: str, *parts: HtmlElement) -> HtmlElement:
    """A part of the page under its heading."""
    return tag.section(tag.h2(heading), *parts)


def paragraph(text: str, kind: str = "") -> HtmlElement:
    """A paragraph; `kind` is its class in the style sheet."""
    return tag.p(text, CLASS(kind)) if kind else tag.p(text)


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HtmlElement:
    """A table whose first column names its rows; numbers stand under each other, and under their heading."""
    cells = list(rows)
    body = [tag.tr(tag.th(said(row[0]), scope="row"), *(_cell(cell) for cell in row[1:])) for row in cells]
    right = [number > 0 and any(_is_number(row[number]) for row in cells) for number in range(len(head))]
    heads = [
        tag.th(CLASS("number" if at else "words"), text, scope="col") for text, at in zip(head, right, strict=True)
    ]
    whole = tag.table(tag.caption(caption), tag.thead(tag.tr(*heads)), tag.tbody(*body))
    return tag.div(whole, CLASS("wide"), tabindex="0", role="region", **{"aria-label": caption})


def figure(svg: bytes, description: str, caption: str) -> HtmlElement:
    """A picture with its alternative text and a caption."""
    source = "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii")
    image = tag.img(src=source, alt=description)
    return tag.figure(image, tag.figcaption(caption), tabindex="0")  # on a phone it scrolls, by keys too


def said(value: Cell) -> str:
    """A value as a reader wants it: thousands apart, three decimals, a true minus; NaN is unknown."""
    if isinstance(value, bool | str):
        return str(value)
    if math.isnan(value):
        return "unknown"
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"
    return text.replace("-", "\N{MINUS SIGN}")


def _cell(value: Cell) -> HtmlElement:
    return tag.td(said(value), CLASS("number")) if _is_number(value) else tag.td(said(value))


def _is_number(value: Cell) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
