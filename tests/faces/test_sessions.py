"""Login, sessions and HTTP Basic."""

import asyncio
import base64
import sqlite3
import sys
from typing import Any

import pytest

from tests.support.server import KEY, USER, Server

EXPIRED = {"code": 5, "message": "Session expired. Try to relogin."}
DENIED = {"code": 2, "message": "Access denied."}
MISSING = {
    "code": 6,
    "message": 'Required parameter is missing, for more details see "exception.log".',
}


async def answer_to(server: Server, method: str, params: Any, **headers: str) -> Any:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return await server.send(request, **headers)


async def login(server: Server, username: str = USER) -> str:
    return str((await answer_to(server, "login", [username, KEY]))["result"])


async def use(server: Server, session: Any, **headers: str) -> Any:
    return await answer_to(server, "call", [session, "product_media.types", [10]], **headers)


def basic(username: str, key: str, scheme: str = "Basic") -> dict[str, str]:
    return {"Authorization": f"{scheme} {base64.b64encode(f'{username}:{key}'.encode()).decode()}"}


@pytest.mark.parametrize(
    "params",
    [[USER, KEY], ["APIUSER", KEY], [USER, KEY, "extra"], {"apiKey": KEY, "username": USER}],
)
async def test_a_login_opens_a_session(server: Server, params: Any) -> None:
    session = (await answer_to(server, "login", params))["result"]
    assert (await use(server, session))["result"] == []


@pytest.mark.parametrize(
    "params",
    [
        [USER, "wrong"],
        [USER, KEY.upper()],
        [USER, f"{KEY} "],
        ["nobody", KEY],
        ["inactive", KEY],
        ["norole", KEY],
        [1, 2],
        [True, True],
        [f"{USER}\u0000", KEY],
        ["' OR '1'='1", KEY],
        ["*", KEY],
    ],
)
async def test_a_login_that_does_not_fit_is_fault_2(server: Server, params: Any) -> None:
    assert (await answer_to(server, "login", params))["error"] == DENIED


@pytest.mark.parametrize(
    "params",
    [
        [],
        [USER],
        ["", ""],
        [USER, ""],
        ["", KEY],
        [USER, None],
        [None, KEY],
        ["0", "0"],
        [USER, False],
        [USER, 0],
        {"username": USER},
        {},
        None,
    ],
)
async def test_a_login_without_a_name_or_a_key_is_fault_6(server: Server, params: Any) -> None:
    headers = {"Authorization": server.basic or ""}
    assert (await answer_to(server, "login", params))["error"] == MISSING
    # Basic does not stand in for them.
    assert (await answer_to(server, "login", params, **headers))["error"] == MISSING


@pytest.mark.parametrize(
    ("params", "name"), [([[USER], KEY], "username"), ([USER, {"a": KEY}], "apiKey")]
)
async def test_a_list_in_a_login_is_refused_by_name(server: Server, params: Any, name: str) -> None:
    error = (await answer_to(server, "login", params))["error"]
    assert error["code"] == -32602
    assert name in error["message"]
    assert KEY not in error["message"]


async def test_several_sessions_are_valid_side_by_side(server: Server) -> None:
    first, second = await login(server), await login(server)
    assert first != second
    for session in (first, second, first):
        assert (await use(server, session))["result"] == []


@pytest.mark.parametrize(
    "session", ["bogus", "", 0, 1, 1.5, True, False, None, [], ["x"], {"a": 1}, "ü", "\u0000"]
)
async def test_what_is_no_session_is_fault_5(server: Server, session: Any) -> None:
    for method, params in (
        ("call", [session, "product_media.list", ["product1"]]),
        ("multiCall", [session, []]),
        ("resources", [session]),
        ("resourceFaults", [session, "product_media"]),
        ("product_media.list", [session, "product1"]),
    ):
        assert (await answer_to(server, method, params))["error"] == EXPIRED


async def test_a_session_id_has_its_case(server: Server) -> None:
    session = await login(server)
    upper = session.upper()
    assert upper != session
    assert (await use(server, upper))["error"] == EXPIRED
    assert (await use(server, session + " "))["error"] == EXPIRED


async def test_the_session_is_checked_before_anything_else(server: Server) -> None:
    for path in ("nosuch.path", "product_media.list", None):
        assert (await answer_to(server, "call", ["bogus", path]))["error"] == EXPIRED


async def test_a_started_session_is_not_logged_in(server: Server) -> None:
    first = (await answer_to(server, "startSession", []))["result"]
    second = (await answer_to(server, "startSession", None))["result"]
    assert len(first) == len(second) == 32
    assert first != second
    assert (await use(server, first))["error"] == EXPIRED


