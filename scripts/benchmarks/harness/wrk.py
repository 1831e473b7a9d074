"""Load from wrk: one request again and again, over several connections."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.wire import HEADERS, PATH

CONNECTIONS = 8

_SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class WrkLoad:
    """What wrk saw; latencies in milliseconds."""

    answers: int
    failures: int
    """Answers that were not the expected one, byte for byte, and connections that broke."""
    seconds: float
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Successes a second."""
        return (self.answers - self.failures) / self.seconds


@dataclass(frozen=True)
class WrkRequest:
    """A request for wrk with the answer that it must get, kept in a folder."""

    folder: Path
    authorization: str | None = None

    @property
    def answer(self) -> Path:
        """The file of the answer."""
        return self.folder / "answer"

    @classmethod
    def write(
        cls, folder: Path, body: bytes, answer: bytes, authorization: str | None = None
    ) -> "WrkRequest":
        """Keep a request for wrk."""
        folder.mkdir(parents=True, exist_ok=True)
        request = cls(folder, authorization)
        (folder / "body").write_bytes(body)
        request.answer.write_bytes(answer)
        return request

    def send(self, url: str, seconds: float) -> WrkLoad:
        """Send it for whole seconds, at least one."""
        headers = [*HEADERS]
        if self.authorization:
            headers.append(("Authorization", self.authorization))
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s"]
        for name, value in headers:
            command += ["-H", f"{name}: {value}"]
        command += ["-s", str(_SCRIPT), url + PATH]
        command += ["--", str(self.folder / "body"), str(self.answer)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return WrkLoad(**json.loads(done.stdout.splitlines()[-1]))


def is_there() -> bool:
    """Whether wrk is installed."""
    return shutil.which("wrk") is not None
