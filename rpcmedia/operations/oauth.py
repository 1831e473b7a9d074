"""OAuth 1.0a: who signed a request, and how a program comes to a token without seeing a key.

Messages and their order are those of the reference server as measured, "OAuth 1.0a". Where it
accepts what it should not (timestamps of any age, tokens in another case), this does not.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import structlog

from rpcmedia.operations import php
from rpcmedia.operations.logins import Logins
from rpcmedia.operations.ports import Accounts, Consumer, OAuthAccounts, Token
from rpcmedia.operations.visitors import Role, Visitor

PLAINTEXT = "PLAINTEXT"
METHODS = ("HMAC-SHA1", "HMAC-SHA256", PLAINTEXT)
OUT_OF_BAND = "oob"
"""The callback of a program that has no address: somebody copies the verifier by hand."""

TIMESTAMP_SECONDS = 600
"""How far a timestamp may be from this server's clock."""
REQUEST_SECONDS = 3600.0
"""How long a request token can be allowed and changed."""
_MOST_REQUESTS = 1000
"""Request tokens of one consumer; more of them drive out the oldest."""

_NEEDED = ("oauth_consumer_key", "oauth_signature_method", "oauth_signature")
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_CALLBACK = re.compile(
    r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:[/?][!$%&'()*+,./:;=?@\w~-]*)?",
    re.ASCII | re.IGNORECASE,
)
_LONGEST_CALLBACK = 2000

log = structlog.get_logger(__name__)


class OAuthProblem(Exception):
    """Why a request is refused; the text is what the reference tells its client."""

    def __init__(self, problem: str, **details: str) -> None:
        members = {"oauth_problem": problem, **details}
        super().__init__(urlencode(members, quote_via=quote))
        self.problem = problem

    @classmethod
    def absent(cls, name: str) -> "OAuthProblem":
        """A parameter is missing."""
        return cls("parameter_absent", oauth_parameters_absent=name)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a request says of who signed it."""

    parameters: Mapping[str, str]
    """Those whose names begin with `oauth_`."""
    is_private: bool
    """Whether nobody on the way could read it."""
    fits: Callable[[str, str], bool]
    """Whether the signature was made with a consumer's secret and a token's, or an empty one."""

    def needed(self, name: str) -> str:
        """The value of a parameter. Raises OAuthProblem if it is absent, empty or "0"."""
        value = self.parameters.get(name, "")
        if php.is_falsy(value):
            raise OAuthProblem.absent(name)
        return value


class OAuth:
    """Finds out who signed a request, and gives out tokens."""

    def __init__(
        self,
        store: OAuthAccounts,
        accounts: Accounts,
        logins: Logins,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._logins = logins
        self._now = now

    async def visitor(self, request: SignedRequest) -> Visitor:
        """Who signed a request for a resource. Raises OAuthProblem."""
        consumer = await self._consumer(request)
        token = await self._token(request)
        if token.consumer != consumer.key or not token.access:
            raise OAuthProblem("token_rejected")
        if token.revoked:
            raise OAuthProblem("token_revoked")
        await self._accept(request, consumer, token)
        if token.user_id is None:
            return Visitor(Role(token.role), token.permissions)
        user = await self._accounts.user(token.user_id)
        if user is None or not user.active:
            raise OAuthProblem("token_revoked")
        return Visitor(Role(token.role), user.permissions, user.username)

    async def _consumer(self, request: SignedRequest) -> Consumer:
        _check_version(request.parameters.get("oauth_version"))
        for name in _NEEDED:
            request.needed(name)
        method = request.parameters["oauth_signature_method"]
        if method not in METHODS:
            raise OAuthProblem("signature_method_rejected")
        if method != PLAINTEXT:
            request.needed("oauth_nonce")
            self._check_timestamp(request.needed("oauth_timestamp"))
        elif not request.is_private:
            hint = "PLAINTEXT needs HTTPS; sign with HMAC-SHA256 or HMAC-SHA1."
            raise OAuthProblem("signature_method_rejected", message=hint)
        consumer = await self._store.consumer(request.parameters["oauth_consumer_key"])
        if consumer is None or consumer.revoked:
            raise OAuthProblem("consumer_key_rejected")
        return consumer

    def _check_timestamp(self, text: str) -> None:
        if not _TIMESTAMP.fullmatch(text) or abs(int(text) - self._now()) > TIMESTAMP_SECONDS:
            raise OAuthProblem("timestamp_refused")

    async def _token(self, request: SignedRequest) -> Token:
        token = await self._store.token(request.needed("oauth_token"))
        if token is None:
            raise OAuthProblem("token_rejected")
        return token

    async def _accept(
        self, request: SignedRequest, consumer: Consumer, token: Token | None
    ) -> None:
        if not request.fits(consumer.secret, token.secret if token else ""):
            raise OAuthProblem("signature_invalid")
        given = request.parameters
        if given["oauth_signature_method"] == PLAINTEXT:
            return
        # Only nonces of right signatures are kept: strangers cannot fill the store with theirs.
        owner = (consumer.key, token.token if token else None)
        mark = hashlib.sha256(ascii((*owner, given["oauth_nonce"])).encode()).digest()
        until = float(int(given["oauth_timestamp"]) + TIMESTAMP_SECONDS)
        if not await self._store.use_nonce(mark, until, self._now()):
            raise OAuthProblem("nonce_used")

    async def initiate(self, request: SignedRequest) -> Token:
        """A new request token for a consumer. Raises OAuthProblem."""
        consumer = await self._consumer(request)
        callback = request.needed("oauth_callback")
        if callback != OUT_OF_BAND and not _is_callback(callback):
            hint = "oauth_callback must be oob or an address of http or https"
            raise OAuthProblem("parameter_rejected", message=hint)
        await self._accept(request, consumer, None)
        now = self._now()
        token = Token(
            new_text(),
            new_text(),
            consumer.key,
            access=False,
            role=Role.CUSTOMER,
            callback=callback,
            expires=now + REQUEST_SECONDS,
        )
        await self._store.add_request(token, now, _MOST_REQUESTS)
        return token

    async def asked(self, text: str) -> tuple[Consumer, Token]:
        """Who asks with a request token that nobody has answered yet. Raises OAuthProblem."""
        token = await self._store.token(text)
        if token is None:
            raise OAuthProblem("token_rejected")
        self._check_request(token)
        if token.verifier is not None:
            raise OAuthProblem("token_used")
        consumer = await self._store.consumer(token.consumer)
        if consumer is None or consumer.revoked:
            raise OAuthProblem("consumer_key_rejected")
        return consumer, token

    def _check_request(self, token: Token) -> None:
        if token.access:
            raise OAuthProblem("token_used")
        if token.revoked:
            raise OAuthProblem("token_rejected")
        if token.expires is not None and token.expires < self._now():
            raise OAuthProblem("token_expired")

    async def allow(self, text: str, username: str, key: str, address: str | None) -> str:
        """The verifier of a request token that a user allows to act with the user's permissions.

        Raises OAuthProblem, AccessDenied, Busy.
        """
        consumer, _ = await self.asked(text)
        user = await self._logins.user(username, key, address)
        verifier = new_text()
        if not await self._store.allow(text, verifier, user.id):
            raise OAuthProblem("token_used")
        log.info("access allowed", consumer=consumer.name, user=user.username)
        return verifier

    async def deny(self, text: str) -> None:
        """Let a request token come to nothing. Raises OAuthProblem."""
        await self.asked(text)
        await self._store.revoke_token(text)

    async def change(self, request: SignedRequest) -> Token:
        """The access token for a request token that was allowed. Raises OAuthProblem."""
        consumer = await self._consumer(request)
        token = await self._token(request)
        if token.revoked:
            raise OAuthProblem("token_rejected")
        verifier = request.needed("oauth_verifier")
        if not hmac.compare_digest((token.verifier or "").encode(), verifier.encode()):
            raise OAuthProblem("verifier_invalid")
        if token.consumer != consumer.key:
            raise OAuthProblem("token_rejected")
        self._check_request(token)
        await self._accept(request, consumer, token)
        access = Token(
            new_text(),
            new_text(),
            consumer.key,
            access=True,
            role=token.role,
            user_id=token.user_id,
            permissions=token.permissions,
        )
        if not await self._store.change(token.token, access):
            raise OAuthProblem("token_rejected")
        return access


def new_text() -> str:
    """A random key, token, secret or verifier: 32 characters, as the reference's."""
    return secrets.token_hex(16)


def _check_version(version: str | None) -> None:
    # The reference compares as PHP does: "1" is "1.0".
    if version is not None and not (php.is_numeric(version) and float(version) == 1.0):
        raise OAuthProblem("version_rejected")


def _is_callback(text: str) -> bool:
    # Nothing but the web: such an address becomes a redirect and part of a policy.
    return len(text) <= _LONGEST_CALLBACK and _CALLBACK.fullmatch(text) is not None
