"""What every ImageFiles must do.

A store passes by a class that inherits from ImageFilesContract and has a fixture `files`: an empty
store.
"""

import asyncio

import pytest

from rpcmedia.gallery.ports import ImageFiles, NameTaken, StorageFailed

FILE = "/i/m/image.jpg"


def kept(files: ImageFiles) -> dict[str, int]:
    """The stored name and size of everything that is kept."""
    listed = list(files.names())
    assert len({name for name, _ in listed}) == len(listed)
    return dict(listed)


class ImageFilesContract:
    """The whole suite."""

    async def test_an_empty_store_keeps_nothing(self, files: ImageFiles) -> None:
        assert kept(files) == {}

    @pytest.mark.parametrize("content", [b"", b"x", b"\0\n\r\xff" * 50, b"large" * 600_000])
    async def test_new_bytes_are_kept_whole(self, files: ImageFiles, content: bytes) -> None:
        stored = files.put_new(FILE, content)
        assert files.location(stored).read_bytes() == content
        assert kept(files) == {stored: len(content)}

    async def test_a_name_is_taken_by_the_first(self, files: ImageFiles) -> None:
        stored = files.put_new(FILE, b"first")
        with pytest.raises(NameTaken):
            files.put_new(FILE, b"second")
        assert files.location(stored).read_bytes() == b"first"
        assert kept(files) == {stored: 5}

    async def test_of_many_at_once_one_takes_the_name(self, files: ImageFiles) -> None:
        contents = [f"content {number}".encode() for number in range(12)]
        puts = [asyncio.to_thread(files.put_new, FILE, content) for content in contents]
        outcomes = await asyncio.gather(*puts, return_exceptions=True)
        assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 11
        ((at, stored),) = [(n, o) for n, o in enumerate(outcomes) if isinstance(o, str)]
        assert files.location(stored).read_bytes() == contents[at]

    async def test_names_that_look_alike_are_different(self, files: ImageFiles) -> None:
        names = [
            "/i/m/image.jpg",
            "/i/m/image.png",
            "/I/m/Image.jpg",
            "/_/h/.htaccess.jpg",
            "/-/r/-rf.jpg",
        ]
        stored = {name: files.put_new(name, name.encode()) for name in names}
        for name in names:
            assert files.location(stored[name]).read_bytes() == name.encode()
        assert len(kept(files)) == len(names)

    async def test_bytes_beside_an_image_leave_its_own_alone(self, files: ImageFiles) -> None:
        stored = files.put_new(FILE, b"old")
        one, two = [files.put_beside(FILE, content) for content in (b"one", b"two")]
        assert len({stored, one, two}) == 3
        assert files.location(stored).read_bytes() == b"old"
        assert files.location(one).read_bytes() == b"one"
        assert files.location(two).read_bytes() == b"two"
        assert kept(files) == {stored: 3, one: 3, two: 3}

    async def test_bytes_beside_an_image_may_come_without_its_own(self, files: ImageFiles) -> None:
        beside = files.put_beside(FILE, b"new")
        await asyncio.to_thread(files.settle, FILE, beside)
        assert files.location(FILE).read_bytes() == b"new"

    async def test_settled_bytes_are_under_both_names_until_one_is_taken_back(
        self, files: ImageFiles
    ) -> None:
        files.put_new(FILE, b"old")
        beside = files.put_beside(FILE, b"new")
        await asyncio.to_thread(files.settle, FILE, beside)
        assert files.location(FILE).read_bytes() == b"new"
        assert files.location(beside).read_bytes() == b"new"
        await files.take_back(beside)
        assert files.location(FILE).read_bytes() == b"new"
        assert kept(files) == {FILE: 3}

    async def test_settling_again_after_a_stop_leaves_nothing_over(self, files: ImageFiles) -> None:
        files.put_new(FILE, b"old")
        beside = files.put_beside(FILE, b"new")
        for _ in range(2):
            await asyncio.to_thread(files.settle, FILE, beside)
        await files.take_back(beside)
        assert files.location(FILE).read_bytes() == b"new"
        assert kept(files) == {FILE: 3}

    async def test_bytes_that_are_gone_cannot_be_settled(self, files: ImageFiles) -> None:
        stored = files.put_new(FILE, b"old")
        beside = files.put_beside(FILE, b"new")
        await files.take_back(beside)
        with pytest.raises(StorageFailed):
            await asyncio.to_thread(files.settle, FILE, beside)
        assert files.location(stored).read_bytes() == b"old"

    async def test_bytes_are_taken_back_once_and_again(self, files: ImageFiles) -> None:
        stored = files.put_new(FILE, b"x")
        other = files.put_new("/o/t/other.jpg", b"y")
        for _ in range(2):
            await files.take_back(stored)
        await files.take_back("/n/e/never.jpg")
        assert not files.location(stored).exists()
        assert kept(files) == {other: 1}
        assert files.put_new(FILE, b"again") == stored

    async def test_a_listing_goes_on_while_bytes_are_taken_back(self, files: ImageFiles) -> None:
        # A check lists a folder in which a server works.
        stored = [files.put_new(f"/a/_/a_{number}.jpg", b"x") for number in range(5)]
        listing = files.names()
        first, _ = next(listing)
        for name in stored:
            if name != first:
                await files.take_back(name)
        assert {name for name, _ in listing} <= set(stored)

    async def test_clearing_forgets_all_bytes_and_frees_their_names(
        self, files: ImageFiles
    ) -> None:
        await files.clear()
        for name in (FILE, "/o/t/other.jpg"):
            files.put_new(name, b"x")
        files.put_beside(FILE, b"y")
        await files.clear()
        assert kept(files) == {}
        stored = files.put_new(FILE, b"new")
        assert files.location(stored).read_bytes() == b"new"

    async def test_an_empty_store_is_writable_and_stays_empty(self, files: ImageFiles) -> None:
        await files.check_writable()
        assert kept(files) == {}
