"""The benchmarks: that they measure what they say, never how fast it is."""

import base64
import contextlib
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
from harness.load import create
from harness.pictures import KIB, Uploads, photo
from harness.results import Figure, Run, Target
from harness.shop import SKUS, Server, Shop, result_of, sku
from harness.straight import Entry, fill, same_name, spread
from harness.wire import body_of
from harness.wrk import WrkRequest

BENCHMARKS = Path(__file__).parents[2] / "scripts" / "benchmarks"


def bench(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, BENCHMARKS / f"{name}.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture
def wrk() -> None:
    if shutil.which("wrk") is None:
        pytest.skip("wrk is not installed; scripts/services installs it")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Shop(tmp_path_factory.mktemp("bench") / "shop").serving() as server:
        yield server


@pytest.mark.usefixtures("wrk")
def test_a_row_is_shown_and_kept_with_its_floor_and_target(tmp_path: Path) -> None:
    kept = tmp_path / "run.json"
    only = ("--only", "list-session", "--seconds", "1", "--runs", "1")

    done = bench("serving", *only, "--json", kept)

    run = Run.read(kept)
    [figure] = run.figures
    assert figure.row == "list-session"
    assert (figure.unit, figure.target, figure.failures) == ("/s", "≥ 0.5", 0)
    assert (figure.runs, figure.floor_runs) == ([figure.value], [figure.floor])
    assert figure.floor and figure.ratio == figure.value / figure.floor
    assert figure.met == (figure.ratio >= 0.5)
    assert done.returncode == (0 if figure.met else 1), done.stderr
    assert all(run.machine.values())
    [heading, _, line] = done.stdout.splitlines()
    assert heading.split("|")[1].strip() == "what"
    assert tuple(cell.strip() for cell in line.split("|")[1:-1]) == figure.cells


@pytest.mark.usefixtures("wrk")
def test_another_checkout_is_measured_beside_this_one() -> None:
    done = bench("beside", BENCHMARKS.parents[1], "--seconds", "1", "--runs", "2")

    assert done.returncode == 0, done.stderr
    [_, _, lists, starts] = done.stdout.splitlines()
    for line in (lists, starts):
        what, before, now, ratio, _ = (cell.strip() for cell in line.split("|")[1:-1])
        assert float(ratio) > 0, what
        assert float(before.split()[0]) > 0 < float(now.split()[0])


@pytest.mark.usefixtures("wrk")
def test_it_is_the_other_checkout_that_is_measured_beside_this_one(tmp_path: Path) -> None:
    package = tmp_path / "rpcmedia"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("raise SystemExit('the other one')")

    done = bench("beside", tmp_path, "--seconds", "1", "--runs", "2")

    assert done.returncode == 1
    assert "the other one" in done.stderr


def test_what_is_no_checkout_is_not_measured(tmp_path: Path) -> None:
    done = bench("beside", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"bench: {tmp_path} is no checkout.\n"


def test_a_row_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    done = bench("serving", "--only", "speed")
    assert done.returncode == 2
    assert "list-session" in done.stderr.splitlines()[-1]


def test_more_runs_than_there_are_products_for_are_refused() -> None:
    done = bench("serving", "--only", "gallery-5000", "--runs", "67")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "bench: --runs can be 66 at most: each takes products of its own.\n"


def a_run(rate: float, failures: int = 0) -> Run:
    target = Target("≥", 0.5)
    figure = Figure.of("list-session", "`list`", "/s", [rate], [1000], target, failures)
    return Run.now(10, [figure])


def test_two_runs_are_set_side_by_side(tmp_path: Path) -> None:
    a_run(500).write(tmp_path / "before.json")
    a_run(600, failures=3).write(tmp_path / "after.json")

    done = bench("compare", tmp_path / "before.json", tmp_path / "after.json")

    assert done.returncode == 0, done.stderr
    cells = [cell.strip() for cell in done.stdout.splitlines()[-1].split("|")[1:-1]]
    assert cells[:3] == ["`list`", "500 /s", "600 /s"]
    assert cells[3:] == ["0.50", "0.60", "+20%", "≥ 0.5", "missed, 3 failures"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "holds no run"),
        ("[1]", "holds no run"),
        ('{"figures": [{"row": 1}]}', "holds no run"),
        (None, "No such file"),
    ],
)
def test_what_is_no_run_is_refused_in_one_line(
    tmp_path: Path, content: str | None, reason: str
) -> None:
    file = tmp_path / "file.json"
    if content is not None:
        file.write_text(content)
    done = bench("compare", file, file)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert str(file) in line and reason in line


