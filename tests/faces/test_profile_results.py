"""What each profile answers to calls: results, image maps, sessions, batches, notifications."""

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.faces.bodies import png
from tests.support.server import KEY, USER, Server, serving

EXPIRED = "Session expired. Try to relogin."
BASE_URL = "http://shop.test"


@pytest.mark.parametrize(
    ("profile", "created", "done"),
    [
        ("documented", ["/i/m/image.png"], 1),
        ("shipstream", "/i/m/image.png", True),
        ("openmage", "/i/m/image.png", True),
    ],
)
async def test_create_update_and_remove_answer_as_the_profile_does(
    tmp_path: Path, profile: str, created: object, done: object
) -> None:
    async with serving(tmp_path, profile=profile) as server:
        answers = [
            await server.call("product_media.create", "product1", png()),
            await server.call("product_media.update", "product1", "/i/m/image.png", {}),
            await server.call("product_media.remove", "product1", "/i/m/image.png"),
        ]
    # As text, because 1 and true are equal in Python.
    assert json.dumps(answers) == json.dumps([created, done, done])


MAPS = {
    "documented": (
        '{"file":"/i/m/image.png","position":1,"exclude":1,'
        '"url":"http://shop.test/media/catalog/product/i/m/image.png","types":[]}',
        '{"file":"/b/.png","label":"L \\"1\\"","position":7,"exclude":0,'
        '"url":"http://shop.test/media/catalog/product/b/.png","types":["image","thumbnail"]}',
    ),
    "shipstream": (
        '{"file":"/i/m/image.png","label":"","position":"1","exclude":"1",'
        '"url":"http://shop.test/media/catalog/product/i/m/image.png","types":[]}',
        '{"file":"/b/.png","label":"L \\"1\\"","position":"7","exclude":"0",'
        '"url":"http://shop.test/media/catalog/product/b/.png","types":["image","thumbnail"]}',
    ),
}
MAPS["openmage"] = MAPS["shipstream"]


@pytest.mark.parametrize("profile", ["documented", "shipstream", "openmage"])
async def test_an_image_map_has_the_members_types_and_order_of_the_profile(
    tmp_path: Path, profile: str
) -> None:
    values: dict[str, Any] = {"label": 'L "1"', "position": 7, "exclude": 0}
    # Asked for in another order than the attribute set has them.
    values["types"] = ["thumbnail", "image"]
    plain, full = (text.replace("/b/.png", "/b/e/beta.png") for text in MAPS[profile])
    async with serving(tmp_path, profile=profile, base_url=BASE_URL) as server:
        await server.call("product_media.create", "product1", png())
        await server.call("product_media.create", "product1", png("beta", **values))
        for path, arguments, expected in (
            ("list", ["product1"], f"[{plain},{full}]"),
            ("info", ["product1", "/b/e/beta.png"], full),
        ):
            request = {"id": 1, "method": f"product_media.{path}", "params": [None, *arguments]}
            _, text = await server.post(json.dumps(request), Authorization=server.basic or "")
            assert f'"result":{expected}' in text


def sessions(data: Path) -> list[tuple[float, float]]:
    with sqlite3.connect(data / "rpcmedia.sqlite3") as database:
        rows = database.execute("SELECT last_used, expires FROM session").fetchall()
    database.close()
    return rows


def age_sessions(data: Path, seconds: float) -> None:
    with sqlite3.connect(data / "rpcmedia.sqlite3") as database:
        change = "UPDATE session SET last_used = last_used - ?, expires = expires - ?"
        database.execute(change, (seconds, seconds))
    database.close()


async def login(server: Server) -> str:
    answer = await server.send({"id": 1, "method": "login", "params": [USER, KEY]})
    assert isinstance(answer["result"], str)
    return answer["result"]


async def list_with(server: Server, session: str) -> Any:
    params = [session, "product_media.list", ["product1"]]
    return await server.send({"id": 1, "method": "call", "params": params})


