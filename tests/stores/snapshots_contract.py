"""What every Snapshots must do.

A store passes by a class that inherits from SnapshotsContract and has a fixture `kept`: its
Snapshots, and an open shop over the rows, bytes and accounts that they save.
"""

from dataclasses import dataclass

import pytest

from rpcmedia.operations.ports import Session, SnapshotRefused, Snapshots
from tests.support import pictures
from tests.support.catalogs import Shop

NAMES = ["a", "0", "-", "_", "A_long-name_9", "x" * 64]
NO_NAMES = ["", ".", "..", "a.b", "a/b", "/a", "a b", "a\n", "ä", "x" * 65]


@dataclass
class Kept:
    """Snapshots, and what they save."""

    snapshots: Snapshots
    shop: Shop


class SnapshotsContract:
    """The whole suite."""

    async def test_there_are_none_at_first(self, kept: Kept) -> None:
        assert list(await kept.snapshots.all()) == []

    @pytest.mark.parametrize("name", NAMES)
    async def test_a_name_is_kept_as_it_is(self, kept: Kept, name: str) -> None:
        saved = await kept.snapshots.save(name)
        assert saved.name == name
        assert list(await kept.snapshots.all()) == [saved]
        assert await kept.snapshots.restore(name)
        assert await kept.snapshots.delete(name)
        assert list(await kept.snapshots.all()) == []

    @pytest.mark.parametrize("name", NO_NAMES)
    async def test_other_names_are_refused(self, kept: Kept, name: str) -> None:
        for method in (kept.snapshots.save, kept.snapshots.restore, kept.snapshots.delete):
            with pytest.raises(SnapshotRefused):
                await method(name)
        assert list(await kept.snapshots.all()) == []

    async def test_rows_and_bytes_come_back(self, kept: Kept) -> None:
        shop = kept.shop
        one = await shop.create("one", content=pictures.jpeg(1), label="One")
        two = await shop.create("two", content=pictures.jpeg(2))
        before = await shop.images()
        await kept.snapshots.save("before")
        await shop.change(one, content=pictures.jpeg(3), label="Changed")
        await shop.remove(two)
        three = await shop.create("three")
        assert await kept.snapshots.restore("before")
        assert await shop.images() == before
        assert await shop.served(one) == pictures.jpeg(1)
        assert await shop.served(two) == pictures.jpeg(2)
        assert await shop.gallery.find_media(three) is None
        assert shop.kept() == {one, two}

    async def test_users_and_sessions_come_back(self, kept: Kept) -> None:
        accounts = kept.shop.accounts
        await accounts.put_user("early", "hash", "index", ["all"], True)
        user = await accounts.user_by_name("early")
        assert user
        await accounts.add_session("11" * 32, Session(user.id, 100.0, 200.0), user)
        await kept.snapshots.save("before")
        await accounts.put_user("late", "hash", "index", ["all"], True)
        await accounts.set_active("early", False)
        await accounts.end_session("11" * 32)
        assert await kept.snapshots.restore("before")
        assert list(await accounts.users()) == [user]
        assert await accounts.session("11" * 32) == Session(user.id, 100.0, 200.0)

    async def test_what_was_saved_does_not_change(self, kept: Kept) -> None:
        file = await kept.shop.create("one", content=pictures.jpeg(1))
        await kept.snapshots.save("first")
        for seed in (2, 3):
            await kept.shop.change(file, content=pictures.jpeg(seed))
            await kept.snapshots.save(f"later{seed}")
            assert await kept.snapshots.restore("first")
            assert await kept.shop.served(file) == pictures.jpeg(1)
        assert await kept.snapshots.restore("later3")
        assert await kept.shop.served(file) == pictures.jpeg(3)

    async def test_a_name_is_saved_again(self, kept: Kept) -> None:
        await kept.snapshots.save("same")
        file = await kept.shop.create("one")
        await kept.snapshots.save("same")
        await kept.shop.remove(file)
        assert await kept.snapshots.restore("same")
        assert [image.file for image in await kept.shop.images()] == [file]
        assert [saved.name for saved in await kept.snapshots.all()] == ["same"]

    async def test_all_are_listed_by_name(self, kept: Kept) -> None:
        saved = [await kept.snapshots.save(name) for name in ("b", "c", "a")]
        assert list(await kept.snapshots.all()) == sorted(saved, key=lambda s: s.name)
        assert saved[0].saved_at <= saved[1].saved_at <= saved[2].saved_at

    async def test_what_is_not_there_changes_nothing(self, kept: Kept) -> None:
        file = await kept.shop.create("one")
        await kept.snapshots.save("gone")
        assert await kept.snapshots.delete("gone")
        for name in ("gone", "never"):
            assert not await kept.snapshots.restore(name)
            assert not await kept.snapshots.delete(name)
        assert [image.file for image in await kept.shop.images()] == [file]

    async def test_clearing_leaves_snapshots(self, kept: Kept) -> None:
        file = await kept.shop.create("one", content=pictures.jpeg(1))
        await kept.snapshots.save("before")
        await kept.shop.rows.clear_galleries()
        await kept.shop.files.clear()
        assert await kept.snapshots.restore("before")
        assert await kept.shop.served(file) == pictures.jpeg(1)
