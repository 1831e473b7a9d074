"""A full disk behind REST: nothing is lost, and a client learns that it is not its fault."""

from pathlib import Path
from typing import Any

from tests.durability.mounts import small_disk
from tests.durability.test_full_disk import fill
from tests.faces.bodies import text_of
from tests.support import pictures
from tests.support.rest import CATALOG, IMAGES, Rest, new
from tests.support.server import serving

ONE = f"{IMAGES}/1"
INTERNAL = (500, "Resource internal error.")


async def test_a_full_disk_refuses_changes_and_nothing_else(tmp_path: Path) -> None:
    disk = tmp_path / "small"
    with small_disk(disk, 3_000_000):
        async with serving(disk / "d", catalog=CATALOG) as server:
            rest = Rest(server)
            await rest.create(label="One")
            before = await rest.get()
            content = {"file_content": text_of(pictures.png(2)), "file_mime_type": "image/png"}
            changes: list[tuple[str, str, dict[str, Any] | None]] = [
                ("POST", IMAGES, new(3)),
                ("PUT", ONE, {"label": "New"}),
                ("PUT", ONE, content),
                ("DELETE", f"{ONE}/store/2", None),
                ("DELETE", ONE, None),
            ]

            filler = fill(disk)
            for method, path, body in changes:
                assert (await rest.ask(method, path, body)).error == INTERNAL
                assert await rest.get() == before
            filler.unlink()

            for method, path, body in changes:
                assert (await rest.ask(method, path, body)).status == 200
