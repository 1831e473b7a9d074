"""One small client for each face, which all say the same things."""

import base64
import json
import xmlrpc.client
from typing import Any, Protocol
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.support.server import KEY, USER, Server

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
SCHEMA = "http://www.w3.org/2001/XMLSchema"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
MAP = "http://xml.apache.org/xml-soap"
NAMESPACE = "urn:OpenMage"

CONSUMER = ("consumerkey100000000000000000000", "consumersecret100000000000000000")
ADMIN = ("admintoken0000000000000000000000", "adminsecret000000000000000000000")


class Refused(Exception):
    """A fault in the spelling of a face: HTTP status, code, message."""


class Speaker(Protocol):
    """Speaks one protocol; an image is called by what `create` answered."""

    async def log_in(self) -> None:
        """Get what later calls need."""

    async def images(self, sku: str) -> list[dict[str, Any]]:
        """The gallery of a product."""

    async def create(self, sku: str, content: bytes, mime: str, **values: Any) -> str:
        """Create an image."""

    async def update(self, sku: str, image: str, store: str | None, **values: Any) -> None:
        """Change values of an image."""

    async def remove(self, sku: str, image: str) -> None:
        """Remove an image."""


class _Caller:
    """What the faces that call methods have in common."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._session: Any = None

    async def method(self, name: str, *parameters: Any) -> Any:
        """The value of a method of the API. Raises Refused."""
        raise NotImplementedError

    async def _call(self, name: str, *arguments: Any) -> Any:
        return await self.method("call", self._session, f"product_media.{name}", list(arguments))

    async def log_in(self) -> None:
        self._session = await self.method("login", USER, KEY)

    async def images(self, sku: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._call("list", sku)
        return found

    async def create(self, sku: str, content: bytes, mime: str, **values: Any) -> str:
        file = {"content": base64.b64encode(content).decode(), "mime": mime}
        if "name" in values:
            file["name"] = values.pop("name")
        created = await self._call("create", sku, {"file": file, **values})
        return str(created[0] if isinstance(created, list) else created)

    async def update(self, sku: str, image: str, store: str | None, **values: Any) -> None:
        await self._call("update", sku, image, values, *([store] if store else []))

    async def remove(self, sku: str, image: str) -> None:
        await self._call("remove", sku, image)


class JsonRpc(_Caller):
    """Speaks JSON-RPC."""

    async def method(self, name: str, *parameters: Any) -> Any:
        answer = await self._server.send(
            {"jsonrpc": "2.0", "id": 1, "method": name, "params": parameters}
        )
        if answer.get("error"):
            raise Refused(200, answer["error"]["code"], answer["error"]["message"])
        return answer["result"]


class XmlRpc(_Caller):
    """Speaks XML-RPC with Python's own marshalling."""

    async def method(self, name: str, *parameters: Any) -> Any:
        body = xmlrpc.client.dumps(parameters, name)
        async with self._server.http.post(
            f"{self._server.url}/api/xmlrpc", data=body.encode()
        ) as answer:
            text = await answer.text()
            try:
                return xmlrpc.client.loads(text)[0][0]
            except xmlrpc.client.Fault as fault:
                raise Refused(answer.status, fault.faultCode, fault.faultString) from None


class SoapV1(_Caller):
    """Speaks SOAP v1 with Maps and Arrays."""

    path = "/api/soap"

    async def method(self, name: str, *parameters: Any) -> Any:
        parts = "".join(encoded(f"p{n}", value) for n, value in enumerate(parameters))
        return decoded(await self._ask(name, parts))

    async def _ask(self, name: str, parts: str) -> ElementTree.Element:
        body = (
            f'<e:Envelope xmlns:e="{ENVELOPE}" xmlns:xsd="{SCHEMA}" xmlns:xsi="{INSTANCE}"'
            f' xmlns:enc="{ENCODING}" xmlns:m="{MAP}" xmlns:api="{NAMESPACE}">'
            f"<e:Body><api:{name}>{parts}</api:{name}></e:Body></e:Envelope>"
        )
        async with self._server.http.post(
            self._server.url + self.path, data=body.encode(), headers={"Content-Type": "text/xml"}
        ) as answer:
            root = ElementTree.fromstring(await answer.read())
            fault = root.find(f".//{{{ENVELOPE}}}Fault")
            if fault is not None:
                code, text = fault.findtext("faultcode"), fault.findtext("faultstring")
                raise Refused(answer.status, code, text)
        return root[0][0][0]