def test_runs_without_a_common_row_are_refused(tmp_path: Path) -> None:
    a_run(500).write(tmp_path / "before.json")
    Run.now(10, []).write(tmp_path / "after.json")
    done = bench("compare", tmp_path / "before.json", tmp_path / "after.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "bench: the two runs have no row in common.\n"


def test_uploads_are_kept_each_with_its_own_bytes(server: Server) -> None:
    uploads = Uploads(server.session, photo(50 * KIB), SKUS[:2], "unique-")

    load = create(server.url, uploads, connections=2, count=4)

    assert (load.failures, len(load.latencies)) == ([], 4)
    bodies = [body_of("call", [server.session, "product_media.list", [s]]) for s in SKUS[:2]]
    files = {image["file"] for answer in server.ask(*bodies) for image in result_of(answer)}
    assert files == {f"/u/n/unique-{number:07}.jpg" for number in range(1, 5)}
    media = f"{server.url}/media/catalog/product"
    assert len({requests.get(media + file, timeout=10).content for file in files}) == 4


def test_an_answer_that_is_no_success_is_a_failure(server: Server) -> None:
    uploads = Uploads("0" * 32, photo(50 * KIB), SKUS, "unique-")
    load = create(server.url, uploads, count=3)
    assert len(load.failures) == 3
    assert all("Session expired" in failure for failure in load.failures)


def test_a_connection_that_is_refused_is_a_failure_and_nothing_is_measured() -> None:
    uploads = Uploads("0" * 32, photo(50 * KIB), SKUS, "unique-")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        load = create(
            f"http://127.0.0.1:{nobody.getsockname()[1]}", uploads, connections=3, count=9
        )
    assert len(load.failures) == 3
    assert (load.latencies, load.rate) == ([], 0)
    with pytest.raises(SystemExit):
        _ = load.p50


def test_an_answer_without_a_length_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

        answering = threading.Thread(target=answer)
        answering.start()
        uploads = Uploads("0" * 32, b"\xff\xd8", SKUS, "unique-")
        load = create(f"http://127.0.0.1:{listening.getsockname()[1]}", uploads, count=1)
        answering.join()
    assert len(load.failures) == 1
    assert load.latencies == []


@pytest.mark.usefixtures("wrk")
def test_wrk_counts_answers_that_differ_from_the_expected(server: Server, tmp_path: Path) -> None:
    body = body_of("call", [server.session, "product_media.list", [SKUS[0]]])
    load = WrkRequest.write(tmp_path / "wrk", body, b"{}").send(server.url, 1)
    assert load.failures == load.answers > 0


def create_all(shop: Shop, entries: Sequence[Entry]) -> None:
    content = base64.b64encode(photo(50 * KIB)).decode()
    types = ["image", "small_image", "thumbnail"]
    with shop.serving() as server:
        for entry in entries:
            file = {"content": content, "mime": "image/jpeg", "name": Path(entry.base).stem}
            data: dict[str, Any] = {"file": file, "exclude": 0}
            if entry.position == 1:
                data["types"] = types
            params = [server.session, "product_media.create", [sku(entry.product), data]]
            [answer] = server.ask(body_of("call", params))
            assert result_of(answer) == [entry.file]


def content_of(shop: Shop) -> dict[str, Any]:
    names = [path.relative_to(shop.media) for path in shop.media.rglob("*.jpg")]
    content: dict[str, Any] = {
        str(name): (shop.media / name).read_bytes() == photo(50 * KIB) for name in names
    }
    with contextlib.closing(sqlite3.connect(shop.database)) as connection:
        for table in ("product", "image", "image_value", "type_value", "file_name", "name_hint"):
            rows = connection.execute(f"SELECT * FROM {table}")
            columns = [name for name, *_ in rows.description]
            # The time at which it was made is all that may differ.
            kept = [at for at, name in enumerate(columns) if name != "created_at"]
            content[table] = sorted(repr([row[at] for at in kept]) for row in rows)
    return content


@pytest.mark.parametrize("entries", [spread(10, 5), same_name(6)], ids=["spread", "same name"])
def test_what_is_loaded_straight_is_what_the_server_would_have_made(
    tmp_path: Path, entries: list[Entry]
) -> None:
    straight, made = Shop(tmp_path / "straight"), Shop(tmp_path / "made")
    fill(straight, entries)
    create_all(made, entries)
    assert content_of(straight) == content_of(made)
