"""A small client for XML-RPC: sends whatever it is given, and reads with Python's own reader."""

import xmlrpc.client
from dataclasses import dataclass
from typing import Any

from tests.support.server import KEY, USER, Server

PATH = "/api/xmlrpc"


def method_call(name: str, *values: str) -> str:
    """The body of a call whose parameters are `value` elements."""
    parameters = "".join(f"<param>{value}</param>" for value in values)
    return f"<methodCall><methodName>{name}</methodName><params>{parameters}</params></methodCall>"


@dataclass
class XmlRpc:
    """A session with a server."""

    server: Server
    session: str = ""

    async def post(self, body: str | bytes, path: str = PATH, **headers: str) -> str:
        """The text of the answer to a raw body; fails for any status but 200."""
        url = f"{self.server.url}{path}"
        async with self.server.http.post(url, data=body or None, headers=headers) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"] == "text/xml; charset=UTF-8"
            return await answer.text()

    async def raw(self, body: str | bytes, path: str = PATH, **headers: str) -> Any:
        """The value of the answer to a raw body. Raises Fault."""
        ((value,), _) = xmlrpc.client.loads(await self.post(body, path, **headers))
        return value

    async def ask(self, method: str, *parameters: Any) -> Any:
        """The value of a call as Python's own client writes it. Raises Fault."""
        return await self.raw(xmlrpc.client.dumps(parameters, method, allow_none=True))

    async def call(self, path: str, *arguments: Any) -> Any:
        """The value of an operation in this session. Raises Fault."""
        return await self.ask("call", self.session, path, list(arguments))

    async def fault(self, body: str | bytes, **headers: str) -> tuple[int, str]:
        """Code and text of the fault that answers a raw body."""
        try:
            value = await self.raw(body, **headers)
        except xmlrpc.client.Fault as fault:
            return fault.faultCode, fault.faultString
        raise AssertionError(value)

    async def fault_of(self, method: str, *parameters: Any) -> tuple[int, str]:
        """Code and text of the fault that answers a call."""
        return await self.fault(xmlrpc.client.dumps(parameters, method, allow_none=True))


async def logged_in(server: Server) -> XmlRpc:
    """A client with a session."""
    client = XmlRpc(server)
    client.session = await client.ask("login", USER, KEY)
    return client
