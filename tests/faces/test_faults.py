"""Every numbered fault, provoked for real where that is possible over HTTP."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

from tests.faces.bodies import file_of, png
from tests.support import pictures
from tests.support.server import KEY, USER, Server

GLOBAL = [
    {"code": "0", "message": "Unknown Error"},
    {"code": "1", "message": "Internal Error. Please see log for details."},
    {"code": "2", "message": "Access denied."},
    {"code": "3", "message": "Invalid api path."},
    {"code": "4", "message": "Resource path is not callable."},
    {"code": "5", "message": "Session expired. Try to relogin."},
    {
        "code": "6",
        "message": 'Required parameter is missing, for more details see "exception.log".',
    },
]
RESOURCE = [
    {"code": "100", "message": "Requested store view not found."},
    {"code": "101", "message": "Product not exists."},
    {"code": "102", "message": "Invalid data given. Details in error message."},
    {"code": "103", "message": "Requested image not exists in product images' gallery."},
    {"code": "104", "message": "Image creation failed. Details in error message."},
    {"code": "105", "message": "Image not updated. Details in error message."},
    {"code": "106", "message": "Image not removed. Details in error message."},
    {"code": "107", "message": "Requested product doesn't support images"},
]


async def send(server: Server, method: str, *params: Any) -> Any:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return await server.send(request, Authorization=server.basic or "")


async def error_of(server: Server, method: str, *params: Any) -> tuple[int, str]:
    answer = await send(server, method, *params)
    assert answer["id"] == 1
    assert "result" not in answer
    assert sorted(answer["error"]) == ["code", "message"]
    assert str(server.data) not in answer["error"]["message"]
    return answer["error"]["code"], answer["error"]["message"]


def change_database(server: Server, sql: str) -> None:
    database = sqlite3.connect(server.data / "rpcmedia.sqlite3", isolation_level=None)
    database.execute(sql)
    database.close()


def break_media_folder(server: Server) -> Path:
    """Put a file where the folder of all images is; what it was is kept aside."""
    media = server.data / "media"
    aside = server.data / "aside"
    media.rename(aside)
    media.write_text("no folder")
    return aside


def mend_media_folder(server: Server, aside: Path) -> None:
    (server.data / "media").unlink()
    aside.rename(server.data / "media")


async def test_every_fault_that_a_client_can_provoke(server: Server) -> None:
    data = {"file": file_of(b"no picture")}
    file = "/i/m/image.png"
    assert await server.call("product_media.create", "product1", png()) == [file]
    for code, method, params in (
        (2, "login", [USER, "wrong"]),
        (3, "call", [None, "nosuch.path"]),
        (5, "call", ["bogus", "product_media.list"]),
        (6, "login", [USER]),
        (100, "product_media.list", [None, "product1", "nope"]),
        (101, "product_media.list", [None, "nosuch"]),
        (102, "product_media.create", [None, "product1", {}]),
        (103, "product_media.info", [None, "product1", "/x"]),
        (104, "product_media.create", [None, "product1", data]),
        (107, "product_media.list", [None, "nomedia1"]),
    ):
        assert (await error_of(server, method, *params))[0] == code

    # The storage fails under the feet of the server.
    aside = break_media_folder(server)
    refused = await error_of(server, "product_media.create", None, "product1", png())
    assert refused[0] == 104
    new_bytes = {"file": file_of(pictures.png(2))}
    refused = await error_of(server, "product_media.update", None, "product1", file, new_bytes)
    assert refused[0] == 105
    mend_media_folder(server, aside)
    change_database(server, "DROP TABLE file_name")
    refused = await error_of(server, "product_media.remove", None, "product1", file)
    assert refused[0] == 106
    change_database(server, "DROP TABLE image_value")
    refused = await error_of(server, "product_media.list", None, "product1")
    assert refused == (1, "Internal Error. The database failed (SQLITE_ERROR).")

    # What nobody can provoke is only declared: 0 and 4.
    declared = await send(server, "globalFaults")
    assert declared["result"] == GLOBAL
    assert (await send(server, "resourceFaults", None, "product_media"))["result"] == RESOURCE


async def test_global_faults_need_no_session(server: Server) -> None:
    for params in ([], ["bogus"], [None]):
        answer = await server.send({"id": 1, "method": "globalFaults", "params": params})
        assert answer["result"] == GLOBAL


async def test_faults_come_in_their_order(server: Server) -> None:
    """Each step mends what the fault before it complained of."""
    bad = {"file": {"content": "!", "mime": "image/bmp"}}
    no_base64 = {"file": {"content": "!", "mime": "image/png"}}
    no_picture = {"file": file_of(b"no picture")}
    for code, method, params in (
        (5, "call", ["bogus", "nosuch", ["nosuch", bad, "nope"]]),
        (3, "call", [None, "nosuch", ["nosuch", bad, "nope"]]),
        (100, "product_media.create", [None, "nosuch", bad, "nope"]),
        (101, "product_media.create", [None, "nosuch", bad]),
        (107, "product_media.create", [None, "nomedia1", bad]),
        (102, "product_media.create", [None, "product1", bad]),
        (102, "product_media.create", [None, "product1", no_base64]),
        (104, "product_media.create", [None, "product1", no_picture]),
        (100, "product_media.update", [None, "nosuch", "/x", bad, "nope"]),
        (101, "product_media.update", [None, "nosuch", "/x", bad]),
        (107, "product_media.update", [None, "nomedia1", "/x", bad]),
        (103, "product_media.update", [None, "product1", "/x", bad]),
        (101, "product_media.remove", [None, "nosuch", "/x"]),
        (107, "product_media.remove", [None, "nomedia1", "/x"]),
        (103, "product_media.remove", [None, "product1", "/x"]),
        (107, "product_media.info", [None, "nomedia1", "/x"]),
    ):
        assert (await error_of(server, method, *params))[0] == code, (method, params)


async def test_a_media_folder_that_fails_keeps_the_gallery_as_it_was(server: Server) -> None:
    await server.call("product_media.create", "product1", png("kept", label="old"))
    before = await server.call("product_media.list", "product1")
    aside = break_media_folder(server)
    change = {"file": file_of(pictures.png(2)), "label": "new"}
    code, message = await server.fault("product_media.update", "product1", "/k/e/kept.png", change)
    assert code == 105
    assert message.startswith("Image not updated. ")
    code, message = await server.fault("product_media.create", "product1", png("kept"))
    assert code == 104
    assert message.startswith("Cannot create image. ")
    mend_media_folder(server, aside)
    assert await server.call("product_media.list", "product1") == before
    async with server.http.get(f"{server.url}/media/catalog/product/k/e/kept.png") as answer:
        assert await answer.read() == pictures.png()
    # And the server works again, without a restart.
    assert await server.call("product_media.create", "product1", png("kept")) == ["/k/e/kept_1.png"]


async def test_bytes_of_a_row_that_fails_are_taken_back(server: Server) -> None:
    change_database(
        server,
        "CREATE TRIGGER refuse BEFORE INSERT ON image BEGIN SELECT RAISE(ABORT, 'secret'); END",
    )
    code, message = await server.fault("product_media.create", "product1", png("lost"))
    assert code == 104
    assert "secret" not in message
    media = server.data / "media" / "catalog" / "product"
    assert [path for path in media.rglob("*") if path.is_file()] == []
    change_database(server, "DROP TRIGGER refuse")
    assert await server.call("product_media.create", "product1", png("lost")) == ["/l/o/lost.png"]


async def test_a_removal_that_fails_keeps_the_image(server: Server) -> None:
    await server.call("product_media.create", "product1", png("kept"))
    change_database(
        server, "CREATE TRIGGER refuse BEFORE DELETE ON image BEGIN SELECT RAISE(ABORT, 'x'); END"
    )
    code, message = await server.fault("product_media.remove", "product1", "/k/e/kept.png")
    assert code == 106
    assert message.startswith("Image not removed. ")
    assert len(await server.call("product_media.list", "product1")) == 1
    change_database(server, "DROP TRIGGER refuse")
    assert await server.call("product_media.remove", "product1", "/k/e/kept.png") == 1


async def test_values_that_cannot_be_written_are_fault_105(server: Server) -> None:
    await server.call("product_media.create", "product1", png("kept", label="old"))
    change_database(
        server,
        "CREATE TRIGGER refuse BEFORE UPDATE ON image_value BEGIN SELECT RAISE(ABORT, 'x'); END",
    )
    change = {"label": "new", "types": ["image"]}
    code, _ = await server.fault("product_media.update", "product1", "/k/e/kept.png", change)
    assert code == 105
    [image] = await server.call("product_media.list", "product1")
    # Neither of the two changes is half done.
    assert (image["label"], image["types"]) == ("old", [])


async def test_multi_call_tells_an_internal_error_and_goes_on(server: Server) -> None:
    change_database(server, "DROP TABLE image_value")
    calls = [["product_media.list", ["product1"]], ["product_media.types", [10]]]
    answer = await send(server, "multiCall", None, calls)
    internal = {
        "isFault": True,
        "faultCode": "1",
        "faultMessage": "Internal Error. The database failed (SQLITE_ERROR).",
    }
    assert answer["result"] == [internal, []]
    answer = await send(server, "multiCall", None, calls, {"break": 1})
    assert answer["result"] == [internal]


async def test_an_account_store_that_fails_is_an_internal_error(server: Server) -> None:
    change_database(server, "DROP TABLE session")
    internal = (1, "Internal Error. The database failed (SQLITE_ERROR).")
    assert await error_of(server, "login", USER, KEY) == internal
    assert await error_of(server, "call", "bogus", "product_media.list") == internal
    assert (await send(server, "globalFaults"))["result"] == GLOBAL


async def test_a_lost_media_folder_is_made_again(server: Server) -> None:
    shutil.rmtree(server.data / "media")
    assert await server.call("product_media.create", "product1", png("a")) == ["/a/_/a.png"]
    async with server.http.get(f"{server.url}/media/catalog/product/a/_/a.png") as answer:
        assert await answer.read() == pictures.png()
