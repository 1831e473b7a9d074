"""What the machine sends: mostly what clients send, and now and then what they should not.

A strategy that needs to know what there is (files, sessions) asks the machine that runs it.
"""

from typing import Any

from hypothesis import strategies as st

from tests.model.catalog import CATALOG
from tests.model.declared import ALIASES, OPERATIONS, PARAMETERS, RESOURCE
from tests.model.image_data import CHANGES, NEW, NEW_WITH_FILE, Strategy, mostly, one
from tests.model.spelling import NOTHING

# Arguments

STORES = mostly(
    one(None, 0, 2, "german", 1, "default"),
    one("admin", "2", "", True, False, 99, -1, "nope", " german", "GERMAN", [], {"a": 1}, "0"),
)

PRODUCTS = mostly(
    one("product1", "product2", 1, "PRODUCT1  ", "1"),
    one("12345", 5, "ürün 1", "Ürün 1 ", "nomedia1", "notypes1", 8, 9, "2", 2, "0007", "sku-case")
    | one(
        "01", "1.0", "1e0", "+1", " product1", "nosuch", 99, -1, 0, 2**70, True, None, "", [1], {}
    ),
)

IDENTIFIER_TYPES = mostly(one(None), one("sku", "id", "SKU", "", True, False, 1, "nope"))


def _with_options(*arguments: Strategy) -> Strategy:
    """Arguments, and behind them none, one or both of store and identifierType."""
    return st.tuples(*arguments).flatmap(
        lambda first: mostly(
            st.just([*first]) | STORES.map(lambda store: [*first, store]),
            st.tuples(STORES, IDENTIFIER_TYPES).map(lambda more: [*first, *more]),
        )
    )


def _images(machine: Any) -> Strategy:
    """Product and file of an image that there is, or was."""
    shop = machine.api.shop
    known = [(n, image.file) for n, gallery in shop.galleries.items() for image in gallery]
    gone = [(1, file) for file in shop.removed]
    return mostly(st.sampled_from(known or [(1, "/i/m/image.jpg")]), one(*gone, *_WRONG, *known))


_WRONG: list[tuple[Any, Any]] = [
    (1, "/n/o/nosuch.jpg"),
    ("product2", "/i/m/image.jpg"),
    (1, True),
    (1, None),
    (1, ["/i/m/image.jpg"]),
    ("nomedia1", "/i/m/image.jpg"),
    (1, "i/m/image.jpg"),
    (1, "/I/m/image.jpg"),
    (1, "/i/m/../m/image.jpg"),
    (1, "http://shop.example/media/catalog/product/i/m/image.jpg"),
    ("nosuch", ""),
]

IMAGES = st.runner().flatmap(_images)

# Operations: a name and its arguments by position

FIRST = st.tuples(
    st.just("create"),
    st.tuples(one(1, 1, "product2"), NEW_WITH_FILE).map(list),
)
CREATES = st.tuples(st.just("create"), _with_options(PRODUCTS, NEW))
UPDATES = st.tuples(
    st.just("update"),
    st.tuples(IMAGES, CHANGES).flatmap(
        lambda drawn: _with_options(*map(st.just, (*drawn[0], drawn[1])))
    ),
)
REMOVES = st.tuples(
    st.just("remove"),
    IMAGES.flatmap(
        lambda image: mostly(st.just([*image]), IDENTIFIER_TYPES.map(lambda kind: [*image, kind]))
    ),
)
INFOS = st.tuples(
    st.just("info"), IMAGES.flatmap(lambda image: _with_options(*map(st.just, image)))
)
LISTS = st.tuples(st.just("list"), _with_options(PRODUCTS))
STORE_CHANGES = st.tuples(st.just("currentStore"), STORES.map(lambda store: [store]) | st.just([]))
SETS = st.tuples(
    st.just("types"),
    one([4], [10], [9], ["4"], [99], ["x"], [None], [4.7], [" 4"], [True], [0], ["04"], [-4]),
)
WRONG: Strategy = st.tuples(st.sampled_from(list(OPERATIONS)), st.just([])) | st.tuples(
    one("List", "nosuch", "", "listing", "call"), st.just(["product1"])
)
READS = mostly(INFOS | LISTS | STORE_CHANGES, SETS | WRONG)
EVERY = mostly(CREATES | UPDATES | UPDATES | REMOVES | INFOS | LISTS | STORE_CHANGES, SETS | WRONG)

# How they are spoken

PATHS = mostly(one("product_media.{}"), one(*(f"{alias}.{{}}" for alias in (RESOURCE, *ALIASES))))
WRONG_PATHS = one("", "product_media", "nosuch.list", "product_image.list", None, 7, True, ["a.b"])


def _named(operation: tuple[str, list[Any]]) -> Any:
    """Arguments by name, as far as the operation has names for them."""
    name, arguments = operation
    return dict(zip(OPERATIONS.get(name, ("", ()))[1], arguments, strict=False))


