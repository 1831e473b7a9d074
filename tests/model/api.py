"""What the API must answer: sessions, permissions, paths and envelopes over the shop."""

import re
from dataclasses import dataclass
from typing import Any

from tests.model import casts
from tests.model.declared import (
    ALIASES,
    GLOBAL_FAULTS,
    OPERATIONS,
    PARAMETERS,
    REQUIRED,
    RESOURCE,
    RESOURCE_FAULTS,
    RIGHT,
    WRITING,
)
from tests.model.shop import ADMIN, Refused, Shop
from tests.model.spelling import NOTHING, Spelling
from tests.model.values import NewSession, Words


@dataclass
class Session:
    """A session id that was given to a client; without a user it is not logged in, or no more."""

    user: str | None
    expires: float


@dataclass
class Member:
    """One request while it is answered: who calls, and the store view that is current."""

    session: Any
    basic: tuple[str, str] | None
    store: int = ADMIN


class Api:
    """The whole API in one profile. `clock` is how far the server's clock was moved."""

    def __init__(self, catalog: dict[str, Any], spelling: Spelling) -> None:
        self.shop = Shop(catalog, spelling.extension_as_found)
        self.sessions: dict[str, Session] = {}
        self.clock = 0.0
        self._users: dict[str, dict[str, Any]] = {
            user["username"].casefold(): user for user in catalog["users"]
        }
        self._spelling = spelling

    def opened(self, session_id: str, new: NewSession) -> None:
        """Know a session id that the server gave."""
        self.sessions[session_id] = Session(new.user, self.clock + self._spelling.session_life)

    def answer(self, body: Any, basic: tuple[str, str] | None) -> Any:
        """What the server must answer to a JSON value, NOTHING for an empty body."""
        if body is NOTHING or (isinstance(body, list) and not self._spelling.batches):
            body = {}
        if isinstance(body, list) and body:
            answers = [self._member(member, basic) for member in body]
            return [answer for answer in answers if answer is not NOTHING] or NOTHING
        return self._member(body, basic)

    def _member(self, request: Any, basic: tuple[str, str] | None) -> Any:
        if not isinstance(request, dict):
            return self._spelling.failure({}, -32600, Words("Invalid Request"))
        try:
            result = self._run(request, basic)
        except Refused as refused:
            answered = self._spelling.answers_failed_notifications or refused.number == -32600
            if "id" not in request and not answered:
                return NOTHING
            return self._spelling.failure(request, refused.number, refused.message)
        return self._spelling.success(request, result) if "id" in request else NOTHING

    def _run(self, request: dict[str, Any], basic: tuple[str, str] | None) -> Any:
        if "method" not in request and self._spelling.expires_without_method:
            raise _fault(5)
        method = request.get("method")
        if not isinstance(method, str) or not re.fullmatch("[A-Za-z][A-Za-z0-9_.]*", method):
            raise Refused(-32600, Words("Invalid Request"))
        params = [] if request.get("params") is None else request["params"]
        if not isinstance(params, list | dict):
            raise Refused(-32602, Words("params"))
        if method not in PARAMETERS:
            if isinstance(params, list):
                return self._call(Member((params or [None])[0], basic), method, params[1:])
            rest = {name: value for name, value in params.items() if name != "0"}
            return self._call(Member(params.get("0"), basic), method, rest)
        return self._handler(method, _by_name(method, params), basic)

    def _handler(self, method: str, given: dict[str, Any], basic: tuple[str, str] | None) -> Any:
        member = Member(given.get("sessionId"), basic)
        match method:
            case "startSession":
                return NewSession(None, self._spelling.session_digits)
            case "endSession":
                self._end(given.get("sessionId"))
                return True
            case "login":
                return self._login(given.get("username"), given.get("apiKey"))
            case "call":
                return self._call(member, given.get("apiPath"), given.get("args", []))
            case "multiCall":
                return self._multi_call(member, given.get("calls", []), given.get("options"))
            case "resources":
                return self._resources(self._user(member))
            case "resourceFaults":
                return self._resource_faults(self._user(member), given.get("resourceName"))
        return _declared(GLOBAL_FAULTS)

    # Who calls.

    def _login(self, username: Any, key: Any) -> NewSession:
        if not casts.truthy(username) or not casts.truthy(key):
            raise _fault(6)
        for name, value in (("username", username), ("apiKey", key)):
            if isinstance(value, list | dict):
                raise Refused(-32602, Words("login", name))
        user = self._verified(casts.string(username), casts.string(key))
        return NewSession(user["username"], self._spelling.session_digits)

    def _end(self, session_id: Any) -> None:
        if isinstance(session_id, str) and session_id in self.sessions:
            self.sessions[session_id].user = None

    def _verified(self, username: str, key: str) -> dict[str, Any]:
        user = self._users.get(username.casefold(), {})
        if user.get("key") != key or not user.get("active", True) or not user["permissions"]:
            raise _fault(2)
        return user

    def _user(self, member: Member) -> dict[str, Any]:
        if member.session is None and member.basic:
            return self._verified(*member.basic)
        session = self.sessions.get(member.session) if isinstance(member.session, str) else None
        if session is None or session.user is None or session.expires <= self.clock:
            raise _fault(5)
        if self._spelling.session_renewed:
            session.expires = self.clock + self._spelling.session_life
        return self._users[session.user.casefold()]

    # What is called.

    def _call(self, member: Member, path: Any, arguments: Any) -> Any:
        return self._operation(self._user(member), member, path, arguments)

    def _multi_call(self, member: Member, calls: Any, options: Any) -> Any:
        user = self._user(member)
        if not isinstance(calls, list | dict):
            raise Refused(-32602, Words("calls"))
        stops = isinstance(options, dict) and options.get("break") in (1, "1")
        answers: list[Any] = []
        for call in calls if isinstance(calls, list) else calls.values():
            path, arguments = [*call, []][:2] if isinstance(call, list) and call else (None, [])
            try:
                answers.append(self._operation(user, member, path, arguments))
            except Refused as refused:
                code, message = str(refused.number), refused.message
                answers.append({"isFault": True, "faultCode": code, "faultMessage": message})
                if stops:
                    break
        return answers

    def _operation(self, user: dict[str, Any], member: Member, path: Any, arguments: Any) -> Any:
        resource, _, rest = path.partition(".") if isinstance(path, str) else ("", "", "")
        name = rest.partition(".")[0]
        if resource not in (RESOURCE, *ALIASES) or name not in OPERATIONS:
            raise _fault(3)
        if not _may(user, RIGHT) or not (name not in WRITING or _may(user, f"{RIGHT}/{name}")):
            raise _fault(2)
        given = _arguments(name, arguments)
        if name == "types":
            return self.shop.types_of_set(given["setId"])
        store = ADMIN
        if name != "remove":
            store = self.shop.store_view(given.get("store"), member.store)
        if name == "currentStore":
            member.store = store
            return store
        product = self.shop.product(given["productId"], given.get("identifierType"))
        return self._on_product(name, product, given, store)

    def _on_product(self, name: str, product: int, given: dict[str, Any], store: int) -> Any:
        match name:
            case "list":
                return self.shop.gallery(product, store)
            case "info":
                return self.shop.info(product, given["file"], store)
            case "create":
                return self._spelling.created(self.shop.create(product, given["data"], store))
            case "update":
                self.shop.update(product, given["file"], given["data"], store)
            case "remove":
                self.shop.remove(product, given["file"])
        return self._spelling.done

    # What it tells of itself.

    def _resources(self, user: dict[str, Any]) -> list[dict[str, Any]]:
        if not _may(user, RIGHT):
            return []
        methods = [
            {
                "title": title,
                "description": None,
                "path": f"{RESOURCE}.{name}",
                "name": name,
                "aliases": [f"{alias}.{name}" for alias in ALIASES],
            }
            for name, (title, _, _) in OPERATIONS.items()
            if name not in WRITING or _may(user, f"{RIGHT}/{name}")
        ]
        return [
            {
                "title": "Product Images API",
                "description": None,
                "name": RESOURCE,
                "aliases": ALIASES,
                "methods": methods,
            }
        ]

    def _resource_faults(self, user: dict[str, Any], resource: Any) -> list[dict[str, str]]:
        if resource not in (RESOURCE, *ALIASES):
            raise _fault(3)
        if not _may(user, RIGHT):
            raise _fault(2)
        return _declared(RESOURCE_FAULTS)


def _fault(number: int) -> Refused:
    return Refused(number, GLOBAL_FAULTS[number])


def _declared(faults: dict[int, str]) -> list[dict[str, str]]:
    return [{"code": str(number), "message": message} for number, message in faults.items()]


def _may(user: dict[str, Any], right: str) -> bool:
    return bool({"all", right} & set(user["permissions"]))


def _by_name(method: str, params: list[Any] | dict[str, Any]) -> dict[str, Any]:
    if isinstance(params, list):
        return dict(zip(PARAMETERS[method], params, strict=False))
    if not params:
        return {}
    for name in REQUIRED.get(method, ()):
        if name not in params:
            raise Refused(-32602, Words(method, name))
    return params


def _arguments(operation: str, given: Any) -> dict[str, Any]:
    """Arguments by name, from a list, an object, or one single value."""
    _, names, required = OPERATIONS[operation]
    if isinstance(given, dict):
        for name in given:
            if name not in names:
                raise Refused(-32602, Words(operation, name))
        by_name = given
    else:
        by_name = dict(zip(names, given if isinstance(given, list) else [given], strict=False))
    for name in names[:required]:
        if name not in by_name:
            raise Refused(-32602, Words(operation, name))
    return by_name
