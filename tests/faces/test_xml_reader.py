"""XML of strangers: every encoding, and nothing that takes much or reaches beyond the document."""

import socket
import tracemalloc
from xml.etree.ElementTree import Element

import pytest

from rpcmedia.faces.xml_reader import EntitiesRefused, TooMuchXml, XmlRefused, read_xml

MIB = 1024**2


def in_encoding(name: str, text: str, codec: str) -> bytes:
    return f"<?xml version='1.0' encoding='{name}'?><a>{text}</a>".encode(codec)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<a>ü😀</a>".encode(), "ü😀"),
        (b"\xef\xbb\xbf" + "<a>ü</a>".encode(), "ü"),
        (in_encoding("UTF-8", "ü", "utf-8"), "ü"),
        (in_encoding("utf-8", "ü", "utf-8-sig"), "ü"),
        (in_encoding("UTF-16", "ü😀", "utf-16"), "ü😀"),
        (in_encoding("UTF-16", "ü😀", "utf-16-be"), "ü😀"),
        ("<a>ü</a>".encode("utf-16"), "ü"),
        (in_encoding("ISO-8859-1", "ü", "latin-1"), "ü"),
        (in_encoding("latin1", "ü", "latin-1"), "ü"),
        (in_encoding("us-ascii", "u", "ascii"), "u"),
        (in_encoding("windows-1252", "€", "cp1252"), "€"),
    ],
)
def test_a_document_is_read_in_its_own_encoding(body: bytes, text: str) -> None:
    assert read_xml(body).text == text
    assert read_xml(bytearray(body)).text == text


@pytest.mark.parametrize(
    "body",
    [
        b"<a>\xff</a>",
        b"<a>\xc3</a>",
        b"<a>\xc0\x80</a>",
        # A surrogate alone, as UTF-8 and UTF-16 would have it, and as a reference.
        b"<a>\xed\xa0\x80</a>",
        "<a>".encode("utf-16") + b"\x00\xd8" + "</a>".encode("utf-16-le"),
        b"<a>&#xD800;</a>",
        b"<a>\x00</a>",
        b"<a>\x01</a>",
        b"<a>&#1;</a>",
        "<a>\ufffe</a>".encode(),
    ],
)
def test_what_is_no_character_is_refused(body: bytes) -> None:
    with pytest.raises(XmlRefused, match="the XML is broken"):
        read_xml(body)


@pytest.mark.parametrize("name", ["nope", "utf-7", "shift_jis", "hex", "rot13", "idna"])
def test_an_encoding_that_cannot_be_read_is_refused_by_name(name: str) -> None:
    with pytest.raises(XmlRefused, match=r"the encoding of the XML is unknown; send UTF-8"):
        read_xml(f"<?xml version='1.0' encoding='{name}'?><a/>".encode())


@pytest.mark.parametrize("name", ["cp037", "a b", "", "../x"])
def test_an_encoding_in_which_no_xml_can_be_is_refused(name: str) -> None:
    with pytest.raises(XmlRefused):
        read_xml(f"<?xml version='1.0' encoding='{name}'?><a/>".encode())


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"a", b"<a>", b"<a></b>", b"<a/>x", b"<a/><b/>", b' <?xml version="1.0"?><a/>'],
)
def test_broken_xml_is_refused_with_the_place(body: bytes) -> None:
    with pytest.raises(XmlRefused, match=r"the XML is broken: .*: line 1, column \d+"):
        read_xml(body)


def test_elements_have_names_with_namespaces_whatever_their_prefix() -> None:
    root = read_xml(b'<x:a xmlns:x="u" xmlns="v"><b n="1"/></x:a>')
    assert (root.tag, root[0].tag, root[0].attrib) == ("{u}a", "{v}b", {"n": "1"})


def test_comments_and_instructions_say_nothing_and_part_no_text() -> None:
    body = b'<?xml-stylesheet href="x"?><!-- a --><a>1<?php x?>2<!-- b -->3</a><!-- c --><?d?>'
    root = read_xml(body)
    assert (root.text, len(root)) == ("123", 0)


def test_marked_text_is_text() -> None:
    assert read_xml(b"<a>&lt;<![CDATA[<b>&amp;]]>&#xFC;&#10;</a>").text == "<<b>&amp;ü\n"


@pytest.mark.parametrize("declared", ["a", 'a PUBLIC "x" "y"', 'a SYSTEM "y.dtd"', "a []"])
def test_a_document_type_alone_is_not_looked_at(declared: str) -> None:
    assert read_xml(f"<!DOCTYPE {declared}><a>1</a>".encode()).text == "1"


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY x "y">',
        '<!ENTITY % x "y"> %x;',
        '<!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!ENTITY % x SYSTEM "http://127.0.0.1:1/"> %x;',
        '<!NOTATION n SYSTEM "n"><!ENTITY x SYSTEM "y" NDATA n>',
    ],
)
def test_a_document_that_declares_an_entity_is_refused(declared: str) -> None:
    with pytest.raises(EntitiesRefused, match="declares an entity"):
        read_xml(f"<!DOCTYPE a [{declared}]><a>1</a>".encode())


