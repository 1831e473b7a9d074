"""What a server asked of the kernel, and in which order: the log of strace."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_BEGUN = re.compile(r"^(?P<thread>\d+) +(?P<name>\w+)\((?P<text>.*)$")
_RESUMED = re.compile(r"^(?P<thread>\d+) +<\.\.\. \w+ resumed>(?P<text>.*)$")
_NAMES = (
    "openat,mkdir,mkdirat,write,pwrite64,fsync,fdatasync,"
    "link,linkat,rename,renameat,unlink,unlinkat,sendto,sendmsg"
)


@dataclass(slots=True)
class Call:
    """One call; `began` and `ended` are places in the order of the calls of all threads."""

    name: str
    text: str
    began: int
    ended: int

    def is_on(self, path: Path) -> bool:
        """Whether the path, or a file opened under it, is among the arguments."""
        return f"<{path}>" in self.text or f'"{path}"' in self.text


def traced(log: Path) -> tuple[str, ...]:
    """The command that writes the log while it runs another; it passes no signal on."""
    options = ("-f", "-qq", "-y", "-s", "32", "--seccomp-bpf")
    return ("strace", *options, "-e", f"trace={_NAMES}", "-o", str(log))


def read_calls(log: Path) -> list[Call]:
    """All calls that succeeded, in the order of their beginnings."""
    calls, open_calls = [], {}
    for number, line in enumerate(log.read_text("utf-8", "replace").splitlines()):
        if begun := _BEGUN.match(line):
            call = Call(begun["name"], begun["text"], number, number)
            calls.append(call)
            open_calls[begun["thread"]] = call
        elif resumed := _RESUMED.match(line):
            call = open_calls[resumed["thread"]]
            call.text, call.ended = call.text + resumed["text"], number
    return [call for call in calls if " = -1 " not in call.text and " = " in call.text]


def up_to_answers(calls: Sequence[Call]) -> Iterator[list[Call]]:
    """For each HTTP answer the calls since the one before that, itself at the end."""
    part: list[Call] = []
    for call in calls:
        part.append(call)
        if call.name in ("sendto", "sendmsg") and "HTTP/1.1 200" in call.text:
            yield part
            part = []
