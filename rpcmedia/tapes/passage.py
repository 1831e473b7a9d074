"""One request through the recording proxy, and its answer back.

Bodies stream, and a copy goes to the recorder. What goes wrong on either side ends here.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, replace

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from rpcmedia.tapes.body_files import Body
from rpcmedia.tapes.hop_headers import end_to_end, is_empty, recorded_headers
from rpcmedia.tapes.recorder import HUNG_UP, Beginning, Recorder
from rpcmedia.tapes.tape import Exchange


@dataclass(frozen=True, slots=True)
class Way:
    """Where requests go, and how."""

    upstream: URL
    session: aiohttp.ClientSession
    recorder: Recorder
    seconds: float
    """How long the upstream may be silent."""


class _ClientGone(Exception):
    """Writing to the client failed."""


class Passage:
    """One request and its answer on their way."""

    def __init__(self, way: Way, request: web.Request, target: str) -> None:
        self._way = way
        self._request = request
        self._target = target
        self._beginning = Beginning()
        self._sent = way.recorder.new_body() if request.body_exists else None
        self._got = way.recorder.new_body()
        self._response: _Passed | None = None
        self._is_recorded = False
        self._exchange = Exchange(
            method=request.method,
            url=str(way.upstream).rstrip("/") + target,
            request_headers=recorded_headers(request.raw_headers),
            request_body=None,
            request_mime=request.headers.get("Content-Type", ""),
            status=0,
            response_headers=(),
            response_body=None,
        )

    def close(self) -> None:
        """Give back what the bodies hold."""
        for body in (self._sent, self._got):
            if body:
                body.close()

    async def run(self) -> web.StreamResponse:
        """The response, sent as far as it came."""
        seconds = self._way.seconds
        upload = None
        try:
            async with asyncio.timeout(seconds) as timeout:
                patience = _Patience(timeout, seconds)
                if self._sent:
                    upload = _Upload(self._request.content, self._sent, patience)
                async with await self._ask(upload) as answer:
                    return await self._pass_back(answer, patience)
        except asyncio.CancelledError:
            return await self._give_up("the recording ended before the answer was whole")
        except _ClientGone:
            return await self._give_up(HUNG_UP)
        except TimeoutError:
            return await self._fail(504, f"the upstream was silent for {seconds:g} s")
        except (aiohttp.ClientError, OSError) as error:
            if upload and upload.client_is_gone:
                return await self._give_up("the client hung up before its request was whole")
            return await self._fail(502, f"the upstream gave no whole answer: {error}")

    async def _ask(self, upload: "_Upload | None") -> aiohttp.ClientResponse:
        upstream = self._way.upstream
        headers = [h for h in end_to_end(self._request.raw_headers) if h[0].lower() != "host"]

        async def as_it_came(
            request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
        ) -> aiohttp.ClientResponse:
            _only(request.headers, headers, ("Host", "Transfer-Encoding"))
            return await send(request)

        return await self._way.session.request(
            self._request.method,
            # From parts, and all in the path: a URL that is read from a text is tidied up.
            URL.build(
                scheme=upstream.scheme,
                host=upstream.raw_host or "",
                port=upstream.explicit_port,
                path=upstream.raw_path.rstrip("/") + self._target,
                encoded=True,
            ),
            headers=CIMultiDict(headers),
            data=upload,
            allow_redirects=False,
            middlewares=[as_it_came],
        )

    async def _pass_back(
        self, answer: aiohttp.ClientResponse, patience: "_Patience"
    ) -> web.StreamResponse:
        headers = end_to_end(answer.raw_headers)
        self._exchange = replace(
            self._exchange,
            status=answer.status,
            reason=answer.reason or "",
            response_headers=headers,
            response_mime=answer.headers.get("Content-Type", ""),
        )
        response = self._response = _Passed(answer.status, answer.reason, headers)
        empty = is_empty(self._request.method, answer.status)
        left = 0 if empty else answer.content_length
        patience.with_client()
        if left == 0:
            await self._record()
        await _to_client(response.prepare(self._request))
        while chunk := await patience.of(answer.content.readany()):
            self._got.write(chunk)
            left = None if left is None else left - len(chunk)
            if left == 0:
                await self._record()
            await _to_client(response.write(chunk))
        await self._record()
        await _to_client(response.write_eof())
        return response

    async def _record(self, error: str = "") -> None:
        """Once, before the last byte of the answer."""
        if self._is_recorded:
            return
        self._is_recorded = True
        exchange = self._beginning.of(replace(self._exchange, error=error))
        has_body = self._got.size or not is_empty(exchange.method, exchange.status or 204)
        got = self._got if has_body else None
        adding = asyncio.ensure_future(self._way.recorder.add(exchange, self._sent, got))
        try:
            await asyncio.shield(adding)
        except asyncio.CancelledError:
            # Its bodies are in use until it is done.
            await adding
            raise

    async def _fail(self, status: int, why: str) -> web.StreamResponse:
        if self._response:
            return await self._give_up(f"{why}, after {self._got.size} bytes of its body")
        answer = web.Response(status=status, text=f"rpcmedia record: {why}.\n")
        self._got.write(answer.body if isinstance(answer.body, bytes) else b"")
        self._exchange = replace(
            self._exchange,
            status=status,
            reason=answer.reason or "",
            response_headers=[(str(name), value) for name, value in answer.headers.items()],
            response_mime=answer.headers["Content-Type"],
        )
        await self._record(why)
        return answer

    async def _give_up(self, why: str) -> web.StreamResponse:
        """Cut the client off, which is all that can be said in the middle of an answer."""
        self._exchange = replace(self._exchange, status=0)
        if self._request.transport:
            self._request.transport.close()
        await self._record(why)
        return self._response or web.Response(status=502)


class _Passed(web.StreamResponse):
    """A response with the headers that the upstream sent, and those of the connection."""

    def __init__(self, status: int, reason: str | None, headers: list[tuple[str, str]]) -> None:
        super().__init__(status=status, reason=reason, headers=CIMultiDict(headers))
        self.given = headers


async def restore_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Called by aiohttp between its changes to headers and the sending."""
    if isinstance(response, _Passed):
        _only(response.headers, response.given, ("Connection", "Transfer-Encoding"))


