"""The journal: which calls it holds, how it is searched and forgets, what it never holds."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.faces.bodies import file_of
from tests.support import pictures
from tests.support.controlled import LOGIN, Controlled, controlling
from tests.support.server import KEY


async def entries(server: Controlled, query: str = "") -> list[dict[str, Any]]:
    found = (await server.control("GET", f"/journal{query}"))["entries"]
    assert isinstance(found, list)
    return found


async def methods(server: Controlled, query: str = "") -> list[str]:
    return [entry["method"] for entry in await entries(server, query)]


async def matched(server: Controlled, query: str) -> int:
    count = await server.control("GET", f"/journal/count{query}")
    listed = await server.control("GET", f"/journal{query}")
    assert (count["matched"], count["dropped"]) == (listed["matched"], listed["dropped"])
    return int(count["matched"])


async def ask(server: Controlled, method: str, *params: Any) -> Any:
    return await server.send({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


async def test_an_entry_tells_the_call(controlled: Controlled) -> None:
    await controlled.control("POST", "/clock", {"frozen_at": "2030-05-01T12:30:00Z"})
    await controlled.create()

    [entry] = await entries(controlled)

    assert entry.pop("duration_ms") > 0
    assert re.fullmatch("[0-9a-f]{16}", entry.pop("request_id"))
    assert entry == {
        "number": 1,
        "time": "2030-05-01T12:30:00Z",
        "method": "product_media.create",
        "product": "product1",
        "user": "apiuser",
        "fault": None,
        "injected": [],
    }


async def test_the_request_id_is_that_of_the_answer(controlled: Controlled) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"startSession"}'
    async with controlled.http.post(f"{controlled.url}/api/jsonrpc", data=body) as answer:
        request_id = answer.headers["X-Request-Id"]

    assert [entry["request_id"] for entry in await entries(controlled)] == [request_id]


async def test_every_method_is_a_call(controlled: Controlled) -> None:
    session = await controlled.login()
    await ask(controlled, "startSession")
    await ask(controlled, "call", session, "product_media.types", [4])
    await ask(controlled, "catalog_product_attribute_media.list", session, "product1")
    await ask(controlled, "multiCall", session, [["product_media.currentStore"]])
    await ask(controlled, "resources", session)
    await ask(controlled, "resourceFaults", session, "product_media")
    await ask(controlled, "globalFaults", session)
    await ask(controlled, "endSession", session)

    assert await methods(controlled) == [
        "login",
        "startSession",
        "product_media.types",
        "product_media.list",
        "product_media.currentStore",
        "multiCall",
        "resources",
        "resourceFaults",
        "globalFaults",
        "endSession",
    ]


async def test_members_of_a_multicall_and_of_a_batch_are_calls(controlled: Controlled) -> None:
    session = await controlled.login()
    calls = [
        ["product_media.list", ["product1"]],
        ["product_media.list", ["absent"]],
        ["product_media.info", ["product1"]],
    ]
    await ask(controlled, "multiCall", session, calls)
    member = {"jsonrpc": "2.0", "id": 1, "method": "product_media.list"}
    await controlled.send([{**member, "params": [session, sku]} for sku in ("product2", 2)])

    found = await entries(controlled, "?method=product_media.*")

    assert [(entry["product"], entry["fault"]) for entry in found] == [
        ("product1", None),
        ("absent", 101),
        ("product1", -32602),
        ("product2", None),
        (2, None),
    ]
    assert {entry["user"] for entry in found} == {"apiuser"}


@pytest.mark.parametrize("profile", ["documented", "shipstream", "openmage"])
async def test_faults_have_their_own_number_in_every_profile(tmp_path: Path, profile: str) -> None:
    async with controlling(tmp_path, profile=profile) as server:
        await server.ask("product_media.list", "absent")
        await ask(server, "call", "0" * 32, "product_media.list", ["product1"])
        await ask(server, "login", "apiuser", "wrong")
        await ask(server, "login", "nobody", "wrong")
        await server.ask("product_media.nothing", "product1")
        await server.ask("product_media.list")

        found = await entries(server)

    assert [(entry["method"], entry["user"], entry["fault"]) for entry in found] == [
        ("product_media.list", "apiuser", 101),
        ("product_media.list", None, 5),
        ("login", "apiuser", 2),
        ("login", None, 2),
        ("product_media.nothing", "apiuser", 3),
        ("product_media.list", "apiuser", -32602),
    ]


async def test_it_is_searched(controlled: Controlled) -> None:
    await controlled.login()
    for sku in ("product1", "product2", "PRODUCT1 ", "absent"):
        await controlled.ask("product_media.list", sku)
    await controlled.ask("product_media.info", "product1", "/a/b/absent.png")
    await controlled.ask("product_media.info", "product2")

    for query, expected in {
        "": 7,
        "?method=login": 1,
        "?method=product_media.*": 6,
        "?method=*.info": 2,
        "?method=info": 0,
        "?sku=product1": 3,
        "?sku=Product1%20": 3,
        "?sku=product1&method=product_media.list": 2,
        "?fault=101": 1,
        "?fault=-32602": 1,
        "?fault=any": 3,
        "?fault=none": 4,
        "?since=5": 2,
        "?since=5&fault=none": 0,
        "?since=99": 0,
    }.items():
        assert await matched(controlled, query) == expected, query


async def test_the_last_entries_are_listed_in_order(controlled: Controlled) -> None:
    for position in range(120):
        await controlled.ask("product_media.types", position)

    journal = await controlled.control("GET", "/journal")
    assert [entry["number"] for entry in journal["entries"]] == list(range(21, 121))
    assert (journal["matched"], journal["dropped"]) == (120, 0)
    assert [e["number"] for e in await entries(controlled, "?limit=3")] == [118, 119, 120]
    assert [e["number"] for e in await entries(controlled, "?limit=500&since=119")] == [120]


async def test_it_is_bounded_and_says_what_it_forgot(tmp_path: Path) -> None:
    async with controlling(tmp_path, journal_size=3) as server:
        for position in range(3):
            await server.ask("product_media.types", position)
        assert (await server.control("GET", "/journal"))["dropped"] == 0
        for position in range(4):
            await server.ask("product_media.types", position)

        journal = await server.control("GET", "/journal")
        assert [entry["number"] for entry in journal["entries"]] == [5, 6, 7]
        assert (journal["matched"], journal["dropped"]) == (3, 4)
        # Calls 1 to 4 are forgotten: a search after the third misses one, after the fourth none.
        for since, dropped in ((3, 1), (4, 0), (6, 0)):
            count = await server.control("GET", f"/journal/count?since={since}")
            assert count["dropped"] == dropped


async def test_keys_sessions_and_content_are_not_in_it(controlled: Controlled) -> None:
    content = file_of(pictures.png())["content"]
    session = await controlled.login()
    await ask(controlled, "login", KEY, "apiuser")
    await ask(controlled, "login", [KEY], KEY)
    await ask(controlled, "product_media.create", session, "product1", {"file": content})
    await ask(controlled, "call", session, session, [session])
    await ask(controlled, "call", None, "product_media.list", [session])
    await controlled.ask("product_media.list", session)
    await controlled.ask("product_media.list", content)
    await controlled.ask(KEY, session)
    await ask(controlled, "multiCall", session, [[session, [session]], [content]])
    await ask(controlled, "endSession", session)

    headers = {"Authorization": f"Bearer {controlled.token}"}
    url = f"{controlled.control_url}/journal"
    async with controlled.http.get(url, headers=headers) as answer:
        text = await answer.text()

    assert '"matched":13' in text
    for secret in (session, KEY, content, content[65:]):
        assert secret not in text


async def test_what_is_no_product_is_left_out(controlled: Controlled) -> None:
    for product in ({"sku": "product1"}, ["product1"], True, None):
        await controlled.ask("product_media.list", product)
    await controlled.ask("product_media.list", 1.5)
    await controlled.ask("product_media.types", 4)

    assert [entry["product"] for entry in await entries(controlled)] == [
        None,
        None,
        None,
        None,
        1.5,
        None,
    ]


async def test_a_named_product_is_found(controlled: Controlled) -> None:
    session = await controlled.login()
    await ask(controlled, "call", session, "product_media.list", {"productId": "product2"})

    assert await matched(controlled, "?sku=product2") == 1


async def test_what_never_became_a_call_is_not_in_it(controlled: Controlled) -> None:
    await controlled.post(b"{")
    await controlled.post(b'{"jsonrpc":"2.0","id":1,"method":"login","params":"x"}')
    await controlled.media("/a/b/absent.png")

    assert await entries(controlled) == []


@pytest.mark.parametrize(
    "query",
    [
        "?limit=0",
        "?limit=x",
        "?since=-1",
        "?fault=some",
        "?fault=",
        "?product=1",
        "?method=login&method=list",
    ],
)
async def test_filters_that_are_none_are_refused(controlled: Controlled, query: str) -> None:
    status, text = await controlled.refusal("GET", f"/journal{query}")

    assert (status, bool(text)) == (400, True)


async def test_the_count_takes_no_limit(controlled: Controlled) -> None:
    status, text = await controlled.refusal("GET", "/journal/count?limit=1")

    assert status == 400
    assert text == "There is no filter 'limit'; use method, sku, fault and since."


async def test_the_name_of_a_login_is_the_one_that_is_kept(controlled: Controlled) -> None:
    await ask(controlled, "login", LOGIN[0].upper(), LOGIN[1])

    assert [entry["user"] for entry in await entries(controlled)] == ["apiuser"]
