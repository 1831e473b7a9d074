"""`rpcmedia backup` and `rpcmedia restore` as commands, beside a server that is at work."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from rpcmedia import wiring
from tests.backup.conftest import Shop
from tests.cli.process import BASIC, CATALOG, Outcome, Running, run, serve
from tests.faces.bodies import file_of
from tests.support import pictures
from tests.support.backups import MEDIA, checksums, files, objects, rows

HOT = "/h/o/hot.png"


@dataclass
class Client:
    """Changes a shop without a rest, and remembers what was acknowledged."""

    url: str
    http: aiohttp.ClientSession
    kept: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of each image of its own."""
    going: set[str] = field(default_factory=set)
    """Images of which the removal was asked for."""
    gone: set[str] = field(default_factory=set)

    async def call(self, name: str, *arguments: Any) -> Any:
        request = {"id": 1, "method": f"product_media.{name}", "params": [None, *arguments]}
        async with self.http.post(f"{self.url}/api/jsonrpc", json=request) as answer:
            return (await answer.json(content_type=None))["result"]

    async def work(self, number: int) -> None:
        """Create, update and remove images until it is cancelled."""
        for seed in range(number * 10_000, number * 10_000 + 10_000):
            content = pictures.png(seed)
            data = {"file": file_of(content, name=f"client {number}")}
            [file] = await self.call("create", "product1", data)
            self.kept[file] = hashlib.sha256(content).hexdigest()
            if seed % 3 == 1:
                self.going.add(file)
                await self.call("remove", "product1", file)
                del self.kept[file]
                self.gone.add(file)

    async def heat(self) -> None:
        """Update one image until it is cancelled."""
        for seed in range(100_000, 110_000):
            await self.call("update", "product1", HOT, {"file": file_of(pictures.png(seed))})


@contextlib.asynccontextmanager
async def busy(running: Running) -> AsyncIterator[list[Client]]:
    """Six clients at work."""
    async with aiohttp.ClientSession(headers=BASIC) as http:
        clients = [Client(running.url, http) for _ in range(4)]
        await clients[0].call("create", "product1", {"file": file_of(pictures.png(), name="hot")})
        async with asyncio.TaskGroup() as tasks:
            working = [tasks.create_task(c.work(n)) for n, c in enumerate(clients)]
            working += [tasks.create_task(clients[0].heat()) for _ in range(2)]
            yield clients
            for task in working:
                task.cancel()


async def test_backups_while_clients_create_update_and_remove_are_whole(tmp_path: Path) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    async with serve("--data", data, "--catalog", CATALOG) as running, busy(running) as clients:
        for turn in range(3):
            before = [dict(client.kept) for client in clients]
            gone = [set(client.gone) for client in clients]

            report = await asyncio.to_thread(wiring.back_up, data, backup)

            assert report.lacking == ()
            assert objects(backup) == set(checksums(backup).values())
            restored = tmp_path / f"restored{turn}"
            await asyncio.to_thread(wiring.restore, backup, restored)
            assert (await wiring.check_folder(restored, prune=False)).clean
            found = files(restored)
            assert found == checksums(restored)
            for client, was, was_gone in zip(clients, before, gone, strict=True):
                # What was acknowledged before it began, unless it was removed meanwhile.
                assert was.keys() - found.keys() <= client.going
                assert all(found[file] == was[file] for file in was.keys() & found.keys())
                assert was_gone.isdisjoint(found)
        assert all(len(client.kept) > 3 and client.gone for client in clients)


async def test_the_commands_tell_what_they_did(shop: Shop, tmp_path: Path) -> None:
    backup, restored = tmp_path / "backup", tmp_path / "restored"
    size = sum(path.stat().st_size for path in media(shop.data) if path.name != "d.png")

    assert await run("backup", backup, "--data", shop.data) == Outcome(
        0, f"3 images; 3 objects copied ({size} bytes), 0 deleted; complete\n", ""
    )
    assert await run("restore", backup, "--data", restored) == Outcome(0, "3 images restored\n", "")
    assert rows(restored) == rows(shop.data)


def media(data: Path) -> list[Path]:
    return [path for path in (data / MEDIA).rglob("*") if path.is_file()]


async def test_damage_is_one_line_an_image_and_exit_1(shop: Shop, tmp_path: Path) -> None:
    for path in media(shop.data):
        if path.name != "c.png":
            path.write_bytes(b"damaged")
    lines = ["damaged or missing: /a/_/a.png", "damaged or missing: /b/_/b.png"]

    outcome = await run("backup", tmp_path / "backup", "--data", shop.data)

    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.splitlines()[:-1] == lines
    assert outcome.out.endswith("; not complete\n")
    restored = await run("restore", tmp_path / "backup", "--data", tmp_path / "restored")
    assert restored == Outcome(1, "\n".join([*lines, "3 images restored\n"]), "")


async def test_what_cannot_run_is_exit_2_in_one_line(shop: Shop, tmp_path: Path) -> None:
    nosuch = tmp_path / "nosuch"
    line = (await run("backup", tmp_path / "backup", "--data", nosuch)).refused()
    assert line.startswith(f"rpcmedia: Cannot back up {nosuch} to {tmp_path}/backup: ")
    line = (await run("restore", nosuch, "--data", shop.data)).refused()
    assert line.startswith(f"rpcmedia: Cannot restore {nosuch} to {shop.data}: ")


async def test_a_restore_is_refused_while_a_server_holds_the_folder(
    shop: Shop, tmp_path: Path
) -> None:
    async with serve("--data", shop.data, "--ephemeral"):
        assert (await run("backup", tmp_path / "backup", "--data", shop.data)).code == 0
        before = rows(shop.data)
        line = (await run("restore", tmp_path / "backup", "--data", shop.data)).refused()
        assert "Another rpcmedia server holds" in line
        assert rows(shop.data) == before
