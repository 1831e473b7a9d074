"""API keys: right, wrong, remembered, changed."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace

import pytest

from rpcmedia.operations.keys import Keys
from rpcmedia.operations.ports import User

SECRET = b"s" * 32


@pytest.fixture
def keys() -> Iterator[Keys]:
    made = Keys(SECRET, cheap=True)
    yield made
    made.close()


async def user_with(keys: Keys, key: str) -> User:
    """A user as a store keeps it."""
    return User(1, "apiuser", await keys.hash(key), keys.index(key), True, frozenset({"all"}))


@pytest.mark.parametrize("key", ["apikey123", "", "ключ", "🙂", "a" * 1000, "\ud800"])
async def test_the_users_key_is_right(keys: Keys, key: str) -> None:
    assert await keys.is_right(await user_with(keys, key), key)


@pytest.mark.parametrize("key", ["", "apikey12", "apikey1234", "APIKEY123", " apikey123", "0"])
async def test_any_other_key_is_wrong_also_after_the_right_one(keys: Keys, key: str) -> None:
    user = await user_with(keys, "apikey123")
    assert not await keys.is_right(user, key)
    assert await keys.is_right(user, "apikey123")
    assert not await keys.is_right(user, key)


async def test_every_key_is_wrong_for_a_user_who_does_not_exist(keys: Keys) -> None:
    for key in ("apikey123", "nobody's key", ""):
        assert not await keys.is_right(None, key)


async def test_a_key_that_was_right_is_not_hashed_again(keys: Keys) -> None:
    user = await user_with(keys, "apikey123")
    assert await keys.is_right(user, "apikey123")
    keys.close()
    # Without its threads nothing can be hashed any more: only what is remembered can be right.
    assert await keys.is_right(user, "apikey123")
    with pytest.raises(RuntimeError):
        await keys.is_right(user, "wrong")


async def test_a_wrong_key_is_not_remembered_as_right(keys: Keys) -> None:
    user = await user_with(keys, "apikey123")
    for _ in range(3):
        assert not await keys.is_right(user, "guess")


async def test_after_a_change_only_the_new_key_is_right(keys: Keys) -> None:
    user = await user_with(keys, "old key")
    assert await keys.is_right(user, "old key")
    changed = replace(user, key_hash=await keys.hash("new key"), key_index=keys.index("new key"))
    assert not await keys.is_right(changed, "old key")
    assert await keys.is_right(changed, "new key")


async def test_what_is_remembered_of_one_user_lets_no_other_in(keys: Keys) -> None:
    first = await user_with(keys, "first key")
    second = replace(await user_with(keys, "second key"), id=2, username="second")
    assert await keys.is_right(first, "first key")
    assert not await keys.is_right(second, "first key")


@pytest.mark.parametrize("key_hash", ["", "plain text", "$argon2id$v=19$broken"])
async def test_a_damaged_hash_lets_nobody_in(keys: Keys, key_hash: str) -> None:
    user = replace(await user_with(keys, "apikey123"), key_hash=key_hash)
    assert not await keys.is_right(user, "apikey123")
    assert not await keys.is_right(user, key_hash)


async def test_hashes_are_argon2id_and_differ_for_equal_keys(keys: Keys) -> None:
    first, second = await keys.hash("apikey123"), await keys.hash("apikey123")
    assert first.startswith("$argon2id$")
    assert first != second
    assert "apikey123" not in first


async def test_without_cheap_the_hash_takes_at_least_64_mib() -> None:
    keys = Keys(SECRET)
    try:
        _, _, _, parameters, *_ = (await keys.hash("apikey123")).split("$")
        memory = dict(parameter.split("=") for parameter in parameters.split(","))["m"]
        assert int(memory) >= 64 * 1024
    finally:
        keys.close()


def test_the_index_is_an_hmac_with_the_secret_of_the_folder(keys: Keys) -> None:
    expected = hmac.new(SECRET, b"apikey123", hashlib.sha256).hexdigest()
    assert keys.index("apikey123") == expected
    other = Keys(b"t" * 32, cheap=True)
    assert other.index("apikey123") != expected
    other.close()
