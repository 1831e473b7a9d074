"""Recorded values and what stands for them at the target: session ids, cookies, names, base URLs.

A target hands out session ids of its own, and perhaps other file names. What it gives in the place
of a recorded value is bound to it: sent in later requests, and put back in later answers.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any
from urllib.parse import urlsplit

from rpcmedia.tapes.content_encoding import is_decoded
from rpcmedia.tapes.credentials import read_json, sessions_given
from rpcmedia.tapes.exchange_texts import change
from rpcmedia.tapes.filled_keys import FilledKeys
from rpcmedia.tapes.json_paths import Selection
from rpcmedia.tapes.redaction import Filler
from rpcmedia.tapes.replacements import Replacements
from rpcmedia.tapes.tape import Exchange, Headers

_NOT_SENT = {
    # Of the recorded connection, not of the request.
    *("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
    *("proxy-authenticate", "proxy-authorization", "proxy-connection"),
    # The connection to the target has its own.
    *("host", "content-length"),
}


_SESSION = re.compile(r"\A(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{64}|\{\{session:\d+\}\}|[^\s{}]{16,})\Z")
"""A login may also answer by something else, such as a message."""


class Bindings:
    """What is known so far about one target; made anew for each tape."""

    def __init__(
        self,
        base_url: str,
        target: str,
        *,
        keys: Mapping[str, str] | None = None,
        chosen: Sequence[tuple[str, Selection]] = (),
    ) -> None:
        """`keys` are those of users, by name; `chosen` are named places of answers to bind.

        Without a base URL it is the origin of the first request.
        """
        self._target = target.rstrip("/")
        self._base = ""
        self._filler, self._filled = Filler(keys or {}), FilledKeys(keys or {})
        self._chosen = chosen
        self._sent, self._answered = Replacements(), Replacements()
        self._cookies: dict[tuple[str, str], str] = {}
        self._set_cookies: dict[tuple[str, str], str] = {}
        self.bound = {name: 0 for name, _ in chosen}
        """How many values were found for each name of `chosen`."""
        if base_url:
            self._begin_at(base_url.rstrip("/"))

    def request(self, recorded: Exchange) -> tuple[str, Headers, bytes | None]:
        """URL, headers and body to send for a recorded request."""
        if not self._base:
            self._begin_at(origin(recorded.url))
        if _has_placeholder(recorded):
            self._filled.learn(recorded)
            recorded = self._filler.fill(recorded)
        headers = [
            (name, self._cookie_header(value) if lower == "cookie" else self._text(value))
            for name, value in recorded.request_headers
            if (lower := name.lower()) not in _NOT_SENT and not name.startswith(":")
        ]
        body = recorded.request_body
        if is_decoded(headers, body):
            headers = [(n, v) for n, v in headers if n.lower() != "content-encoding"]
        return self._url(recorded.url), headers, body and self._sent.apply(body)

    def learn(self, recorded: Exchange, got: Exchange) -> None:
        """Bind what the target gave in the place of recorded session ids, cookies and values."""
        given = zip(sessions_given(recorded), sessions_given(got), strict=False)
        for old, new in given:
            if _SESSION.match(old) and _SESSION.match(new):
                self._bind(old, new)
        self.learn_cookies(recorded.response_headers, got.response_headers)
        if self._chosen:
            self._learn_chosen(read_json(recorded.response_body), read_json(got.response_body))

    @property
    def learns_always(self) -> bool:
        """Whether an answer that is as recorded has something to learn, too."""
        return bool(self._chosen)

    def learn_cookies(self, recorded: Headers, got: Headers) -> None:
        """Bind the cookies that the target set to those of the same names that were recorded."""
        given = dict(_cookies_set(got))
        for name, value in _cookies_set(recorded) if given else ():
            if name in given:
                self._cookies[name, value] = given[name]
                self._set_cookies[name, given[name]] = value

    def put_back(self, answer: bytes) -> bytes:
        """The body of an answer with recorded values for those that are bound to them.

        For the keys that were sent it has the placeholders that were recorded.
        """
        return self._filled.taken_out(self._answered.apply(answer))

    def put_back_headers(self, headers: Headers) -> Headers:
        """The headers of an answer with the recorded cookies, and without keys."""
        put_back = (
            (name, self._set_cookie_header(value) if name.lower() == "set-cookie" else value)
            for name, value in headers
        )
        return [(self.without_keys(name), self.without_keys(value)) for name, value in put_back]

    def without_keys(self, text: str) -> str:
        """A text with placeholders for the keys that were sent."""
        return change(text, self._filled.taken_out)

    def as_recorded(self, recorded: bytes | None, answer: bytes) -> bytes:
        """An answer to compare: `put_back`, but what is as recorded is left as it is.

        A bound value may stand elsewhere by chance: a position that equals a bound id.
        """
        expected, got = read_json(recorded), read_json(answer)
        if expected is None or got is None:
            return self.put_back(answer)
        try:
            settled = self._settled(expected, got)
            return json.dumps(settled, ensure_ascii=False).encode("utf-8")
        except RecursionError:
            return self.put_back(answer)

    def _settled(self, expected: Any, got: Any) -> Any:
        if isinstance(got, dict):
            known = expected if isinstance(expected, dict) else {}
            return {
                name if name in known else self.without_keys(name): self._settled(
                    known.get(name), value
                )
                for name, value in got.items()
            }
        if isinstance(got, list):
            listed = expected[: len(got)] if isinstance(expected, list) else []
            pairs = zip_longest(listed, got)
            return [self._settled(one, other) for one, other in pairs]
        if got == expected:
            return got
        return read_json(self.put_back(json.dumps(got).encode("ascii")))

    def _begin_at(self, base_url: str) -> None:
        self._base = base_url
        self._answered.put(self._target, base_url)

    def _bind(self, old: str, new: str) -> None:
        if old and new:
            self._sent.put(old, new)
            self._answered.put(new, old)

    def _learn_chosen(self, recorded: Any, got: Any) -> None:
        for name, selection in self._chosen:
            pairs = zip(_scalars(selection, recorded), _scalars(selection, got), strict=False)
            for old, new in pairs:
                self._bind(old, new)
                self.bound[name] += 1

    def _url(self, url: str) -> str:
        # Whatever a tape says, nothing is sent anywhere but to the target.
        base = self._base if is_under(url, self._base) else origin(url)
        return self._target + self._text(url.removeprefix(base))

    def _text(self, text: str) -> str:
        encoded = text.encode("utf-8", "surrogateescape")
        return self._sent.apply(encoded).decode("utf-8", "surrogateescape")

    def _cookie_header(self, header: str) -> str:
        pairs = (pair.strip().partition("=") for pair in header.split(";"))
        return "; ".join(
            f"{name}{equals}{self._cookies.get((name, value), value)}"
            for name, equals, value in pairs
        )

    def _set_cookie_header(self, header: str) -> str:
        pair, semicolon, attributes = header.partition(";")
        name, equals, value = pair.partition("=")
        value = self._set_cookies.get((name.strip(), value.strip()), value)
        return f"{name}{equals}{value}{semicolon}{attributes}"


def origin(url: str) -> str:
    """Scheme and host of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_under(url: str, base: str) -> bool:
    """Whether a URL is the base URL or a part of it."""
    return url.startswith(base) and url[len(base) : len(base) + 1] in ("", "/", "?", "#")


def _has_placeholder(exchange: Exchange) -> bool:
    texts = (exchange.url, *(value for _, value in exchange.request_headers))
    return b"{{" in (exchange.request_body or b"") or any("{{" in text for text in texts)


def _cookies_set(headers: Headers) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        if name.lower() == "set-cookie":
            cookie, _, content = value.partition(";")[0].partition("=")
            yield cookie.strip(), content.strip()


def _scalars(selection: Selection, value: Any) -> Iterator[str]:
    for _, found in selection.found_in(value):
        if isinstance(found, str | int | float) and not isinstance(found, bool):
            yield str(found)
