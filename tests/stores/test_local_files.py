"""LocalFiles: the contract, and what is its own: where files are and how a folder fails."""

import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rpcmedia.gallery.ports import ImageFiles, StorageFailed
from rpcmedia.stores.local_files import LocalFiles
from tests.stores.image_files_contract import FILE, ImageFilesContract


class TestLocalFiles(ImageFilesContract):
    """The contract over a folder on this disk."""

    @pytest.fixture(params=[False, True], ids=["ephemeral", "durable"])
    def files(self, tmp_path: Path, request: pytest.FixtureRequest) -> ImageFiles:
        return LocalFiles(tmp_path / "media", durable=request.param)


@pytest.fixture
def media(tmp_path: Path) -> Path:
    return tmp_path / "new" / "media"


@pytest.fixture
def files(media: Path) -> LocalFiles:
    return LocalFiles(media, durable=False)


@pytest.fixture
def small_disk() -> Iterator[None]:
    """A process that may not write files of more than a million bytes, as if a disk were full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


async def test_a_file_is_where_its_name_says(files: LocalFiles, media: Path) -> None:
    assert files.put_new(FILE, b"x") == FILE
    assert (media / "i" / "m" / "image.jpg").read_bytes() == b"x"


async def test_bytes_that_wait_have_a_name_that_no_image_can_have(
    files: LocalFiles, media: Path
) -> None:
    beside = files.put_beside(FILE, b"x")
    folder, _, name = beside.rpartition("/")
    assert folder == "/i/m"
    # Every image has an extension.
    assert "." not in name
    assert (media / "i" / "m" / name).read_bytes() == b"x"


async def test_files_are_found_again_by_another_store_on_the_folder(
    files: LocalFiles, media: Path
) -> None:
    files.put_new(FILE, b"x")
    again = LocalFiles(media)
    assert list(again.names()) == [(FILE, 1)]
    assert again.location(FILE).read_bytes() == b"x"


async def test_files_can_be_read_by_a_web_server_and_not_written(
    files: LocalFiles, media: Path
) -> None:
    files.put_new(FILE, b"x")
    mode = (media / "i" / "m" / "image.jpg").stat().st_mode & 0o777
    assert mode & 0o022 == 0
    assert mode & 0o600 == 0o600
    assert mode & 0o111 == 0


async def test_old_bytes_are_replaced_and_not_written_over(files: LocalFiles, media: Path) -> None:
    files.put_new(FILE, b"old")
    backup = media.parent / "backup.jpg"
    os.link(files.location(FILE), backup)
    files.settle(FILE, files.put_beside(FILE, b"new"))
    assert backup.read_bytes() == b"old"


async def test_a_write_that_fails_half_way_leaves_nothing(
    files: LocalFiles, media: Path, small_disk: None
) -> None:
    for put in (files.put_new, files.put_beside):
        with pytest.raises(StorageFailed) as failed:
            put(FILE, b"x" * 3_000_000)
        assert str(failed.value) == "The media folder failed (EFBIG)."
        assert list(files.names()) == []
    # The name is free for the next, smaller picture.
    assert files.put_new(FILE, b"x") == FILE


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (f"/a/a/{'a' * 300}.jpg", "The file name is too long for the disk."),
        ("/f/i/file.jpg", "The media folder failed (ENOTDIR)."),
        ("/f/i/file.jpg/x/y.jpg", "The media folder failed (ENOTDIR)."),
    ],
)
async def test_a_reason_is_plain_and_shows_no_path(
    files: LocalFiles, media: Path, file: str, reason: str
) -> None:
    (media / "f").write_bytes(b"a file where a folder would be")
    with pytest.raises(StorageFailed) as failed:
        files.put_new(file, b"x")
    assert str(failed.value) == reason


async def test_a_folder_that_is_gone_is_made_again_for_new_files(
    files: LocalFiles, media: Path
) -> None:
    files.put_new(FILE, b"x")
    await files.take_back(FILE)
    (media / "i" / "m").rmdir()
    (media / "i").rmdir()
    files.put_new(FILE, b"y")
    assert files.location(FILE).read_bytes() == b"y"


async def test_a_folder_that_is_gone_is_not_writable(files: LocalFiles, media: Path) -> None:
    shutil.rmtree(media)
    with pytest.raises(StorageFailed):
        await files.check_writable()
