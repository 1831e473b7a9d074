"""A small SOAP client: raw envelopes go out, answers come back as plain values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.support.server import KEY, USER, Server

SOAP_1_1 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_1_2 = "http://www.w3.org/2003/05/soap-envelope"
ENCODINGS = {
    SOAP_1_1: "http://schemas.xmlsoap.org/soap/encoding/",
    SOAP_1_2: "http://www.w3.org/2003/05/soap-encoding",
}
V1, V2 = "/api/soap", "/api/v2_soap"
MEDIA = "catalogProductAttributeMedia"

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_CASTS: dict[str, Callable[[str], Any]] = {"int": int, "boolean": lambda text: text == "true"}


@dataclass(frozen=True)
class Answer:
    """The answer to one request."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def root(self) -> ElementTree.Element:
        """Its envelope."""
        return ElementTree.fromstring(self.text)

    @property
    def body(self) -> ElementTree.Element:
        """What stands in its body."""
        [body] = self.root
        [content] = body
        return content

    @property
    def value(self) -> Any:
        """What an operation answered; fails for a fault."""
        assert self.status == 200, self.text
        assert self.body.tag.endswith("Response"), self.text
        # In SOAP 1.2 another element tells its name.
        [value] = (element for element in self.body if not element.tag.startswith("{"))
        return value_of(value)

    @property
    def fault(self) -> tuple[str | None, str | None]:
        """Code and text of a fault; fails for anything else."""
        assert self.body.tag.endswith("}Fault"), self.text
        code, text = self.body[0], self.body[1]
        if self.body.tag == f"{{{SOAP_1_2}}}Fault":
            code, text = code[0], text[0]
        return code.text, text.text


def value_of(element: ElementTree.Element) -> Any:
    """A value of an answer as its types say."""
    if element.get(f"{_XSI}nil") == "true":
        return None
    kind = element.attrib[f"{_XSI}type"].rpartition(":")[2]
    if kind == "Map":
        return {value_of(item[0]): value_of(item[1]) for item in element}
    if any(name.endswith(("arrayType", "arraySize")) for name in element.attrib):
        return [value_of(item) for item in element]
    if len(element):
        return {member.tag: value_of(member) for member in element}
    return _CASTS.get(kind, str)(element.text or "")


def envelope(call: str, *, soap: str = SOAP_1_1, header: str = "", beside: str = "") -> str:
    """An envelope with the usual prefixes around the element of a call."""
    return (
        f'<e:Envelope xmlns:e="{soap}" xmlns:enc="{ENCODINGS[soap]}" xmlns:n="urn:OpenMage"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        f' xmlns:m="http://xml.apache.org/xml-soap">{header}'
        f"<e:Body>{call}{beside}</e:Body></e:Envelope>"
    )


async def post(
    server: Server, body: str | bytes, path: str = V1, method: str = "POST", **headers: str
) -> Answer:
    """The answer to a body as it is."""
    async with server.http.request(
        method, f"{server.url}{path}", data=body, headers=headers
    ) as answer:
        return Answer(answer.status, answer.headers, await answer.text())


async def call(
    server: Server, operation: str, parts: str = "", path: str = V1, **options: Any
) -> Answer:
    """The answer to a call with the server's Basic, whose parts are given as XML."""
    body = envelope(f"<n:{operation}>{parts}</n:{operation}>", **options)
    return await post(server, body, path, Authorization=server.basic or "")


async def v1(server: Server, resource_path: str, arguments: str = "") -> Answer:
    """The answer to `call` with Basic; the arguments are the content of an array."""
    args = f'<args xsi:type="enc:Array">{arguments}</args>'
    return await call(server, "call", f"<resourcePath>{resource_path}</resourcePath>{args}")


async def v2(server: Server, suffix: str, **parts: str) -> Answer:
    """The answer to an operation of version 2 with Basic; parts are text, or whole elements."""
    written = "".join(
        text if text.startswith("<") else f"<{name}>{escape(text)}</{name}>"
        for name, text in parts.items()
    )
    return await call(server, MEDIA + suffix, written, V2)


async def login(server: Server, path: str = V1, **options: Any) -> str:
    """A session id."""
    parts = f"<username>{USER}</username><apiKey>{KEY}</apiKey>"
    session = (await call(server, "login", parts, path, **options)).value
    assert isinstance(session, str)
    return session
