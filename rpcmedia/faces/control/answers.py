"""What injected faults do to an HTTP answer that was made: a status, a cut, no answer at all."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from rpcmedia.operations.injection import (
    AnswerStatus,
    Damage,
    DropConnection,
    HttpAction,
    TruncateAnswer,
    damage,
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def damage_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let the rules that calls of a request met decide what becomes of its answer."""
    suffers = Damage()
    damage.set(suffers)
    response = await handler(request)
    if suffers.action is None:
        return response
    return await _damage(request, response, suffers.action)


async def _damage(
    request: web.Request, response: web.StreamResponse, action: HttpAction
) -> web.StreamResponse:
    match action:
        case AnswerStatus(status, message):
            return web.Response(status=status, text=f"{message}\n")
        case DropConnection():
            if request.transport:
                request.transport.abort()
            return response
        case TruncateAnswer(after_bytes):
            return await _truncate(request, response, after_bytes)


async def _truncate(
    request: web.Request, response: web.StreamResponse, after_bytes: int
) -> web.StreamResponse:
    body = response.body if isinstance(response, web.Response) else None
    whole = body if isinstance(body, bytes) else b""
    cut = web.StreamResponse(status=response.status, headers=response.headers)
    cut.content_length = len(whole)
    await cut.prepare(request)
    await cut.write(whole[:after_bytes])
    if request.transport:
        request.transport.close()
    return cut
