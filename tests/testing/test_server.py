"""`rpcmedia.testing.Server`: a real server for synchronous tests, and what controls it."""

import json
import threading
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rpcmedia.testing import CannotStart, Control, ControlRefused, Server
from tests.faces.bodies import png
from tests.support import pictures
from tests.support.server import CATALOG, KEY, USER

MOMENT = datetime(2030, 5, 1, 12, 30, tzinfo=UTC)


def send(server: Server, method: str, *params: Any) -> Any:
    """The answer to a JSON-RPC request with the Basic header of the server's user."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(server.url, body, {"Authorization": server.basic})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def call(server: Server, path: str, *arguments: Any) -> Any:
    """The result of an operation; fails for an error."""
    answer = send(server, "call", None, path, arguments)
    assert "result" in answer, answer
    return answer["result"]


def threads_left(before: set[threading.Thread]) -> set[threading.Thread]:
    """The threads that do not end soon, besides those before."""
    more = set(threading.enumerate()) - before
    for thread in more:
        thread.join(20)
    return {thread for thread in more if thread.is_alive()}


def create(server: Server) -> str:
    [file] = call(server, "product_media.create", "product1", png())
    return str(file)


def test_it_answers_with_a_small_catalog() -> None:
    with Server() as server:
        assert server.url == f"{server.address}/api/jsonrpc"
        assert (server.username, server.key) == ("apiuser", "rpcmedia-test-key")
        session = send(server, "login", server.username, server.key)["result"]
        types = send(server, "call", session, "product_media.types", [4])["result"]
        assert [entry["code"] for entry in types] == ["image", "small_image", "thumbnail"]
        for sku in ("product1", "product2", "product3"):
            assert call(server, "product_media.list", sku, "default") == []


def test_images_are_served_at_their_urls() -> None:
    with Server() as server:
        create(server)
        [image] = call(server, "product_media.list", "product1")

        with urllib.request.urlopen(image["url"]) as answer:
            assert answer.read() == pictures.png()


def test_servers_do_not_know_of_each_other() -> None:
    with Server() as one, Server() as other:
        create(one)

        assert one.address != other.address
        assert call(other, "product_media.list", "product1") == []
        assert [one.control.count(), other.control.count()] == [1, 1]


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    threads = set(threading.enumerate())
    with Server() as server:
        create(server)
        assert list(tmp_path.iterdir())

    assert list(tmp_path.iterdir()) == []
    assert threads_left(threads) == set()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(server.url)


def test_it_stops_after_a_test_that_failed() -> None:
    with pytest.raises(ZeroDivisionError), Server() as server:
        1 / 0  # noqa: B018
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(server.url)


@pytest.mark.parametrize("catalog", [CATALOG, str(CATALOG), json.loads(CATALOG.read_text())])
def test_a_catalog_is_a_file_or_its_members(catalog: Any) -> None:
    with Server(catalog) as server:
        assert (server.username, server.key) == (USER, KEY)
        assert call(server, "product_media.list", "product1", "german") == []


def test_a_catalog_without_keys_gets_a_user() -> None:
    with Server({"users": []}) as server:
        assert call(server, "product_media.types", 4) == []


def test_the_user_of_a_catalog_keeps_its_permissions() -> None:
    users = [
        {"username": "locked", "key": "locked-key", "permissions": ["all"], "active": False},
        {"username": "reader", "key": "reader-key", "permissions": ["catalog/product/media"]},
    ]
    with Server({"users": users}) as server:
        assert (server.username, server.key) == ("reader", "reader-key")
        assert call(server, "product_media.types", 4) == []
        answer = send(server, "call", None, "product_media.remove", ["product1", "/a/b/c.png"])
        assert answer["error"]["code"] == 2


def test_a_user_can_be_named() -> None:
    with Server(user=("tester", "key-of-tester")) as server:
        assert (server.username, server.key) == ("tester", "key-of-tester")
        assert call(server, "product_media.list", "product1") == []
        assert "result" in send(server, "login", "apiuser", "rpcmedia-test-key")


def test_a_profile_and_other_settings() -> None:
    with Server(profile="openmage", base_url="https://shop.example", max_pixels=10) as server:
        assert len(send(server, "login", server.username, server.key)["result"]) == 64
        error = send(server, "call", None, "product_media.create", ["product1", png()])["error"]
        assert (error["code"], "10 pixels" in error["message"]) == (-32000, True)


def tape(folder: Path, **members: str) -> Path:
    path = folder / "session.jsonl"
    path.write_text(json.dumps({"tape": 1, **members}) + "\n")
    return path


def test_a_tape_names_the_catalog_and_the_profile(tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_text(CATALOG.read_text())
    header = tape(tmp_path, catalog="shop.json", profile="shipstream")

    with Server(tape=header) as server:
        assert call(server, "product_media.list", "product1", "german") == []
        assert send(server, "call", None, "product_media.list", ["x"])["error"]["code"] == -32101
    with Server({"users": []}, tape=header, profile="documented") as server:
        assert (
            send(server, "call", None, "product_media.list", ["product1"])["error"]["code"] == 101
        )


def test_a_tape_may_name_neither(tmp_path: Path) -> None:
    with Server(tape=str(tape(tmp_path))) as server:
        assert call(server, "product_media.list", "product3") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"catalog": "no-such-file.json"}, "no-such-file.json: No such file"),
        ({"catalog": {"products": [{"id": 0}]}}, r"\$.products\[0\]"),
        ({"tape": "no-such-tape.jsonl"}, "no-such-tape.jsonl: No such file"),
        ({"profile": "magento3"}, "There is no profile 'magento3'; use one of documented"),
        ({"host": "203.0.113.7"}, "assign requested address"),
    ],
    ids=["catalog", "members", "tape", "profile", "host"],
)
def test_what_cannot_start_says_why(arguments: dict[str, Any], said: str) -> None:
    threads = set(threading.enumerate())
    with pytest.raises(CannotStart, match=said), Server(**arguments):
        pass
    assert threads_left(threads) == set()


def test_it_may_have_several_workers(tmp_path: Path) -> None:
    with Server(workers=2, data=tmp_path / "d") as server:
        file = create(server)
        # Each request is a connection of its own, so they spread over the workers.
        for _ in range(10):
            assert [i["file"] for i in call(server, "product_media.list", "product1")] == [file]
        with pytest.raises(CannotStart, match="Another rpcmedia server holds"):
            Server(workers=2, data=tmp_path / "d").__enter__()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(server.url)


def test_workers_have_no_control() -> None:
    with pytest.raises(CannotStart, match="--control"), Server(workers=2, control=True):
        pass


def test_a_setting_that_is_none_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"), Server(colour="red"):
        pass


def test_a_seed_makes_session_ids_come_again() -> None:
    runs = []
    for seed in (5, 5, 6):
        with Server(seed=seed) as server:
            runs.append(send(server, "login", server.username, server.key)["result"])

    assert runs[0] == runs[1] != runs[2]


def test_it_keeps_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    with Server() as server:
        send(server, "call", None, "product_media.list", ["absent"])

    assert capfd.readouterr() == ("", "")


class TestControl:
    def test_reset(self) -> None:
        with Server() as server:
            session = send(server, "login", server.username, server.key)["result"]
            create(server)
            server.control.reset("sessions")
            assert send(server, "product_media.list", session, "product1")["error"]["code"] == 5
            assert len(call(server, "product_media.list", "product1")) == 1
            server.control.reset()
            assert call(server, "product_media.list", "product1") == []
            assert server.control.count() == 1

    def test_snapshots(self) -> None:
        with Server() as server:
            server.control.snapshot("empty")
            file = create(server)
            server.control.snapshot("one-image")
            server.control.restore("empty")
            assert call(server, "product_media.list", "product1") == []
            server.control.restore("one-image")
            assert [i["file"] for i in call(server, "product_media.list", "product1")] == [file]
            assert server.control.snapshots() == ["empty", "one-image"]
            server.control.delete_snapshot("empty")
            assert server.control.snapshots() == ["one-image"]

    def test_journal_and_count(self) -> None:
        with Server() as server:
            create(server)
            send(server, "call", None, "product_media.list", ["absent"])

            calls = server.control.journal()
            assert [entry["method"] for entry in calls.entries] == [
                "product_media.create",
                "product_media.list",
            ]
            assert (calls.matched, calls.dropped) == (2, 0)
            found = server.control.journal(method="*.list", sku="absent", limit=5).entries
            assert [entry["fault"] for entry in found] == [101]
            assert server.control.count(sku="product1") == 1
            assert server.control.count(fault="any", since=1) == 1
            assert server.control.count(method="login", sku=None) == 0

    def test_a_count_that_may_be_too_low_is_refused(self) -> None:
        with Server(journal_size=2) as server:
            for _ in range(3):
                call(server, "product_media.types", 4)
            assert server.control.journal().dropped == 1
            with pytest.raises(ControlRefused, match="forgot 1 calls, so the count of 2"):
                server.control.count(method="product_media.types")
            assert server.control.count(since=1) == 2

    def test_faults(self) -> None:
        with Server() as server:
            rule = server.control.inject(
                "fault", number=104, method="product_media.create", when="after", times=1
            )
            answer = send(server, "call", None, "product_media.create", ["product1", png()])
            assert answer["error"]["code"] == 104
            assert len(call(server, "product_media.list", "product1")) == 1
            [state] = server.control.faults()
            assert (state["id"], state["matched"], state["applied"]) == (rule, 1, 1)
            server.control.clear_faults()
            assert server.control.faults() == []

    def test_clock(self) -> None:
        with Server() as server:
            assert server.control.freeze(MOMENT) == MOMENT == server.control.now()
            session = send(server, "login", server.username, server.key)["result"]
            assert server.control.move(24 * 3600) == MOMENT + timedelta(days=1)
            assert send(server, "product_media.list", session, "product1")["error"]["code"] == 5
            assert server.control.freeze(MOMENT.timestamp()) == MOMENT
            assert server.control.set_clock("2031-01-01T00:00:00Z").year == 2031
            assert server.control.freeze().year == 2031
            assert abs(server.control.release() - datetime.now(UTC)) < timedelta(minutes=5)

    def test_a_refusal_says_why(self) -> None:
        with Server() as server:
            for refused, said in (
                (lambda: server.control.restore("absent"), "no snapshot 'absent'"),
                (lambda: server.control.snapshot("a/b"), "1 to 64"),
                (lambda: server.control.inject("explode"), "explode"),
                (lambda: server.control.reset("everything"), "everything"),
                (lambda: server.control.journal(colour="red"), "colour"),
            ):
                with pytest.raises(ControlRefused, match=said):
                    refused()
            with pytest.raises(ControlRefused, match="Bearer"):
                Control(server.control.address, "wrong").now()
