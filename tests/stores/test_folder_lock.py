"""One server on one data folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from rpcmedia.stores.folder_lock import FolderBusy, FolderLock

# Takes the lock of the folder it is given, says so, and keeps it until it is stopped.
HOLD = """
import sys
from pathlib import Path
from rpcmedia.stores.folder_lock import FolderLock
FolderLock(Path(sys.argv[1])).take()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_server_is_refused_and_told_the_folder(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    first.take()
    with pytest.raises(FolderBusy) as refused:
        second.take()
    assert str(tmp_path) in str(refused.value)
    first.release()


def test_a_folder_that_was_released_can_be_taken_again(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    for _ in range(2):
        first.take()
        first.release()
        second.take()
        second.release()


def test_releasing_what_was_not_taken_does_nothing(tmp_path: Path) -> None:
    holder, other = FolderLock(tmp_path), FolderLock(tmp_path)
    holder.take()
    other.release()
    with pytest.raises(FolderBusy):
        other.take()
    # A refusal is no lock either.
    other.release()
    with pytest.raises(FolderBusy):
        FolderLock(tmp_path).take()
    holder.release()
    holder.release()
    other.take()
    other.release()


def test_a_lock_can_be_shared_with_those_who_share_it_too(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FolderLock(tmp_path).take(shared=True)
    holder, one, two = (FolderLock(tmp_path, "some.lock", "cook") for _ in range(3))
    holder.take()
    with pytest.raises(FolderBusy, match="Another rpcmedia cook holds"):
        one.take(shared=True)
    holder.release()
    one.take(shared=True)
    two.take(shared=True)
    one.release()
    with pytest.raises(FolderBusy):
        holder.take()
    two.release()
    holder.take()
    holder.release()


def test_two_folders_have_two_locks(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    locks = []
    for folder in folders:
        folder.mkdir()
        locks.append(FolderLock(folder))
        locks[-1].take()
    for lock in locks:
        lock.release()


def test_a_lock_ends_with_its_process_however_that_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(FolderBusy):
            FolderLock(tmp_path).take()
        holder.kill()
        holder.wait()
    # The file of the lock is still there, and means nothing by itself.
    lock = FolderLock(tmp_path)
    lock.take()
    lock.release()


def test_a_folder_that_is_not_there_cannot_be_taken(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FolderLock(tmp_path / "missing").take()
