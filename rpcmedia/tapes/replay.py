"""Playing a tape against a server, and telling where its answers differ from the recorded ones."""

import itertools
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from urllib.parse import unquote

from rpcmedia.tapes.bindings import Bindings
from rpcmedia.tapes.connection import Answer, Connection, NoAnswer, Unreachable
from rpcmedia.tapes.content_encoding import decoded
from rpcmedia.tapes.credentials import read_json
from rpcmedia.tapes.exchange_texts import with_length
from rpcmedia.tapes.json_paths import Selection, is_below
from rpcmedia.tapes.meaning import Difference, answer_differences
from rpcmedia.tapes.tape import Exchange, TapeReader, TapeRefused

__all__ = ["Options", "Played", "Replay", "Unreachable", "missing_keys"]

_KEY_NEEDED = re.compile(rb"\{\{(?:key|basic):([^{}:]*)\}\}")


@dataclass(frozen=True, slots=True)
class Options:
    """How to play, and what does not count."""

    ignore: Sequence[Selection] = ()
    """Differences at these places, or below them, are none."""
    bind: Sequence[tuple[str, Selection]] = ()
    """Values of answers to bind to what the target has there, with a name to tell them by."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The keys of users, by name, to send for the placeholders of a redacted tape."""
    speed: Literal["recorded", "max"] = "max"
    seconds: float = 60.0
    """How long an answer may take."""


@dataclass(frozen=True, slots=True)
class Played:
    """What became of one exchange of a tape."""

    recorded: Exchange
    differences: Sequence[Difference] = ()
    skipped: bool = False
    """Nothing was recorded that an answer could be compared with, so it was not sent."""
    seconds: float = 0.0
    got: Exchange | None = None
    """With differences: the answer as it would stand on the tape, if one came."""


class Replay:
    """Plays a tape in order over one connection: iterate over it, once, to let it run.

    Holds one exchange and the next. Raises Unreachable if there is no server to begin with, and
    TapeRefused; a server that fails later is a difference.
    """

    def __init__(self, reader: TapeReader, target: str, options: Options | None = None) -> None:
        """`target` is the http or https URL that stands for the tape's base URL."""
        self._options = options or Options()
        self._ahead = _ReadAhead(reader)
        self._connection = Connection(target, self._options.seconds)
        self._bindings = Bindings(
            reader.header.base_url,
            target,
            keys=self._options.keys,
            chosen=self._options.bind,
        )
        self._reached = False

    @property
    def bound(self) -> Mapping[str, int]:
        """How many values were found so far for each name of `Options.bind`."""
        return self._bindings.bound

    def __iter__(self) -> Iterator[Played]:
        """Play every exchange, and tell what became of it."""
        pace = _Pace()
        try:
            for recorded in self._ahead:
                # With an error the answer is of the recorder, or only a part of one.
                if recorded.status == 0 or recorded.error:
                    yield Played(recorded, skipped=True)
                    continue
                if self._options.speed == "recorded":
                    pace.wait(recorded.started)
                yield self._play(recorded)
        finally:
            self._connection.close()

    def _play(self, recorded: Exchange) -> Played:
        began = time.perf_counter()
        try:
            self._connection.send(recorded.method, *self._bindings.request(recorded))
            self._reached = True
            # The next line is decoded while the target works.
            self._ahead.fetch()
            answer = self._connection.receive()
        except Unreachable as reason:
            if not self._reached:
                raise
            return _unanswered(recorded, reason)
        except NoAnswer as reason:
            return _unanswered(recorded, reason)
        seconds = time.perf_counter() - began
        self._bindings.learn_cookies(recorded.response_headers, answer.headers)
        if self._is_as_recorded(recorded, answer):
            return Played(recorded, seconds=seconds)
        return replace(self._compare(recorded, answer), seconds=seconds)

    def _is_as_recorded(self, recorded: Exchange, answer: Answer) -> bool:
        """Whether it is equal to the byte: nearly always, and then nothing has to be parsed."""
        if self._bindings.learns_always or answer.status != recorded.status:
            return False
        expected = recorded.response_body or b""
        return answer.body == expected or self._bindings.put_back(answer.body) == expected

    def _compare(self, recorded: Exchange, answer: Answer) -> Played:
        # The remarks are for those who convert tapes.
        expected, got = decoded(recorded, []), decoded(_as_exchange(recorded, answer), [])
        body = got.response_body or b""
        self._bindings.learn(expected, got)
        settled = replace(
            got, response_body=self._bindings.as_recorded(expected.response_body, body)
        )
        differences = self._without_ignored(expected, settled)
        if not differences:
            return Played(recorded)
        body = self._bindings.put_back(body)
        headers = self._bindings.put_back_headers(got.response_headers)
        headers = with_length(headers, len(answer.body), len(body))
        new = replace(
            got,
            reason=self._bindings.without_keys(got.reason),
            response_mime=self._bindings.without_keys(got.response_mime),
            response_headers=headers,
            response_body=body,
        )
        return Played(recorded, differences, got=new)

    def _without_ignored(self, recorded: Exchange, got: Exchange) -> list[Difference]:
        found = list(answer_differences(recorded, got))
        if not found or not self._options.ignore:
            return found
        sides = [read_json(recorded.response_body), read_json(got.response_body)]
        ignored = {
            place
            for selection in self._options.ignore
            for side in sides
            for place, _ in selection.found_in(side)
        }
        return [difference for difference in found if not is_below(difference.field, ignored)]


def missing_keys(reader: TapeReader, keys: Mapping[str, str]) -> list[str]:
    """The users whose keys a redacted tape needs and that are not given, by name."""
    given = {username.casefold() for username in keys}
    needed = {
        unquote(name.decode("ascii", "replace"))
        for _, _, line in reader.lines()
        for name in _KEY_NEEDED.findall(line)
    }
    return sorted(username for username in needed if username.casefold() not in given)


class _ReadAhead:
    """The exchanges of a tape, of which the next can be fetched before it is asked for."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self._exchanges = iter(exchanges)
        self._fetched: list[Exchange | TapeRefused] = []

    def __iter__(self) -> Iterator[Exchange]:
        while True:
            self.fetch()
            if not self._fetched:
                return
            following = self._fetched.pop()
            if isinstance(following, TapeRefused):
                raise following
            yield following

    def fetch(self) -> None:
        """Read the next one, if that is not done yet; what is wrong with it is told in its turn."""
        if not self._fetched:
            try:
                self._fetched += itertools.islice(self._exchanges, 1)
            except TapeRefused as refusal:
                self._fetched.append(refusal)


class _Pace:
    """Lets as much time pass between two exchanges as when they were recorded."""

    def __init__(self) -> None:
        self._began: tuple[float, float] | None = None

    def wait(self, started: str) -> None:
        """Wait for the moment of an exchange; one without a time comes at once."""
        try:
            recorded = datetime.fromisoformat(started).timestamp()
        except (ValueError, OverflowError, OSError):
            return
        now = time.monotonic()
        first, began = self._began = self._began or (recorded, now)
        time.sleep(max(0.0, began + recorded - first - now))


def _unanswered(recorded: Exchange, reason: NoAnswer) -> Played:
    return Played(recorded, [Difference("status", recorded.status, f"no answer: {reason}")])


def _as_exchange(recorded: Exchange, answer: Answer) -> Exchange:
    return replace(
        recorded,
        status=answer.status,
        reason=answer.reason,
        response_headers=answer.headers,
        response_body=answer.body,
        response_mime=answer.header("content-type"),
    )
