"""Who signed a request. The only door to oauthlib, whose rules of signatures hold here."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from aiohttp import web
from oauthlib.oauth1.rfc5849 import signature, utils

from rpcmedia.operations.addresses import is_loopback
from rpcmedia.operations.oauth import OAuth, SignedRequest
from rpcmedia.operations.visitors import GUEST, Visitor

Parameters = list[tuple[str, str]]

_PORT = re.compile(r"^(\w+://[^/]+):[0-9]+(?=/)", re.ASCII)

_CHECKS = {
    "HMAC-SHA1": signature.verify_hmac_sha1,
    "HMAC-SHA256": signature.verify_hmac_sha256,
    "PLAINTEXT": signature.verify_plaintext,
}


class SignedRequests:
    """Reads what the header `Authorization: OAuth …` says.

    Signatures are over the address that a client used. That is the one of the request, or, where
    a proxy stands between them, the same path under the server's base URL.
    """

    def __init__(self, oauth: OAuth, base_url: str) -> None:
        self._oauth = oauth
        self._base_url = base_url.rstrip("/")

    async def identify(self, request: web.Request) -> Visitor:
        """Who asks for a resource; a guest without the header. Raises OAuthProblem."""
        header = read_header(request)
        if header is None:
            return GUEST
        parameters = header + _query(request)
        addresses = self._addresses(request)
        # Other than the endpoints of OAuth, resources take no credentials from elsewhere.
        return await self._oauth.visitor(_signed(request, dict(header), parameters, addresses))

    def read(self, request: web.Request, form: Parameters) -> SignedRequest:
        """A request to an endpoint of OAuth, whose parameters may stand anywhere."""
        parameters = (read_header(request) or []) + _query(request) + form
        addresses = list(self._addresses(request))
        # The reference signs without the port there, clients of other servers with it.
        addresses += [_PORT.sub(r"\1", address) for address in addresses]
        return _signed(request, dict(parameters), parameters, addresses)

    def _addresses(self, request: web.Request) -> Iterator[str]:
        path = request.raw_path.partition("?")[0]
        yield f"{request.scheme}://{request.host}{path}"
        yield self._base_url + path


def read_header(request: web.Request) -> Parameters | None:
    """The parameters of the header but `realm`; None if there is no such header."""
    scheme, _, rest = clean(request.headers.get("Authorization", "")).partition(" ")
    if scheme.lower() != "oauth":
        return None
    found = []
    for item in utils.parse_http_list(rest):
        name, has_value, value = item.partition("=")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        if has_value and name.strip() != "realm":
            found.append((utils.unescape(name.strip()), utils.unescape(value)))
    return found


def clean(text: str) -> str:
    """What a client sent, with bytes that are no UTF-8 replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _query(request: web.Request) -> Parameters:
    return parse_qsl(clean(request.raw_path.partition("?")[2]), keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class _Message:
    """A request under the names that oauthlib looks for."""

    http_method: str
    uri: str
    params: Parameters
    signature: str


def _signed(
    request: web.Request, given: dict[str, str], parameters: Parameters, addresses: Iterable[str]
) -> SignedRequest:
    oauth = {name: value for name, value in given.items() if name.startswith("oauth_")}
    signed = [(name, value) for name, value in parameters if name != "oauth_signature"]
    found = oauth.get("oauth_signature", "")
    messages = [_Message(request.method, uri, signed, found) for uri in dict.fromkeys(addresses)]

    def fits(consumer_secret: str, token_secret: str) -> bool:
        check = _CHECKS[oauth["oauth_signature_method"]]
        try:
            return any(check(message, consumer_secret, token_secret) for message in messages)
        except ValueError:
            # The Host header is no host.
            return False

    return SignedRequest(oauth, request.secure or is_loopback(request.remote), fits)
