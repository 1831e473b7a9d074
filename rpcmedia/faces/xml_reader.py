"""XML of strangers, read without entities, without the network and in bounded memory.

The door to defusedxml for faces. Elements are those of xml.etree, names with their namespace in
braces.
"""

from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

_MOST_LEVELS = 100
_MOST_NODES = 200_000
"""An element or an attribute takes up to some hundred bytes in memory, however short it is."""
_LONGEST_NAMESPACE = 1000
_BEFORE_NODES = (b"<", b"=")


class XmlRefused(Exception):
    """The text is no XML, or too much of it; the text of the exception says where and why."""


class XmlBroken(XmlRefused):
    """The text is no XML."""


class EntitiesRefused(XmlRefused):
    """The document declares entities, or refers to something outside of it."""

    def __init__(self) -> None:
        super().__init__("the XML declares an entity; write the characters themselves")


def read_xml(body: bytes | bytearray) -> Element:
    """The root element of a document in its own encoding. Raises XmlRefused."""
    if sum(map(body.count, _BEFORE_NODES)) > _MOST_NODES:
        raise XmlRefused(
            f"the XML has more than {_MOST_NODES} elements and attributes; send it in parts"
        )
    parser = DefusedXMLParser(target=_Builder())
    parser.parser.AttlistDeclHandler = _refuse_attributes
    parser.parser.StartNamespaceDeclHandler = _check_namespace
    try:
        parser.feed(body)
        root: Element = parser.close()
    except DefusedXmlException:
        raise EntitiesRefused from None
    except ParseError as error:
        raise XmlBroken(f"the XML is broken: {error}") from None
    except (ValueError, LookupError):
        # An encoding that Python does not know, or that has no table.
        raise XmlRefused("the encoding of the XML is unknown; send UTF-8") from None
    return root


def _refuse_attributes(*declaration: object) -> None:
    # Each element would get all that are declared for it: some kilobytes become gigabytes.
    raise XmlRefused("the XML declares attributes; write them where they belong")


def _check_namespace(prefix: str | None, namespace: str | None) -> None:
    # It is written out anew for each name that is in it.
    if namespace and len(namespace) > _LONGEST_NAMESPACE:
        raise XmlRefused(f"a namespace in the XML has more than {_LONGEST_NAMESPACE} characters")


class _Builder(TreeBuilder):
    """Builds a tree of so many levels and no more: who walks it calls itself for each."""

    def __init__(self) -> None:
        super().__init__()
        self._level = 0

    def start(self, tag: Any, attributes: Any, /) -> Element:
        """See TreeBuilder."""
        self._level += 1
        if self._level > _MOST_LEVELS:
            raise XmlRefused(f"the XML is nested deeper than {_MOST_LEVELS} levels")
        return super().start(tag, attributes)

    def end(self, tag: Any, /) -> Element:
        """See TreeBuilder."""
        self._level -= 1
        return super().end(tag)
