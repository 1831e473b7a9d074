"""Takes the secrets out of exchanges: placeholders stand for them, and keys can be put back.

| placeholder | stands for |
|---|---|
| `{{key:USERNAME}}` | the API key of this user |
| `{{key:USERNAME:refused}}` | a key that was turned down, as this text will be |
| `{{key:unknown:refused}}` | one whose user name is a key itself: the two were swapped |
| `{{basic:USERNAME}}`, `{{basic:USERNAME:refused}}` | user name and key of HTTP Basic, in base64 |
| `{{session:1}}`, `{{cookie:1}}`, `{{authorization:1}}` | in the order of their first sight |

A secret is replaced wherever it occurs from the exchange on that first shows it. Names of users
who logged in stay; in a placeholder they are percent-encoded, for it must stand in JSON, XML and
URLs alike.
Content-Length follows a body that changes: other programs read tapes too, and may believe it.
"""

import contextlib
import html
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote

from rpcmedia.tapes import credentials
from rpcmedia.tapes.credentials import NO_KEY, Key, read_basic, replace_keys
from rpcmedia.tapes.exchange_texts import Swap, all_text, change, change_body, is_text, rebuilt
from rpcmedia.tapes.key_placeholders import PLACEHOLDER, KeyPlaceholders, basic
from rpcmedia.tapes.secret_texts import SecretTexts, substitute, substitute_chunks
from rpcmedia.tapes.tape import Exchange, TapeReader, TapeWriter

_SHORTEST = {"key": 4, "session": 4, "authorization": 4, "cookie": 8}
"""What is shorter may be any word, and is replaced only where it is known to be a secret."""

_TO_FILL = re.compile(rb"\{\{(key|basic):([^{}:]*)(:refused)?\}\}")
_LONE_SESSION = re.compile(rb"[\">]\s*([0-9a-fA-F]{64}|[0-9a-fA-F]{32})\s*[\"<]")
_COOKIE = re.compile(r"([^=;]+=\s*)([^;]*)")
_AUTHORIZATION = ("authorization", "proxy-authorization")
_TOKENS = ("x-api-key", "x-auth-token", "api-key")
_SHORTEST_MEMBER = 16
"""A query may say `key=name`: what is shorter is replaced only there."""
_COOKIES = {"cookie": 0, "set-cookie": 1}
"""How many pairs of such a header are cookies; 0 is all."""

Spell = Callable[[str], str]


class Redactor:
    """Replaces the secrets of exchanges that it sees in their order."""

    def __init__(self) -> None:
        self._texts = SecretTexts()
        self._placeholders: dict[str, str] = {}
        self._numbers: Counter[str] = Counter()
        self._keys = KeyPlaceholders()

    def redact(self, exchange: Exchange) -> Exchange:
        """The exchange with placeholders for its secrets, and for all that were seen before."""
        self.learn(exchange)
        return self.replaced(exchange)

    def learn(self, exchange: Exchange) -> None:
        """Remember the secrets of an exchange."""
        refused = set(credentials.keys_refused(exchange))
        for key in credentials.keys_sent(exchange):
            accepted = key not in refused
            self._learn_key(key, accepted, accepted and credentials.is_answered(exchange))
        for name, value in exchange.request_headers:
            if name.lower() in _AUTHORIZATION and not read_basic(value):
                self._learn_numbered("authorization", _scheme(value)[1])
            elif name.lower() in _TOKENS:
                self._learn_numbered("authorization", value.strip())
        for token in credentials.tokens(exchange):
            self._learn_numbered("authorization", token, _SHORTEST_MEMBER)
        for session in credentials.sessions_sent(exchange) + credentials.sessions_given(exchange):
            self._learn_numbered("session", session)
        for cookie in credentials.cookies(exchange):
            self._learn_numbered("cookie", cookie)

    def learn_chunks(self, chunks: Iterable[bytes]) -> None:
        """Remember the session ids in a request that is too large to be read as a whole."""
        before = b""
        for chunk in chunks:
            for session in _LONE_SESSION.findall(before + chunk):
                self._learn_numbered("session", session.decode())
            before = chunk[-128:]

    def _learn_key(self, key: Key, accepted: bool, is_user: bool) -> None:
        if PLACEHOLDER.fullmatch(key.key):
            return
        self._keys.learn(key, accepted, is_user)
        # A number may be any number.
        if len(key.key) >= _SHORTEST["key"] and not key.key.isdigit():
            self._texts.add(key.key)
        self._texts.add(basic(key))

    def _learn_numbered(self, kind: str, secret: str, shortest: int = 0) -> None:
        known = PLACEHOLDER.fullmatch(secret)
        if known:
            # Of a tape that was redacted in part: its numbers are taken.
            number = int(known["name"]) if known["name"].isdigit() else 0
            self._numbers[known["kind"]] = max(self._numbers[known["kind"]], number)
        elif secret and self._shown(secret) is None:
            self._numbers[kind] += 1
            self._placeholders[secret] = f"{{{{{kind}:{self._numbers[kind]}}}}}"
            if len(secret) >= max(_SHORTEST[kind], shortest):
                self._texts.add(secret, is_passing=True)

    def _shown(self, secret: str) -> str | None:
        """What stands for a secret, if it is one."""
        return self._keys.of_text(secret) or self._placeholders.get(secret)

    def replaced(self, exchange: Exchange) -> Exchange:
        """The exchange with placeholders for all secrets that are known."""
        # Users may share a key, and each login has a user of its own.
        keys = credentials.keys_sent(exchange)
        own = {key.key: self._keys.of(key) for key in keys}
        table = self._table(all_text(exchange), own) | self._swapped_names(keys)

        def swap(text: bytes) -> bytes:
            return substitute(text, table)

        def token(text: str) -> str:
            return own.get(text) or self._shown(text) or text

        body = credentials.replace_form_tokens(exchange, token)
        body = change_body(body, exchange.request_mime, swap)
        redacted = rebuilt(
            exchange,
            url=change(credentials.replace_url_tokens(exchange.url, token), swap),
            header=lambda name, value: change(self._replace_header(name, value), swap),
            request_body=replace_keys(body, self._keys.of) if body else body,
            response_body=change_body(exchange.response_body, exchange.response_mime, swap),
        )
        return replace(
            redacted,
            name=change(exchange.name, swap),
            note=change(exchange.note, swap),
            error=change(exchange.error, swap),
            extra=json.loads(swap(json.dumps(exchange.extra).encode())),
        )

    def replaced_chunks(self, chunks: Iterable[bytes], mime: str) -> Iterator[bytes]:
        """The same for a body that is too large to be read as a whole."""
        chunks = iter(chunks)
        first = next(chunks, b"")
        chunks = itertools.chain([first], chunks)
        if is_text(first, mime):
            return substitute_chunks(chunks, lambda text: self._table(text, {}))
        return chunks

    def _table(self, text: bytes, own: Mapping[str, str]) -> dict[bytes, bytes]:
        return {
            spelled: (own.get(secret) or self._shown(secret) or "").encode()
            for spelled, secret in self._texts.found_in(text).items()
            if not self._keys.in_a_user_name(secret)
        }

    def _swapped_names(self, keys: Iterable[Key]) -> dict[bytes, bytes]:
        """Keys that stand where a user name belongs, even if they are too short for a text."""
        names = [key.username for key in keys if self._keys.is_swapped(key)]
        placed = [(name, self._keys.of_text(name) or name) for name in names]
        return {
            (before + name + after).encode(): (before + placeholder + after).encode()
            for name, placeholder in placed
            for before, after in (('"', '"'), (">", "<"))
        }

    def _replace_header(self, name: str, value: str) -> str:
        if name.lower() in _AUTHORIZATION:
            sent = read_basic(value)
            scheme, secret = _scheme(value)
            if sent is None:
                return scheme + (self._shown(secret) or secret)
            return value if sent.key in NO_KEY else scheme + self._keys.of(sent, "basic")
        if name.lower() in _TOKENS:
            return self._shown(value.strip()) or value
        if name.lower() in _COOKIES:
            return _COOKIE.sub(
                lambda pair: pair[1] + (self._shown(pair[2].strip()) or pair[2]),
                value,
                count=_COOKIES[name.lower()],
            )
        return value