@st.composite
def spoken(draw: st.DrawFn, operations: Strategy) -> dict[str, Any]:
    """Requests for these operations, without an envelope."""
    session, operation, way = draw(SESSIONS), draw(operations), draw(WAYS)
    name, arguments = operation
    path = draw(PATHS).format(name)
    match way:
        case "named arguments":
            return {"method": "call", "params": [session, path, _named(operation)]}
        case "named parameters":
            params = {"args": arguments, "apiPath": path, "sessionId": session, "more": 1}
            return {"method": "call", "params": params}
        case "single argument" if len(arguments) == 1 and not isinstance(arguments[0], list | dict):
            return {"method": "call", "params": [session, path, arguments[0]]}
        case "direct":
            return {"method": path, "params": [session, *arguments]}
        case "direct by name":
            return {"method": path, "params": {"0": session, **_named(operation)}}
        case "third part":
            return {"method": "call", "params": [session, f"{path}.more", arguments, "extra"]}
    return {"method": "call", "params": [session, path, arguments]}


WAYS = mostly(
    one("list"),
    one("named arguments", "named parameters", "single argument", "direct", "direct by name")
    | one("third part"),
)


# Who asks

USERS = {user["username"]: user["key"] for user in CATALOG["users"]}
ADMIN = ("apiuser", USERS["apiuser"])


def _sessions(machine: Any) -> Strategy:
    known = list(machine.api.sessions)
    return mostly(one(None, *known), one("bogus", "", "0", 0, False, [], {}, 5, "a" * 64, *known))


SESSIONS = st.runner().flatmap(_sessions)
"""The session argument: mostly none, or an id that was given."""

BASICS = mostly(
    one(ADMIN),
    one(*USERS.items(), ("APIUSER", USERS["apiuser"]), ("apiuser", "wrong"), ("", "x"), None),
)
"""User and key of HTTP Basic, or None for none; it counts where the session argument is null."""

LOGINS = mostly(
    one(*USERS.items(), ("ApiUser", USERS["apiuser"])),
    one(("apiuser", "wrong"), ("nosuch", "x"), ("", "x"), ("apiuser", ""), ("apiuser", None))
    | one((None, None), ("0", "x"), (["apiuser"], "x"), ("apiuser", {"a": 1}), ("apiuser", 17)),
)

# Requests that are no operation

OTHERS = (
    st.tuples(one("resources", "globalFaults"), SESSIONS.map(lambda session: [session]))
    | st.tuples(
        st.just("resourceFaults"),
        st.tuples(SESSIONS, one(RESOURCE, *ALIASES, "nosuch", "", None)).map(list),
    )
    | st.tuples(st.just("call"), st.tuples(SESSIONS, WRONG_PATHS, st.just([])).map(list))
    | st.tuples(st.sampled_from(list(PARAMETERS)), one([], {}, None, "x", 7, True))
    | st.tuples(st.just("nosuch"), one([], [None, 1]))
    | st.tuples(st.just("endSession"), SESSIONS.map(lambda session: [session]))
).map(lambda parts: {"method": parts[0], "params": parts[1]})

INVALID = one(
    {},
    {"method": None},
    {"method": 7},
    {"method": ""},
    {"method": "a-b"},
    {"method": "1ab"},
    {"method": "product_media.list\n"},
    {"method": "__construct"},
    {"params": ["x"]},
)

MEMBERS = mostly(spoken(EVERY), OTHERS | INVALID)
NO_OBJECTS = one([], 7, "x", None, True)


VERSIONS = mostly(
    one({"jsonrpc": "2.0"}, {"jsonrpc": 2.0}),
    one({}, {"jsonrpc": 2}, {"jsonrpc": "1.0"}, {"jsonrpc": None}, {"version": "1.1"})
    | one({"jsonrpc": "2.00"}, {"jsonrpc": True}, {"jsonrpc": []}, {"version": 2.0})
    | one({"jsonrpc": "2"}, {"jsonrpc": ""}, {"jsonrpc": "2.1"}),
)

IDS = mostly(
    one(1, "x", 1234),
    one(NOTHING, NOTHING, None, 1.5, True, False, "", 2**63 - 1, 12345678901234567890, [1], {}),
)


@st.composite
def enveloped(draw: st.DrawFn, requests: Strategy) -> dict[str, Any]:
    """Requests with a version and an id, or without."""
    request, version, number = draw(requests), draw(VERSIONS), draw(IDS)
    return {**version, **request} if number is NOTHING else {**version, "id": number, **request}


MULTI_CALLS = st.tuples(
    SESSIONS,
    st.lists(
        mostly(
            st.tuples(EVERY, PATHS).map(lambda drawn: [drawn[1].format(drawn[0][0]), drawn[0][1]]),
            one([], None, 7, "product_media.types", ["product_media.currentStore"], ["nosuch.x", 1])
            | EVERY.map(lambda operation: [f"product_media.{operation[0]}", _named(operation)]),
        ),
        max_size=5,
    ),
    one({}, {}, {"break": 1}, {"break": "1"}, {"break": True}, {"break": 0}, None, 1, []),
).map(lambda parts: {"method": "multiCall", "params": list(parts)})

NO_REQUESTS = enveloped(INVALID) | NO_OBJECTS | one(NOTHING)
