"""Rounds: a server process of its own for each, and several connections that send inputs to it."""

import asyncio
import base64
import contextlib
import json
import secrets as random_secrets
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

import rpcmedia
from tests.cli.process import CATALOG, Running, serve
from tests.faces.bodies import file_of
from tests.fuzz import other_faces
from tests.fuzz.answers import Answer, Secrets, judge, judge_log, read_answer, sessions_in
from tests.fuzz.inputs import Input, make_input
from tests.support import pictures
from tests.support.server import KEY, USER

PROFILES = ("documented", "shipstream", "openmage")
_CONNECTIONS = 8
_ANSWER_SECONDS = 60
"""Only an answer that never comes takes so long."""
_MORE_SECONDS, _END_SECONDS = 0.2, 2.0
"""How long to wait for what may not come: for an answer, and for the end of a connection."""
MOST_MEMORY = 600 * 1024
"""Kilobytes. As much as 64 large uploads at once may take."""
_LIMITS = ("--max-pixels", 4_000_000)
_BASIC = "Basic " + base64.b64encode(f"{USER}:{KEY}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong; `sent` has SESSION for the id of the session, None is a whole round."""

    what: str
    profile: str
    number: int = 0
    sent: Input | None = None


SESSION = b"@SESSION@"


@dataclass
class Report:
    """What came of a run."""

    inputs: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    """Results, and errors by their code."""
    peak: int = 0
    """Kilobytes of the server that took most."""
    findings: list[Finding] = field(default_factory=list)


@dataclass
class Target:
    """A running server, and what the clients know about it."""

    profile: str
    running: Running
    http: aiohttp.ClientSession
    secrets: Secrets
    report: Report
    session: str = ""

    async def log_in(self, user: str, key: str) -> str:
        """A new session."""
        message = {"jsonrpc": "2.0", "id": 1, "method": "login", "params": [user, key]}
        return str((await self._ask(message))["result"])

    async def add_images(self) -> None:
        """Images to ask for."""
        for mime, content in (("image/png", pictures.png()), ("image/jpeg", pictures.jpeg())):
            given = ["product1", {"file": file_of(content, mime)}]
            params = [self.session, "product_media.create", given]
            await self._ask({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params})

    async def is_well(self) -> bool:
        """Whether the server still answers a call that is right."""
        params = [self.session, "product_media.types", [4]]
        answer = await self._ask({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params})
        async with self.http.get(f"{self.running.url}/readyz") as ready:
            return "result" in answer and ready.status == 200

    async def _ask(self, message: dict[str, Any]) -> Any:
        async with self.http.post(f"{self.running.url}/api/jsonrpc", json=message) as answer:
            return await answer.json(content_type=None)

    def found(self, what: str, number: int = 0, sent: Input | None = None) -> None:
        """Keep a finding."""
        if sent:
            sent = Input(sent.kind, sent.raw.replace(self.session.encode(), SESSION))
        self.report.findings.append(Finding(what, self.profile, number, sent))

    def peak(self) -> int:
        """Kilobytes that the server ever took."""
        status = Path(f"/proc/{self.running.process.pid}/status").read_text()
        peaks = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        return int(next(peaks))


@contextlib.asynccontextmanager
async def target(profile: str, report: Report) -> AsyncIterator[Target]:
    """A server over a folder of its own, with a user and a session that nobody may learn."""
    hidden_key = random_secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="rpcmedia-fuzz-") as folder:
        catalog = _with_credentials(Path(folder))
        paths = (folder, "site-packages", str(Path(rpcmedia.__file__).parent))
        options = ("--data", f"{folder}/data", "--catalog", catalog, "--profile", profile)
        users = ("--ephemeral", "--user", f"hidden:{hidden_key}")
        async with serve(*options, *users, *_LIMITS) as running, aiohttp.ClientSession() as http:
            one = Target(profile, running, http, Secrets(paths, ()), report)
            hidden_session = await one.log_in("hidden", hidden_key)
            one.secrets = Secrets(paths, (hidden_key, hidden_session, other_faces.SECRET), {KEY})
            one.session = await one.log_in(USER, KEY)
            one.secrets.known.add(one.session)
            await one.add_images()
            yield one
            await _end(one)


def _with_credentials(folder: Path) -> Path:
    """A catalog with a token for the signed requests."""
    path = folder / "catalog.json"
    content = json.loads(Path(CATALOG).read_text())
    path.write_text(json.dumps(content | {"oauth": other_faces.CREDENTIALS}))
    return path