@pytest.mark.parametrize(
    ("profile", "digits", "life"),
    [("documented", 32, 86_400), ("shipstream", 32, 86_400), ("openmage", 64, 3_600)],
)
async def test_a_session_id_has_the_length_and_life_of_the_profile(
    tmp_path: Path, profile: str, digits: int, life: int
) -> None:
    async with serving(tmp_path, profile=profile) as server:
        session = await login(server)
        assert re.fullmatch(f"[0-9a-f]{{{digits}}}", session)
        [(last_used, expires)] = sessions(tmp_path)
        assert round(expires - last_used) == life
        assert (await list_with(server, session))["result"] == []
        age_sessions(tmp_path, life)
        assert (await list_with(server, session))["error"]["message"] == EXPIRED


@pytest.mark.parametrize(
    ("profile", "renews"), [("documented", False), ("shipstream", False), ("openmage", True)]
)
async def test_only_an_openmage_session_lives_on_with_each_call(
    tmp_path: Path, profile: str, renews: bool
) -> None:
    async with serving(tmp_path, profile=profile) as server:
        session = await login(server)
        # Not the whole life: the session is still good, and old enough to be written back.
        age_sessions(tmp_path, 1_800)
        [(_, before)] = sessions(tmp_path)
        await list_with(server, session)
        [(_, after)] = sessions(tmp_path)
    assert (after > before) == renews


BATCH = [
    {"jsonrpc": "2.0", "id": 1, "method": "endSession"},
    {"jsonrpc": "2.0", "id": "two", "method": "resources"},
    {"jsonrpc": "2.0", "method": "endSession"},
    7,
    {"jsonrpc": "2.0", "id": None, "method": "endSession", "params": []},
]


@pytest.mark.parametrize(("profile", "code"), [("documented", 5), ("shipstream", -32005)])
async def test_a_batch_is_answered_member_by_member_in_order(
    tmp_path: Path, profile: str, code: int
) -> None:
    async with serving(tmp_path, profile=profile) as server:
        answers = await server.send(BATCH)
    # The notification has no answer.
    assert [answer["id"] for answer in answers] == [1, "two", None, None]
    assert answers[0]["result"] is True
    assert answers[1]["error"] == {"code": code, "message": EXPIRED}
    assert answers[2]["error"]["code"] == -32600
    assert answers[3]["result"] is True


@pytest.mark.parametrize("profile", ["documented", "shipstream"])
async def test_each_member_of_a_batch_sees_what_those_before_it_did(
    tmp_path: Path, profile: str
) -> None:
    paths: list[tuple[str, list[Any]]] = [
        ("create", ["product1", png("a")]),
        ("create", ["product1", png("a")]),
        ("remove", ["product1", "/a/_/a.png"]),
        ("list", ["product1"]),
    ]
    batch = [
        {"jsonrpc": "2.0", "id": n, "method": f"product_media.{path}", "params": [None, *arguments]}
        for n, (path, arguments) in enumerate(paths)
    ]
    async with serving(tmp_path, profile=profile) as server:
        answers = await server.send(batch, Authorization=server.basic or "")
    assert [answer["id"] for answer in answers] == [0, 1, 2, 3]
    assert [image["file"] for image in answers[3]["result"]] == ["/a/_/a_1.png"]


@pytest.mark.parametrize("profile", ["documented", "shipstream"])
async def test_a_batch_of_notifications_is_answered_with_nothing(
    tmp_path: Path, profile: str
) -> None:
    async with serving(tmp_path, profile=profile) as server:
        batch = [{"jsonrpc": "2.0", "method": "resources"}] * 2
        assert await server.post(json.dumps(batch)) == (200, "")


EXPIRED_NO_ID = (
    '{"id":null,"error":{"code":-32000,"message":"Session expired. Try to relogin.","data":{}}}'
)