def _only(headers: CIMultiDict[str], given: list[tuple[str, str]], ours: tuple[str, ...]) -> None:
    """Leave of what aiohttp has made only these, and what was given as it was."""
    kept = [(name, value) for name, value in headers.items() if name in ours]
    headers.clear()
    headers.extend([*kept, *given])


async def _to_client(writing: Awaitable[object]) -> None:
    try:
        await writing
    except ConnectionError as error:
        raise _ClientGone from error


class _Patience:
    """Runs out only while the upstream keeps everyone waiting."""

    def __init__(self, timeout: asyncio.Timeout, seconds: float) -> None:
        self._timeout = timeout
        self._seconds = seconds

    def with_upstream(self) -> None:
        """From now on the upstream is waited for."""
        self._set(asyncio.get_running_loop().time() + self._seconds)

    def with_client(self) -> None:
        """From now on the client is waited for."""
        self._set(None)

    async def of(self, reading: Awaitable[bytes]) -> bytes:
        """What the upstream sends, if it does so in time."""
        self.with_upstream()
        chunk = await reading
        self.with_client()
        return chunk

    def _set(self, when: float | None) -> None:
        # An upstream may answer before it has the whole request.
        with contextlib.suppress(RuntimeError):
            self._timeout.reschedule(when)


class _Upload:
    """The body of a request, copied as it passes."""

    def __init__(self, content: aiohttp.StreamReader, copy: Body, patience: _Patience) -> None:
        self._content = content
        self._copy = copy
        self._patience = patience
        self._begun = False
        self.client_is_gone = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        # What is half read cannot be sent again, to whatever connection.
        if self._begun:
            raise aiohttp.ClientPayloadError("a request body can be sent only once")
        self._begun = True
        return self._chunks()

    async def _chunks(self) -> AsyncIterator[bytes]:
        while True:
            self._patience.with_client()
            try:
                chunk = await self._content.readany()
            except Exception:
                self.client_is_gone = True
                raise
            self._patience.with_upstream()
            if not chunk:
                return
            self._copy.write(chunk)
            yield chunk
