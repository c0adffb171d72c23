"""XML from strangers: no entity is resolved, no document type loaded, nothing fetched, no tree grows too deep."""

from typing import Any

from lxml import etree

from penlift.common.errors import one_line
from penlift.io.formats.contract import UnfitError


def parse(content: bytes, target: Any = None) -> Any:
    """The root of a document, or what a target that takes its elements one by one closes with.

    Raises etree.XMLSyntaxError. An xml:id may be any text.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, collect_ids=False, target=target
    )
    return etree.fromstring(content, parser)


def parse_root(content: bytes, root: str) -> etree._Element:
    """The root of a document, which is an element of that name, in whatever namespace."""
    try:
        found: etree._Element = parse(content)
    except etree.XMLSyntaxError as error:
        raise UnfitError(f"no readable XML ({one_line(error)}); export it again") from None
    document: Any = found.getroottree().docinfo
    if document.doctype or document.internalDTD is not None:
        raise UnfitError("XML with a DOCTYPE, which may hold entities; delete that and what refers to it")
    if etree.QName(found).localname != root:
        raise UnfitError(f"a root element {etree.QName(found).localname!r}; give one whose root is {root!r}")
    return found