async def test_openmage_takes_a_batch_for_one_request_without_a_method(tmp_path: Path) -> None:
    async with serving(tmp_path, profile="openmage") as server:
        for batch in (BATCH, BATCH[:1], [BATCH]):
            assert await server.post(json.dumps(batch)) == (200, EXPIRED_NO_ID)


@pytest.mark.parametrize("profile", ["documented", "shipstream", "openmage"])
async def test_a_notification_works_and_is_not_answered(tmp_path: Path, profile: str) -> None:
    async with serving(tmp_path, profile=profile) as server:
        request = {
            "jsonrpc": "2.0",
            "method": "product_media.create",
            "params": [None, "product1", png("noted")],
        }
        answer = await server.post(json.dumps(request), Authorization=server.basic or "")
        assert answer == (200, "")
        [image] = await server.call("product_media.list", "product1")
    assert image["file"] == "/n/o/noted.png"


@pytest.mark.parametrize(
    ("profile", "answer"),
    [
        ("documented", ""),
        ("shipstream", ""),
        (
            "openmage",
            '{"jsonrpc":"2.0","id":null,'
            '"error":{"code":-32000,"message":"Product not exists.","data":{}}}',
        ),
    ],
)
async def test_a_notification_that_fails_is_answered_by_openmage_only(
    tmp_path: Path, profile: str, answer: str
) -> None:
    params = [None, "product_media.list", ["nosuch"]]
    request = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
    async with serving(tmp_path, profile=profile) as server:
        assert await server.post(request, Authorization=server.basic or "") == (200, answer)


@pytest.mark.parametrize("profile", ["documented", "shipstream"])
async def test_a_request_that_asks_nothing_is_invalid(tmp_path: Path, profile: str) -> None:
    version = {"jsonrpc": "2.0"} if profile == "shipstream" else {}
    async with serving(tmp_path, profile=profile) as server:
        for body in ("{}", "[]", "", '{"params":[]}'):
            status, text = await server.post(body)
            answer = json.loads(text)
            assert (status, answer.pop("error")["code"]) == (200, -32600)
            assert answer == {**version, "id": None}
        named = json.loads((await server.post('{"jsonrpc":"2.0","id":5}'))[1])
        assert (named["id"], named["error"]["code"]) == (5, -32600)


async def test_openmage_answers_session_expired_to_a_request_that_asks_nothing(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, profile="openmage") as server:
        for body in ("{}", "[]", "", "0", '{"params":[]}'):
            assert await server.post(body) == (200, EXPIRED_NO_ID)
        async with server.http.get(f"{server.url}/api/jsonrpc") as answer:
            assert (answer.status, await answer.text()) == (200, EXPIRED_NO_ID)
        _, text = await server.post('{"jsonrpc":"2.0","id":5}')
    assert json.loads(text) == {
        "jsonrpc": "2.0",
        "id": "5",
        "error": {"code": -32000, "message": EXPIRED, "data": {}},
    }


@pytest.mark.parametrize("method", ["null", '""', "7", '"a-b"', '"1ab"', '"__construct"'])
async def test_openmage_answers_invalid_request_only_to_a_bad_method(
    tmp_path: Path, method: str
) -> None:
    async with serving(tmp_path, profile="openmage") as server:
        status, text = await server.post(f'{{"jsonrpc":"2.0","id":1,"method":{method}}}')
    error = {"code": -32600, "message": "Invalid Request", "data": None}
    assert (status, json.loads(text)) == (200, {"jsonrpc": "2.0", "id": "1", "error": error})


async def test_openmage_loses_a_body_declared_as_a_form(tmp_path: Path) -> None:
    request = '{"jsonrpc":"2.0","id":1,"method":"endSession"}'
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    async with serving(tmp_path / "o", profile="openmage") as server:
        assert await server.post(request, **form) == (200, EXPIRED_NO_ID)
    async with serving(tmp_path / "d") as server:
        assert json.loads((await server.post(request, **form))[1])["result"] is True