class Filler:
    """Puts keys where placeholders stand for them."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """`keys` by user name; as for the reference, upper and lower case are the same."""
        self._keys = {username.casefold(): key for username, key in keys.items()}
        self.missing: set[str] = set()
        """The users of placeholders whose keys were not given."""

    def fill(self, exchange: Exchange) -> Exchange:
        """The exchange with the keys that are known; other placeholders stay."""
        return rebuilt(
            exchange,
            url=change(exchange.url, self._swap(lambda key: quote(key, safe=""))),
            header=lambda _, value: change(value, self._swap(str)),
            request_body=self._fill_body(exchange.request_body, exchange.request_mime),
            response_body=self._fill_body(exchange.response_body, exchange.response_mime),
        )

    def _fill_body(self, body: bytes | None, mime: str) -> bytes | None:
        spell: Spell = quote_plus if "urlencoded" in mime else str
        if (body or b"").lstrip()[:1] in (b"{", b"["):
            spell = _in_json
        elif (body or b"").lstrip()[:1] == b"<":
            spell = html.escape
        return change_body(body, mime, self._swap(spell))

    def _swap(self, spell: Spell) -> Swap:
        return lambda text: _TO_FILL.sub(partial(self._key, spell), text)

    def _key(self, spell: Spell, found: re.Match[bytes]) -> bytes:
        kind, name, refused = (part.decode() if part else "" for part in found.groups())
        username = unquote(name)
        # A placeholder is as wrong as the key that it stands for.
        key = f"{{{{key:{name}{refused}}}}}" if refused else self._keys.get(username.casefold())
        if key is None:
            self.missing.add(username)
            return found[0]
        return spell(key if kind == "key" else basic(Key(username, key))).encode()


def redact_tape(
    in_path: Path, out_path: Path, warn: Callable[[str], None] = lambda line: None
) -> int:
    """Write a tape without its secrets, in the same order; how many exchanges that are.

    A secret is replaced also in what comes before it is first seen. Raises TapeRefused and OSError.
    """
    reader, redactor = TapeReader(in_path), Redactor()
    for exchange in reader:
        redactor.learn(exchange)
    for warning in reader.warnings:
        warn(warning)
    count = 0
    with contextlib.closing(TapeWriter(out_path, reader.header)) as writer:
        for exchange in TapeReader(in_path):
            writer.append(redactor.replaced(exchange))
            count += 1
    return count


def _scheme(authorization: str) -> tuple[str, str]:
    scheme, space, rest = authorization.strip().partition(" ")
    return (scheme + space, rest.strip()) if space else ("", scheme)


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]
