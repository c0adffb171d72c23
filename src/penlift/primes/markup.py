"""XML from strangers: no entity, no document type, nothing fetched."""

from typing import Any

from lxml import etree

from penlift import safe_xml
from penlift.primes.prime import UnfitError, in_brief


def parse(content: bytes, root: str) -> etree._Element:
    """The root of a document, which is an element of that name, in whatever namespace."""
    try:
        found = safe_xml.parse(content)
    except etree.XMLSyntaxError as error:
        raise UnfitError(f"no readable XML ({in_brief(error)}); export it again") from None
    document: Any = found.getroottree().docinfo
    if document.doctype or document.internalDTD is not None:
        raise UnfitError("XML with a DOCTYPE, which may hold entities; delete that and what refers to it")
    if etree.QName(found).localname != root:
        raise UnfitError(f"a root element {etree.QName(found).localname!r}; give one whose root is {root!r}")
    return found