class SoapV2(SoapV1):
    """Speaks SOAP v2, which has an operation for each method of the resource."""

    path = "/api/v2_soap"

    async def _call(self, name: str, *arguments: Any) -> Any:
        operation = f"catalogProductAttributeMedia{name[0].upper()}{name[1:]}"
        return await self.method(operation, self._session, *arguments)

    async def update(self, sku: str, image: str, store: str | None, **values: Any) -> None:
        await self._call("update", sku, image, values, store)


class Rest:
    """Speaks REST in JSON, as the admin of the catalog; an image is called by its path."""

    def __init__(self, server: Server) -> None:
        self._server = server
        signature = f"{CONSUMER[1]}%26{ADMIN[1]}"
        self._headers = {
            "Accept": "application/json",
            "Authorization": f'OAuth oauth_consumer_key="{CONSUMER[0]}", oauth_token="{ADMIN[0]}",'
            f' oauth_signature_method="PLAINTEXT", oauth_signature="{signature}"',
        }

    async def log_in(self) -> None:
        pass

    async def images(self, sku: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((await self._ask("GET", self._gallery(sku)))[1])
        return found

    async def create(self, sku: str, content: bytes, mime: str, **values: Any) -> str:
        body = {"file_mime_type": mime, "file_content": base64.b64encode(content).decode()}
        if "name" in values:
            body["file_name"] = values.pop("name")
        return (await self._ask("POST", self._gallery(sku), {**body, **values}))[0]

    async def update(self, sku: str, image: str, store: str | None, **values: Any) -> None:
        await self._ask("PUT", image + (f"/store/{store}" if store else ""), values)

    async def remove(self, sku: str, image: str) -> None:
        await self._ask("DELETE", image)

    def _gallery(self, sku: str) -> str:
        return f"/api/rest/products/{sku}/images"

    async def _ask(self, method: str, path: str, body: Any = None) -> tuple[str, bytes]:
        async with self._server.http.request(
            method, self._server.url + path, json=body, headers=self._headers
        ) as answer:
            content = await answer.read()
            if answer.status != 200:
                [error] = json.loads(content)["messages"]["error"]
                raise Refused(answer.status, error["code"], error["message"])
            return answer.headers.get("Location", ""), content


def encoded(name: str, value: Any) -> str:
    """A value as SOAP's encoding has it."""
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    if isinstance(value, dict):
        items = "".join(
            f"<item>{encoded('key', key)}{encoded('value', member)}</item>"
            for key, member in value.items()
        )
        return f'<{name} xsi:type="m:Map">{items}</{name}>'
    if isinstance(value, list):
        items = "".join(encoded("item", member) for member in value)
        return f'<{name} xsi:type="enc:Array">{items}</{name}>'
    kind = "int" if isinstance(value, int) else "string"
    return f'<{name} xsi:type="xsd:{kind}">{escape(str(value))}</{name}>'


def decoded(element: ElementTree.Element) -> Any:
    """The value of an element; its type tells maps, structures and arrays apart."""
    kind = element.get(f"{{{INSTANCE}}}type", "").rpartition(":")[2]
    if kind == "Map":
        return {decoded(item[0]): decoded(item[1]) for item in element}
    if element.get(f"{{{ENCODING}}}arrayType") or kind.endswith("Array"):
        return [decoded(item) for item in element]
    if len(element):
        return {child.tag: decoded(child) for child in element}
    return element.text or ""


SPEAKERS: dict[str, type[JsonRpc | XmlRpc | SoapV1 | SoapV2 | Rest]] = {
    "jsonrpc": JsonRpc,
    "xmlrpc": XmlRpc,
    "soap v1": SoapV1,
    "soap v2": SoapV2,
    "rest": Rest,
}