def test_an_entity_that_nobody_declared_is_refused() -> None:
    with pytest.raises(XmlRefused, match="undefined entity"):
        read_xml(b"<a>&x;</a>")


def test_nothing_outside_of_the_document_is_asked_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        listener.settimeout(0.2)
        read_xml(f'<!DOCTYPE a SYSTEM "http://127.0.0.1:{port}/a.dtd"><a/>'.encode())
        with pytest.raises(TimeoutError):
            listener.accept()


def test_declared_attributes_are_refused_for_every_element_would_have_them() -> None:
    many = " ".join(f'b{number} CDATA "v"' for number in range(1000))
    body = f"<!DOCTYPE a [<!ATTLIST a {many}>]><a>{'<a/>' * 1000}</a>".encode()
    with pytest.raises(TooMuchXml, match="declares attributes; send it without a DOCTYPE"):
        read_xml(body)


def test_a_long_namespace_is_refused_for_every_name_would_have_it() -> None:
    for length in (81, 200):
        assert read_xml(f'<a xmlns="{"u" * length}"/>'.encode()).tag == f"{{{'u' * length}}}a"
    names = "".join(f"<b{number}/>" for number in range(1000))
    for declared in ("xmlns", "xmlns:c"):
        with pytest.raises(TooMuchXml, match="namespace in the XML has more than 200 characters"):
            read_xml(f'<a {declared}="{"u" * 201}">{names}</a>'.encode())


def test_levels_are_bounded() -> None:
    deepest = read_xml(b"<a>" * 100 + b"</a>" * 100)
    assert sum(1 for _ in deepest.iter()) == 100
    for levels in (101, 100_000):
        with pytest.raises(TooMuchXml, match="nested deeper than 100 levels"):
            read_xml(b"<a>" * levels + b"</a>" * levels)


def test_levels_are_not_counted_across_neighbours() -> None:
    assert len(read_xml(b"<a>" + b"<b><c/></b>" * 1000 + b"</a>")) == 1000


@pytest.mark.parametrize(
    "body",
    [
        b"<a>" + b"<b/>" * 200_000 + b"</a>",
        b"<a " + b" ".join(b'b%d=""' % number for number in range(200_000)) + b"/>",
        b"<a>" + b"<!---->" * 200_000 + b"</a>",
        b"<a>" + b"<?b?>" * 200_000 + b"</a>",
        ("<a>" + "<b/>" * 200_000 + "</a>").encode("utf-16"),
    ],
    ids=["elements", "attributes", "comments", "instructions", "UTF-16"],
)
def test_elements_and_attributes_are_bounded_before_they_take_memory(body: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(TooMuchXml, match="more than 200000 elements and attributes"):
            read_xml(body)
        assert tracemalloc.get_traced_memory()[1] < MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "content",
    [b"\n" * 4 * MIB, b"&lt;" * MIB, b"\r" * 4 * MIB, b"y" * 4 * MIB],
    ids=["line feeds", "references", "carriage returns", "letters"],
)
def test_long_text_takes_a_few_times_its_size(content: bytes) -> None:
    root, peak = measured(b"<a>" + content + b"</a>")
    assert len(root.text or "") in (MIB, 4 * MIB)
    assert peak < 4 * len(content)


@pytest.mark.parametrize(
    ("before", "behind"),
    [(b"<", b"/>"), (b'<a b="', b'"/>'), (b"<a><!--", b"--></a>"), (b"<a><?b ", b"?></a>")],
    ids=["name", "attribute", "comment", "instruction"],
)
def test_a_tag_is_bounded_for_the_parser_reads_it_again_and_again(
    before: bytes, behind: bytes
) -> None:
    assert read_xml(before + b"x" * MIB + behind) is not None
    with pytest.raises(TooMuchXml, match="a tag of more than 2097152 bytes"):
        read_xml(before + b"x" * 4 * MIB + behind)


@pytest.mark.parametrize("offset", range(8))
def test_text_is_whole_wherever_the_parser_stops_in_between(offset: int) -> None:
    text = "x" * (MIB - 6 + offset) + "😀\r\n&amp;ü" + "y" * 2 * MIB
    read = read_xml(f"<a>{text}</a>".encode()).text
    assert read == text.replace("\r\n", "\n").replace("&amp;", "&")


def measured(body: bytes) -> tuple[Element, int]:
    tracemalloc.start()
    try:
        root = read_xml(body)
        return root, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
