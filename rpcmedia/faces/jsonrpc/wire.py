"""JSON-RPC messages: reading requests out of a body, and spelling answers.

The door to msgspec for this face. Source of the shapes: the JSON-RPC 2.0 specification and, for
what a profile keeps of older servers, the measured reference.
"""

import re
from typing import Any, NamedTuple

import msgspec

from rpcmedia.faces.jsonrpc.profiles import Profile, Version
from rpcmedia.operations.presentation import CreatedFile, Done, ImageMap, ImageMaps

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INVALID_PARAMS = -32602
BUSY = -32050
"""The server has enough to do; the request was not looked at, and may be sent again."""

METHOD_NAME = re.compile(r"\A[A-Za-z][A-Za-z0-9_.]*\Z")


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_MOST_VALUES = 200_000
"""A value takes up to a hundred bytes in memory, however short it is in JSON."""
_BEFORE_VALUES = (b",", b"[", b"{")


class Unanswered:
    """The id of a request that has none."""


NO_ID = Unanswered()


class WireError(Exception):
    """An error with a code of JSON-RPC itself."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Message(NamedTuple):
    """One request as it came, before its method and parameters are looked at."""

    members: dict[str, Any]
    version: Version
    id: Any

    @classmethod
    def read(cls, members: dict[str, Any]) -> "Message":
        """The message in an object; `version` is a synonym of `jsonrpc`."""
        version = None
        for name in ("version", "jsonrpc"):
            if name in members:
                version = name, members[name]
        return cls(members, version, members.get("id", NO_ID))


NO_MESSAGE = Message({}, None, None)


def parse(body: bytes | bytearray) -> Any:
    """The JSON value of a body. Raises WireError -32700 that says where it went wrong."""
    if len(body) > _MOST_VALUES and sum(map(body.count, _BEFORE_VALUES)) > _MOST_VALUES:
        raise WireError(
            INVALID_REQUEST,
            f"Invalid Request: it has more than {_MOST_VALUES} values; send it in parts.",
        )
    if body.startswith(_BYTE_ORDER_MARK):
        raise WireError(PARSE_ERROR, "Parse error: the body begins with a byte order mark.")
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise WireError(PARSE_ERROR, "Parse error: the JSON is nested too deeply.") from None
    except UnicodeDecodeError:
        raise WireError(PARSE_ERROR, "Parse error: the body is not UTF-8.") from None
    except msgspec.DecodeError as error:
        raise WireError(PARSE_ERROR, f"Parse error: {_explain(body, str(error))}.") from None


def _explain(body: bytes | bytearray, reason: str) -> str:
    if not body.strip():
        return "the body is empty"
    if "truncated" in reason:
        return "the JSON ends too early, or a \\u escape is half of a pair"
    return reason.removeprefix("JSON is malformed: ")[:200]


def encode(answer: Any) -> bytes:
    """The body of an answer."""
    return msgspec.json.encode(answer)


def success(profile: Profile, message: Message, value: Any) -> dict[str, Any]:
    """The answer that carries a result."""
    answer = profile.version(message.version)
    answer["id"] = _answer_id(profile, message)
    if profile.null_error(message.version):
        answer["error"] = None
    answer["result"] = spell(profile, value)
    return answer


def failure(profile: Profile, message: Message, code: int, text: str) -> dict[str, Any]:
    """The answer that carries an error; never with a result beside it."""
    error: dict[str, Any] = {"code": code, "message": text}
    if profile.fault_data:
        error["data"] = None if code == INVALID_REQUEST else {}
    return {
        **profile.version(message.version),
        "id": _answer_id(profile, message),
        "error": error,
    }


def _answer_id(profile: Profile, message: Message) -> Any:
    if message is NO_MESSAGE or message.id is NO_ID:
        return None
    return profile.id(message.id)


def spell(profile: Profile, value: Any) -> Any:
    """The value of an operation as the profile writes it."""
    match value:
        case ImageMaps():
            return _spell_images(profile, value)
        case ImageMap():
            return profile.image_map(value)
        case CreatedFile():
            return profile.created(value.file)
        case Done():
            return profile.done
        case list():
            return [spell(profile, member) for member in value]
        case _:
            return value


def _spell_images(profile: Profile, images: ImageMaps) -> msgspec.Raw:
    spelled: msgspec.Raw | None = images.spelled.get(profile.image_map)
    if spelled is None:
        spelled = msgspec.Raw(encode([profile.image_map(image) for image in images]))
        images.spelled[profile.image_map] = spelled
    return spelled
