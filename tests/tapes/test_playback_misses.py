"""A request that is on no tape is told which recorded one is closest, and what differs."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from rpcmedia.tapes.playback import playing
from rpcmedia.tapes.tape import Exchange
from tests.tapes.made_tapes import Answer, call, got, result, rpc, send, write_tape


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "t.jsonl"


async def missed(tape: Path, http: aiohttp.ClientSession, request: Exchange) -> Answer:
    async with playing([tape]) as playback:
        answer = await send(http, playback.address, request)
        assert (playback.answered, playback.missed) == (0, 1)
    assert answer.status == 404
    assert answer.header("Content-Type") == ["application/json"]
    return answer


async def test_a_json_rpc_client_gets_an_error_that_names_the_closest_request(
    tape: Path, http: aiohttp.ClientSession
) -> None:
    write_tape(
        tape,
        [
            rpc(call("product_media.list", "a"), result([])),
            rpc(call("product_media.info", "a", "/1.jpg"), result({}), name="the first"),
            rpc(call("product_media.info", "b", "/2.jpg"), result({})),
        ],
    )

    request = rpc(call("product_media.info", "a", "/2.jpg", 7, id_="my id"), None)
    answer = (await missed(tape, http, request)).json

    assert answer == {
        "jsonrpc": "2.0",
        "id": "my id",
        "error": {
            "code": -32601,
            "message": (
                "No recorded answer to call product_media.info a. The closest is 'the first' in"
                f" {tape}:3, which differs in $.body.params[2][1], $.body.params[2][2]."
            ),
            "data": {
                "closest": {
                    "place": f"{tape}:3",
                    "name": "the first",
                    "asks": "call product_media.info a",
                    "differences": [
                        {
                            "field": "$.body.params[2][1]",
                            "recorded": "/1.jpg",
                            "asked": "/2.jpg",
                        },
                        {"field": "$.body.params[2][2]", "recorded": "(absent)", "asked": 7},
                    ],
                }
            },
        },
    }


async def test_each_member_of_a_batch_gets_the_error(
    tape: Path, http: aiohttp.ClientSession
) -> None:
    write_tape(tape, [rpc([call("product_media.list", "a")], [result([])])])

    request = rpc([call("product_media.list", "b", id_=n) for n in (1, 2)], None)
    answers = (await missed(tape, http, request)).json

    assert [(a["id"], a["error"]["code"]) for a in answers] == [(1, -32601), (2, -32601)]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (got("/media/b.jpg?x=1", None), "$.path"),
        (got("/media/a.jpg?x=2", None), "$.query[0][1]"),
        (got("/media/a.jpg?x=1", None, method="DELETE"), "$.method"),
        (got("/media/a.jpg?x=1", None, request_body=b"[1]"), "$.body"),
        (
            got("/media/a.jpg?x=1", None, request_headers=[("Authorization", "Basic YTpi")]),
            "$.user",
        ),
    ],
)
async def test_other_clients_get_the_same_without_json_rpc(
    request_: Exchange, field: str, tape: Path, http: aiohttp.ClientSession
) -> None:
    write_tape(
        tape, [rpc(call("product_media.list", "a"), result([])), got("/media/a.jpg?x=1", b"")]
    )

    answer = (await missed(tape, http, request_)).json

    assert sorted(answer) == ["closest", "error"]
    assert answer["closest"]["place"] == f"{tape}:3"
    assert [d["field"] for d in answer["closest"]["differences"]] == [field]
    assert field in answer["error"]


async def test_a_post_that_is_no_json_rpc_gets_no_error_of_json_rpc(
    tape: Path, http: aiohttp.ClientSession
) -> None:
    write_tape(tape, [rpc(b"<a/>", b"<b/>")])

    answer = await missed(tape, http, rpc(b"<c/>", b""))

    assert answer.json["closest"]["differences"] == [
        {"field": "$.body", "recorded": "<a/>", "asked": "<c/>"}
    ]


async def test_fewer_fields_are_closer_than_texts_that_are_more_alike(
    tape: Path, http: aiohttp.ClientSession
) -> None:
    alike, other = call("x.y", "sku", "label 1", "name 1"), call("x.y", "sku", "Q", "name 2")
    write_tape(tape, [rpc(alike, result(1)), rpc(other, result(1))])

    request = rpc(call("x.y", "sku", "label 2", "name 2"), None)
    answer = (await missed(tape, http, request)).json

    assert answer["error"]["data"]["closest"]["place"] == f"{tape}:3"


async def test_of_requests_that_differ_in_as_many_fields_the_more_alike_is_closest(
    tape: Path, http: aiohttp.ClientSession
) -> None:
    write_tape(tape, [got(path, b"") for path in ("/x/y/z.jpg", "/media/b/l/blue_1.jpg", "/q.jpg")])

    answer = await missed(tape, http, got("/media/b/l/blue_2.jpg", None))

    assert answer.json["closest"]["place"] == f"{tape}:3"


async def test_what_asks_for_the_same_is_found_at_the_end_of_a_long_tape(
    tape: Path, http: aiohttp.ClientSession
) -> None:
    many: list[Exchange] = [got(f"/{n}", b"") for n in range(1000)]
    many += [rpc(call("product_media.info", f"sku {n}", "/b.jpg"), result({})) for n in range(1000)]
    write_tape(tape, [*many, rpc(call("product_media.info", "wanted", "/a.jpg"), result({}))])

    request = rpc(call("product_media.info", "wanted", "/b.jp"), None)
    answer = (await missed(tape, http, request)).json

    assert answer["error"]["data"]["closest"]["place"] == f"{tape}:2002"


async def test_neither_session_ids_nor_keys_nor_long_values_are_shown(
    tape: Path, http: aiohttp.ClientSession
) -> None:
    content = "A" * 100_000
    write_tape(tape, [rpc(call("product_media.create", "a", {"content": content}), result(""))])
    body = call("product_media.create", "a", {"content": f"B{content}"}, session="5ec2e7" * 6)

    answer = await missed(tape, http, rpc(body, None))

    [difference] = answer.json["error"]["data"]["closest"]["differences"]
    assert difference["field"] == "$.body.params[2][1].content"
    assert difference["asked"] == f"B{'A' * 99}… (100001 characters)"
    assert b"5ec2e7" not in answer.body


async def test_a_wrong_user_is_told_without_the_key(
    tape: Path, http: aiohttp.ClientSession
) -> None:
    def login(user: str, key: str) -> dict[str, Any]:
        return {"method": "login", "params": [user, key], "id": 1}

    write_tape(tape, [rpc(login("apiuser", "recorded key"), result(""))])

    answer = await missed(tape, http, rpc(login("nobody", "another key"), None))

    [difference] = answer.json["error"]["data"]["closest"]["differences"]
    assert difference == {"field": "$.body.params[0]", "recorded": "apiuser", "asked": "nobody"}
    assert b"key" not in answer.body


async def test_an_empty_tape_has_nothing_that_is_close(
    tape: Path, http: aiohttp.ClientSession
) -> None:
    write_tape(tape, [])

    answer = await missed(tape, http, got("/a", None))

    assert answer.json == {
        "error": "No recorded answer to GET /a. The tapes are empty.",
        "closest": None,
    }


async def test_a_miss_does_not_change_what_comes_next(
    tape: Path, http: aiohttp.ClientSession
) -> None:
    exchanges = [got("/a", b"1"), got("/a", b"2")]
    write_tape(tape, exchanges)

    async with playing([tape]) as playback:
        first = await send(http, playback.address, exchanges[0])
        await send(http, playback.address, got("/b", None))
        second = await send(http, playback.address, exchanges[0])

    assert (first.body, second.body) == (b"1", b"2")
    assert playback.summary == (
        "2 requests answered, 1 missed, 0 recorded exchanges never asked for"
    )


@pytest.mark.parametrize("depth", [95, 150, 900])
async def test_json_that_is_nested_deep_is_answered_or_missed(
    depth: int, tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    deep, other = (b"[" * depth + leaf + b"]" * depth for leaf in (b"1", b"2"))
    tape = write_tape(tmp_path / "t.jsonl", [rpc(deep, b"yes")])
    async with playing([tape]) as playback:
        found = await send(http, playback.address, rpc(deep, b""))
        missed = await send(http, playback.address, rpc(other, b""))

    assert (found.status, found.body, missed.status) == (200, b"yes", 404)