async def _end(one: Target) -> None:
    try:
        if not await one.is_well():
            one.found("the server does not answer a call that is right")
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        one.found(f"the server does not answer a call that is right: {error!r}")
    if one.running.process.returncode is None:
        peak = one.peak()
        one.report.peak = max(one.report.peak, peak)
        if peak > MOST_MEMORY:
            one.found(f"the server took {peak} kB")
    await _stop(one)
    for what in judge_log(one.running.err.decode(errors="replace"), one.secrets):
        one.found(what)


async def _stop(one: Target) -> None:
    try:
        stopped = await one.running.stop()
    except TimeoutError:
        one.found("the server does not stop")
        return
    if stopped.code != 0:
        one.found(f"the server ended with {stopped.code}: {stopped.err[-2000:]}")


async def run_round(one: Target, seed: int, numbers: range) -> None:
    """Send the inputs of these numbers over several connections at once."""
    waiting = iter(numbers)

    async def send_some() -> None:
        async with contextlib.AsyncExitStack() as stack:
            client = Client(one)
            stack.push_async_callback(client.close)
            for number in waiting:
                if one.running.process.returncode is not None:
                    # It has died, which is one finding and not one for each input from here on.
                    return
                await client.send(make_input(seed, number, _BASIC, one.session), number)

    async with asyncio.TaskGroup() as group:
        for _ in range(_CONNECTIONS):
            group.create_task(send_some())


class Client:
    """One connection at a time, kept for as long as the server keeps it."""

    def __init__(self, one: Target) -> None:
        self._target = one
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, sent: Input, number: int) -> None:
        """Send one input and judge what comes back."""
        report = self._target.report
        report.inputs += 1
        report.kinds[sent.kind] += 1
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                answers = await (self._ask(sent) if sent.whole else self._ask_and_leave(sent))
        except TimeoutError:
            await self.close()
            self._target.found("no answer in time", number, sent)
            return
        except (ValueError, EOFError, asyncio.LimitOverrunError, ConnectionError) as error:
            await self.close()
            self._target.found(f"no answer of HTTP: {error}", number, sent)
            return
        for answer in answers:
            self._judge(sent, answer, number)

    def _judge(self, sent: Input, answer: Answer, number: int) -> None:
        self._target.report.statuses[answer.status] += 1
        self._target.report.outcomes.update(_outcomes(answer))
        self._target.secrets.known.update(sessions_in(answer))
        for what in judge(sent, answer, self._target.secrets):
            self._target.found(f"{what}: {answer.body[:300]!r}", number, sent)

    async def _ask(self, sent: Input) -> list[Answer]:
        kept = self._streams is not None
        reader, writer = await self._connect()
        try:
            writer.write(sent.raw)
            await writer.drain()
            answer = await read_answer(reader, sent.bodiless)
        except ConnectionError:
            answer = None
        if answer is None or _is_last(sent, answer):
            await self.close()
        if answer is None and kept:
            # A server may close a connection after an answer, whenever it likes.
            return await self._ask(sent)
        if answer is None:
            raise ValueError("the connection was closed without an answer")
        return [answer]

    async def _ask_and_leave(self, sent: Input) -> list[Answer]:
        """All answers to bytes of which nobody can tell where they end, or whether."""
        await self.close()
        reader, writer = await self._connect()
        answers: list[Answer] = []
        writer.write(sent.raw)
        # Whoever waits for more is told that there is none, and then left alone.
        for seconds in (_MORE_SECONDS, _END_SECONDS):
            with contextlib.suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(seconds):
                    while answer := await read_answer(reader, sent.bodiless):
                        answers.append(answer)
                        if _is_last(sent, answer):
                            break
                    break
            if writer.can_write_eof() and not writer.is_closing():
                # The server may have answered and gone already.
                with contextlib.suppress(OSError):
                    writer.write_eof()
        await self.close()
        return answers

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            address = urlsplit(self._target.running.url)
            host, port = address.hostname, address.port
            self._streams = await asyncio.open_connection(host, port, limit=2**24)
        return self._streams

    async def close(self) -> None:
        """Leave the connection."""
        if self._streams:
            # At once, though the server may not have read all.
            self._streams[1].transport.abort()
        self._streams = None


def _is_last(sent: Input, answer: Answer) -> bool:
    # What is no request to the server is refused with a body, even if it begins as HEAD.
    return sent.bodiless or answer.headers.get("connection", "").lower() == "close"


def _outcomes(answer: Answer) -> list[str]:
    try:
        value = json.loads(answer.body)
    except ValueError:
        return []
    members = value if isinstance(value, list) else [value]
    errors = [member.get("error") for member in members if isinstance(member, dict)]
    return [str(error["code"]) if isinstance(error, dict) else "result" for error in errors]
