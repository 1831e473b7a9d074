"""The keys that were put in for placeholders, and the placeholders back in what a target answers.

A target may echo what it was sent: a real key must come neither on a screen nor on a tape.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from rpcmedia.tapes.credentials import read_json
from rpcmedia.tapes.exchange_texts import all_text
from rpcmedia.tapes.replacements import Replacements
from rpcmedia.tapes.secret_texts import SecretTexts, substitute
from rpcmedia.tapes.tape import Exchange

_FILLED = re.compile(rb"\{\{(?:key|basic):([^{}:]*)\}\}")
_SHORTEST = 4
"""What is shorter may be a part of any word."""


class FilledKeys:
    """The keys that were sent so far, with their placeholders."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """`keys` are those of users, by name; upper and lower case are the same."""
        self._keys = {username.casefold(): key for username, key in keys.items()}
        self._placeholders: dict[str, str] = {}
        self._texts, self._words = SecretTexts(), Replacements()

    def learn(self, recorded: Exchange) -> None:
        """Remember the keys that are sent for the placeholders of an exchange."""
        for secret, placeholder in self._filled(recorded):
            # Users may share a key: it is that of the last one who sent it.
            if self._placeholders.get(secret) == placeholder:
                continue
            self._placeholders[secret] = placeholder
            if len(secret) < _SHORTEST or secret.isdigit():
                self._words.put(secret, placeholder)
            else:
                self._texts.add(secret)

    def _filled(self, recorded: Exchange) -> Iterator[tuple[str, str]]:
        for name in dict.fromkeys(_FILLED.findall(all_text(recorded))):
            quoted = name.decode("utf-8", "replace")
            username = unquote(quoted)
            key = self._keys.get(username.casefold())
            if key is None:
                continue
            basic = base64.b64encode(f"{username}:{key}".encode()).decode()
            yield basic, f"{{{{basic:{quoted}}}}}"
            # A user name is no secret, and neither is a key that is a part of it.
            if key and key not in username:
                yield key, f"{{{{key:{quoted}}}}}"

    def taken_out(self, text: bytes) -> bytes:
        """A text with placeholders for all keys in it; what is JSON stays JSON."""
        if not self._placeholders:
            return text
        found = self._texts.found_in(text)
        table = {spelled: self._placeholders[secret].encode() for spelled, secret in found.items()}
        changed = self._words.apply(substitute(text, table))
        if changed != text and read_json(text) is not None and read_json(changed) is None:
            # A number is no text, and stands for itself.
            return substitute(text, table)
        return changed