async def test_end_session_ends_one_session_only(server: Server) -> None:
    first, second = await login(server), await login(server)
    assert (await answer_to(server, "endSession", [first]))["result"] is True
    assert (await use(server, first))["error"] == EXPIRED
    assert (await use(server, second))["result"] == []


@pytest.mark.parametrize("params", [["nonesuch"], [], [None], [7], [[]], None, {"sessionId": "x"}])
async def test_end_session_is_always_true(server: Server, params: Any) -> None:
    assert (await answer_to(server, "endSession", params))["result"] is True


async def test_a_session_can_be_ended_twice(server: Server) -> None:
    session = await login(server)
    for _ in range(2):
        assert (await answer_to(server, "endSession", [session]))["result"] is True


async def test_an_expired_session_is_fault_5_and_a_new_login_works(server: Server) -> None:
    session = await login(server)
    assert (await use(server, session))["result"] == []
    with sqlite3.connect(server.data / "rpcmedia.sqlite3") as database:
        database.execute("UPDATE session SET expires = last_used - 1")
    database.close()
    assert (await use(server, session))["error"] == EXPIRED
    assert (await use(server, await login(server)))["result"] == []


async def test_sessions_are_not_kept_in_clear(server: Server) -> None:
    session = await login(server)
    kept = b"".join(file.read_bytes() for file in server.data.glob("rpcmedia.sqlite3*"))
    assert USER.encode() in kept
    assert session.encode() not in kept
    assert KEY.encode() not in kept


async def command(*arguments: str) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rpcmedia", *arguments, stdin=asyncio.subprocess.DEVNULL
    )
    return await process.wait()


async def test_a_disabled_user_loses_open_sessions_at_once(server: Server) -> None:
    session, other = await login(server), await login(server, "readonly")
    assert await command("user", "disable", "--data", str(server.data), USER) == 0
    assert (await use(server, session))["error"] == EXPIRED
    assert (await answer_to(server, "login", [USER, KEY]))["error"] == DENIED
    assert (await use(server, None, Authorization=server.basic or ""))["error"] == DENIED
    assert (await use(server, other))["result"] == []
    assert await command("user", "enable", "--data", str(server.data), USER) == 0
    assert (await use(server, await login(server)))["result"] == []


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
async def test_basic_counts_where_the_session_is_null(server: Server, scheme: str) -> None:
    headers = basic(USER, KEY, scheme)
    assert (await use(server, None, **headers))["result"] == []
    for method, params in (
        ("multiCall", [None, []]),
        ("resources", []),
        ("resources", [None]),
        ("resourceFaults", [None, "product_media"]),
        ("product_media.types", [None, 10]),
        ("call", {"sessionId": None, "apiPath": "product_media.types", "args": 10}),
    ):
        assert isinstance((await answer_to(server, method, params, **headers))["result"], list)


@pytest.mark.parametrize("session", ["", 0, False, "bogus", []])
async def test_basic_does_not_count_beside_another_session(server: Server, session: Any) -> None:
    assert (await use(server, session, **basic(USER, KEY)))["error"] == EXPIRED


async def test_basic_is_not_looked_at_beside_a_good_session(server: Server) -> None:
    session = await login(server)
    assert (await use(server, session, **basic(USER, "wrong")))["result"] == []


@pytest.mark.parametrize(
    ("username", "key"),
    [(USER, "wrong"), ("nobody", KEY), ("inactive", KEY), ("norole", KEY), (USER, f"{KEY}:x")],
)
async def test_wrong_basic_is_fault_2(server: Server, username: str, key: str) -> None:
    assert (await use(server, None, **basic(username, key)))["error"] == DENIED


@pytest.mark.parametrize(
    "header",
    [
        basic("", KEY)["Authorization"],
        basic(USER, "")["Authorization"],
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic YXBpdXNlcg==",
        "Basic /w==",
        "Bearer YXBpdXNlcjphcGlrZXkxMjM=",
        "YXBpdXNlcjphcGlrZXkxMjM=",
        "nonsense",
    ],
)
async def test_half_or_broken_basic_is_no_session(server: Server, header: str) -> None:
    assert (await use(server, None, Authorization=header))["error"] == EXPIRED


async def test_basic_makes_no_session_row(server: Server) -> None:
    for _ in range(3):
        await use(server, None, **basic(USER, KEY))
    with sqlite3.connect(server.data / "rpcmedia.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM session").fetchone() == (0,)
    database.close()


async def test_basic_credentials_that_are_no_text_are_none(server: Server) -> None:
    request = {"jsonrpc": "2.0", "id": 1, "method": "call", "params": [None, "product_media.types"]}
    encoded = base64.b64encode(b"\xff:x").decode()
    answer = await server.send(request, Authorization=f"Basic {encoded}")
    assert answer["error"]["code"] == 5
