"""How a program comes to a token: `/oauth/initiate`, `/oauth/authorize` and `/oauth/token`.

Answers to programs are forms, as the reference's; those to people are pages.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from rpcmedia.faces.bodies import Body, CannotReceive, TooBusy, with_body
from rpcmedia.faces.content_coding import TooLarge
from rpcmedia.faces.http import RETRY, FaceOptions, add_route
from rpcmedia.faces.rest import oauth_pages
from rpcmedia.faces.rest.signed_requests import Parameters, SignedRequests
from rpcmedia.operations.faults import AccessDenied, Busy
from rpcmedia.operations.oauth import OUT_OF_BAND, OAuth, OAuthProblem
from rpcmedia.operations.ports import Token

FACE = "oauth"

_FORM = "application/x-www-form-urlencoded"

_LARGEST_FORM = 8 * 1024
"""Every member of a form is sorted and hashed for the signature, so there must not be too many."""

_BAD_REQUESTS = (
    "version_rejected",
    "parameter_absent",
    "parameter_rejected",
    "timestamp_refused",
    "signature_method_rejected",
)
"""Problems with the status 400 here; all others, and these at resources, have 401."""

_ASK_AGAIN = (
    "Nobody asks here: the question is not known, was answered, or was asked more than an hour"
    " ago. Begin again in the program that sent you."
)

Answer = Callable[[web.Request, Parameters], Awaitable[web.Response]]
Refuse = Callable[[int, str], web.Response]


def mount_oauth(
    app: web.Application, oauth: OAuth, signed: SignedRequests, options: FaceOptions
) -> None:
    """Answer the endpoints of OAuth 1.0a."""
    endpoints = OAuthEndpoints(oauth, signed, options)
    for name, handler, methods in (
        ("initiate", endpoints.initiate, ("GET", "POST")),
        ("authorize", endpoints.authorize, ("GET", "HEAD", "POST")),
        ("token", endpoints.token, ("GET", "POST")),
    ):
        add_route(app, f"/oauth/{name}{{_:/?}}", handler, options, methods=methods)


class OAuthEndpoints:
    """Answers programs and the people who let them in."""

    def __init__(self, oauth: OAuth, signed: SignedRequests, options: FaceOptions) -> None:
        self._oauth = oauth
        self._signed = signed
        self._telemetry = options.telemetry
        self._limits = replace(options.limits, max_body=_LARGEST_FORM)

    async def initiate(self, request: web.Request) -> web.Response:
        """Give a program a request token."""
        return await self._answer(request, "initiate", self._initiate, _text)

    async def _initiate(self, request: web.Request, form: Parameters) -> web.Response:
        token = await self._oauth.initiate(self._signed.read(request, form))
        return _credentials(token.token, token.secret, oauth_callback_confirmed="true")

    async def token(self, request: web.Request) -> web.Response:
        """Change a request token that was allowed for an access token."""
        return await self._answer(request, "token", self._change, _text)

    async def _change(self, request: web.Request, form: Parameters) -> web.Response:
        token = await self._oauth.change(self._signed.read(request, form))
        return _credentials(token.token, token.secret)

    async def authorize(self, request: web.Request) -> web.Response:
        """Ask somebody whether a program may act in their name, and take the answer."""
        return await self._answer(request, "authorize", self._authorize, _page)

    async def _authorize(self, request: web.Request, form: Parameters) -> web.Response:
        fields = dict(form) if request.method == "POST" else dict(request.query)
        consumer, token = await self._oauth.asked(fields.get("oauth_token", ""))
        answer = fields.get("answer") if request.method == "POST" else None
        if answer == "deny":
            return await self._deny(token)
        if answer != "allow":
            return oauth_pages.question(consumer, token)
        given = fields.get("username", ""), fields.get("key", "")
        try:
            verifier = await self._oauth.allow(token.token, *given, request.remote)
        except AccessDenied:
            problem = "User name and key do not fit, or the user may not do anything."
            return oauth_pages.question(consumer, token, problem, status=403)
        if token.callback == OUT_OF_BAND:
            return oauth_pages.verifier(consumer, verifier)
        return _back(token, oauth_verifier=verifier)

    async def _deny(self, token: Token) -> web.Response:
        await self._oauth.deny(token.token)
        if token.callback == OUT_OF_BAND:
            return oauth_pages.message("Access denied", "Nothing was allowed.")
        return _back(token, rejected="1")

    async def _answer(
        self, request: web.Request, label: str, answer: Answer, refuse: Refuse
    ) -> web.Response:
        began = time.perf_counter()
        received = 0

        async def read(request: web.Request, body: Body) -> web.Response:
            nonlocal received
            received = len(body)
            is_form = request.content_type == _FORM
            text = bytes(body).decode("utf-8", "replace") if is_form else ""
            return await answer(request, parse_qsl(text, keep_blank_values=True))

        fault: int | None = 500
        sent = 0
        try:
            response = await self._refusing(request, read, refuse)
            fault = response.status if response.status >= 400 else None
            sent = response.content_length or 0
        finally:
            self._telemetry.call(FACE, label, fault, time.perf_counter() - began)
            self._telemetry.traffic(FACE, received, sent)
        return response

    async def _refusing(
        self,
        request: web.Request,
        read: Callable[[web.Request, Body], Awaitable[web.Response]],
        refuse: Refuse,
    ) -> web.Response:
        try:
            return await with_body(request, self._limits, read)
        except OAuthProblem as problem:
            return refuse(400 if problem.problem in _BAD_REQUESTS else 401, str(problem))
        except TooLarge as reason:
            return refuse(413, str(reason))
        except CannotReceive as reason:
            return refuse(400, str(reason))
        except (TooBusy, Busy):
            response = refuse(503, "Server is busy, try again")
            response.headers.update(RETRY)
            return response


def _back(token: Token, **answer: str) -> web.Response:
    return oauth_pages.redirect(token.callback, urlencode({"oauth_token": token.token, **answer}))


def _credentials(token: str, secret: str, **members: str) -> web.Response:
    answer = {"oauth_token": token, "oauth_token_secret": secret, **members}
    return _text(200, urlencode(answer))


def _text(status: int, text: str) -> web.Response:
    headers = {"Content-Type": _FORM, "Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "OAuth"
    return web.Response(status=status, body=text.encode(), headers=headers)


def _page(status: int, text: str) -> web.Response:
    if status == 401:
        return oauth_pages.message("Nobody asks", _ASK_AGAIN, 400)
    return oauth_pages.message("Not possible", text, status)
