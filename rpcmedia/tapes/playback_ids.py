"""Gives a recorded JSON-RPC answer the id of the request that it now answers.

Ids and all other members are moved as they are spelled, so nothing else of an answer changes.
"""

import msgspec

_Members = dict[str, msgspec.Raw]
_ABSENT, _NULL = b"", b"null"


def with_id_of(request: bytes | None, recorded: bytes | None, answer: bytes) -> bytes:
    """The recorded answer to the recorded request, with the ids of the request given.

    An id has the type that the recorded server used: if it answered 1 by "1", 7 is answered by "7".
    Members of a batch belong together by position. What is no JSON-RPC is not changed.
    """
    if request == recorded:
        return answer
    asked, taped, answers = _read(request), _read(recorded), _read(answer)
    if not asked or not taped or not answers or len(asked) != len(taped):
        return answer
    changed = False
    for position, member in enumerate(answers):
        found = _asked_at(position, member, taped, len(answers))
        if found is not None and "id" in member:
            new = _spelled_as(_id(member), _id(taped[found]), _id(asked[found]))
            changed |= new != _id(member)
            member["id"] = msgspec.Raw(new)
    if not changed:
        return answer
    return msgspec.json.encode(answers if answer.lstrip()[:1] == b"[" else answers[0])


def _read(body: bytes | None) -> list[_Members]:
    try:
        value = msgspec.json.decode(body or b"", type=_Members | list[msgspec.Raw])
        return [value] if isinstance(value, dict) else [_object(member) for member in value]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []


def _object(member: msgspec.Raw) -> _Members:
    try:
        return msgspec.json.decode(member, type=_Members)
    except msgspec.ValidationError:
        return {}


def _id(member: _Members) -> bytes:
    return bytes(member.get("id", _ABSENT))


def _asked_at(position: int, answer: _Members, taped: list[_Members], answers: int) -> int | None:
    """The position of the recorded request that an answer of a batch belongs to."""
    # Notifications have no answer, and the answers of a batch may come in any order.
    same = [
        n for n, member in enumerate(taped) if _id(member).strip(b'"') == _id(answer).strip(b'"')
    ]
    if position in same or (not same and len(taped) == answers):
        return position
    return same[0] if len(same) == 1 else None


def _spelled_as(answered: bytes, recorded: bytes, asked: bytes) -> bytes:
    """The id to answer to a request, where the recorded server answered `recorded` so."""
    if asked in (recorded, _ABSENT) or (answered == _NULL and recorded not in (_ABSENT, _NULL)):
        return answered
    if _is_text(answered) and _is_number(asked):
        return b'"' + asked + b'"'
    if _is_number(answered) and _is_text(recorded) and asked[1:-1].isdigit():
        return asked[1:-1]
    return asked


def _is_text(spelled: bytes) -> bool:
    return spelled[:1] == b'"'


def _is_number(spelled: bytes) -> bool:
    return spelled[:1].isdigit() or spelled[:1] == b"-"
