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
_LONGEST_NAMESPACE = 200
_BEFORE_NODES = (b"<", b"=")

_SLICE = 1024**2
"""So many bytes the parser reads at a time; then other threads have their turn."""
_LONGEST_TAG = 2 * _SLICE
"""What has no end yet is read again with each slice, and is held several times."""


class XmlRefused(Exception):
    """The text is no XML, or too much of it; the text of the exception says where and why."""


class XmlBroken(XmlRefused):
    """The text is no XML."""


class TooMuchXml(XmlRefused):
    """The XML may be right, but reading it would take too much."""


class EntitiesRefused(XmlRefused):
    """The document declares entities, or refers to something outside of it."""

    def __init__(self) -> None:
        super().__init__("the XML declares an entity; write the characters themselves")


def read_xml(body: bytes | bytearray) -> Element:
    """The root element of a document in its own encoding. Raises XmlRefused."""
    if sum(map(body.count, _BEFORE_NODES)) > _MOST_NODES:
        raise TooMuchXml(
            f"the XML has more than {_MOST_NODES} elements and attributes; send it in parts"
        )
    parser = DefusedXMLParser(target=_Builder())
    parser.parser.AttlistDeclHandler = _refuse_declared_attributes
    parser.parser.StartNamespaceDeclHandler = _check_namespace
    try:
        _feed(parser, body)
        root: Element = parser.close()
    except DefusedXmlException:
        raise EntitiesRefused from None
    except ParseError as error:
        raise XmlBroken(f"the XML is broken: {error}") from None
    except (ValueError, LookupError):
        # An encoding that Python does not know, or that has no table.
        raise XmlRefused("the encoding of the XML is unknown; send UTF-8") from None
    return root


def _feed(parser: Any, body: bytes | bytearray) -> None:
    with memoryview(body) as view:
        for begin in range(0, len(view), _SLICE):
            parser.feed(view[begin : begin + _SLICE])
            if begin + _SLICE - parser.parser.CurrentByteIndex > _LONGEST_TAG:
                raise TooMuchXml(f"the XML has a tag of more than {_LONGEST_TAG} bytes")


def _refuse_declared_attributes(*declaration: object) -> None:
    # Each element would have them all, and finding one among many takes long.
    raise TooMuchXml("the XML declares attributes; send it without a DOCTYPE")


def _check_namespace(prefix: str | None, namespace: str | None) -> None:
    # It is written out anew for each name that is in it.
    if namespace and len(namespace) > _LONGEST_NAMESPACE:
        raise TooMuchXml(f"a namespace in the XML has more than {_LONGEST_NAMESPACE} characters")


class _Builder(TreeBuilder):
    """Builds a tree of so many levels and no more: who walks it calls itself for each."""

    def __init__(self) -> None:
        super().__init__()
        self._level = 0

    def start(self, tag: Any, attributes: Any, /) -> Element:
        """See TreeBuilder."""
        self._level += 1
        if self._level > _MOST_LEVELS:
            raise TooMuchXml(f"the XML is nested deeper than {_MOST_LEVELS} levels")
        return super().start(tag, attributes)

    def end(self, tag: Any, /) -> Element:
        """See TreeBuilder."""
        self._level -= 1
        return super().end(tag)
