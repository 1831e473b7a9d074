"""What every Accounts must do.

A store passes by a class that inherits from AccountsContract and has a fixture `accounts`: an empty
store.
"""

import asyncio
from dataclasses import replace

import pytest

from rpcmedia.operations.ports import Accounts, Session, User

ALL = frozenset({"all"})


async def put(accounts: Accounts, username: str = "apiuser") -> User:
    """A user with all permissions, as the store then knows the user."""
    await accounts.put_user(username, "hash of key", "index of key", ["all"], True)
    user = await accounts.user_by_name(username)
    assert user
    return user


class AccountsContract:
    """The whole suite."""

    async def test_an_empty_store_has_no_users_and_no_sessions(self, accounts: Accounts) -> None:
        assert list(await accounts.users()) == []
        assert await accounts.user(1) is None
        assert await accounts.user_by_name("apiuser") is None
        assert await accounts.session("00" * 32) is None

    async def test_the_secret_of_the_folder_is_32_bytes_and_stays(self, accounts: Accounts) -> None:
        secret = await accounts.folder_secret()
        assert len(secret) == 32
        assert len(set(secret)) > 1
        await put(accounts)
        assert await accounts.folder_secret() == secret

    async def test_a_user_is_kept_as_given(self, accounts: Accounts) -> None:
        await accounts.put_user("ApiUser", "hash", "index", ["a/b", "c", "a/b"], False)
        user = await accounts.user_by_name("ApiUser")
        assert user
        assert user == User(user.id, "ApiUser", "hash", "index", False, frozenset({"a/b", "c"}))
        assert await accounts.user(user.id) == user
        assert list(await accounts.users()) == [user]

    @pytest.mark.parametrize("name", ["apiuser", "ApiUser", "APIUSER"])
    async def test_the_case_of_a_name_does_not_count(self, accounts: Accounts, name: str) -> None:
        user = await put(accounts, "ApiUser")
        assert await accounts.user_by_name(name) == user
        # The reference's database ignores spaces at the end.
        assert await accounts.user_by_name(f"{name} ") == user
        for other in (" apiuser", "apiuse", "", "api%"):
            assert await accounts.user_by_name(other) is None

    async def test_names_in_other_alphabets_have_no_case_either(self, accounts: Accounts) -> None:
        user = await put(accounts, "Jürgen Ключ")
        assert await accounts.user_by_name("JÜRGEN ключ") == user
        assert await accounts.user_by_name("JURGEN ключ") is None

    async def test_putting_a_user_again_changes_key_permissions_and_activity(
        self, accounts: Accounts
    ) -> None:
        user, other = await put(accounts, "apiuser"), await put(accounts, "other")
        await accounts.put_user("APIUSER", "new hash", "new index", ["b"], False)
        changed = await accounts.user(user.id)
        assert changed
        assert (changed.key_hash, changed.key_index) == ("new hash", "new index")
        assert (changed.permissions, changed.active) == (frozenset({"b"}), False)
        assert await accounts.user(other.id) == other
        assert len(await accounts.users()) == 2

    async def test_a_renewed_hash_of_the_same_key_ends_no_session(self, accounts: Accounts) -> None:
        user, other = await put(accounts, "apiuser"), await put(accounts, "other")
        session = Session(user.id, 1.0, 2.0)
        await accounts.add_session("00" * 32, session, user)
        await accounts.renew_key_hash(user, "harder hash")
        renewed = replace(user, key_hash="harder hash")
        assert await accounts.user_by_name("apiuser") == renewed
        assert await accounts.user(other.id) == other
        assert await accounts.session("00" * 32) == session
        # Whoever saw the old hash comes too late: the key may have changed meanwhile.
        await accounts.renew_key_hash(user, "another hash")
        assert await accounts.user(user.id) == renewed

    async def test_a_user_may_have_no_permission(self, accounts: Accounts) -> None:
        await put(accounts)
        await accounts.put_user("apiuser", "hash", "index", [], True)
        user = await accounts.user_by_name("apiuser")
        assert user
        assert user.permissions == frozenset()

    async def test_users_are_listed_by_name(self, accounts: Accounts) -> None:
        for name in ("b", "C", "a"):
            await put(accounts, name)
        assert [user.username for user in await accounts.users()] == ["a", "b", "C"]

    async def test_two_users_may_have_the_same_key(self, accounts: Accounts) -> None:
        first, second = await put(accounts, "first"), await put(accounts, "second")
        assert first.key_index == second.key_index
        assert first.id != second.id

    async def test_many_users_put_at_once_are_all_kept(self, accounts: Accounts) -> None:
        names = [f"user{number:02}" for number in range(20)]
        await asyncio.gather(*(put(accounts, name) for name in names))
        assert [user.username for user in await accounts.users()] == names

    async def test_a_user_is_kept_out_and_let_in_again(self, accounts: Accounts) -> None:
        user, other = await put(accounts, "apiuser"), await put(accounts, "other")
        for active in (False, False, True):
            assert await accounts.set_active("APIuser", active) is True
            found = await accounts.user(user.id)
            assert found
            assert found.active is active
            assert found.permissions == ALL
        assert await accounts.user(other.id) == other

    async def test_who_was_shut_out_or_given_another_key_meanwhile_gets_no_session(
        self, accounts: Accounts
    ) -> None:
        user = await put(accounts)
        session = Session(user.id, 10.0, 20.0)
        await accounts.renew_key_hash(user, "harder hash")
        assert await accounts.add_session("aa", session, user) is True
        await accounts.set_active("apiuser", False)
        assert await accounts.add_session("bb", session, user) is False
        await accounts.set_active("apiuser", True)
        await accounts.put_user("apiuser", "new hash", "index of another key", ["all"], True)
        assert await accounts.add_session("cc", session, user) is False
        for id_hash in ("bb", "cc"):
            assert await accounts.session(id_hash) is None

    async def test_nobody_is_kept_out_who_does_not_exist(self, accounts: Accounts) -> None:
        assert await accounts.set_active("apiuser", False) is False
        assert list(await accounts.users()) == []

    async def test_a_session_is_found_by_its_hash_alone(self, accounts: Accounts) -> None:
        user = await put(accounts)
        session = Session(user.id, 1000.25, 4600.5)
        await accounts.add_session("ab" * 32, session, user)
        assert await accounts.session("ab" * 32) == session
        for other in ("AB" * 32, "ab" * 31, "", "%"):
            assert await accounts.session(other) is None

    async def test_a_user_may_have_several_sessions(self, accounts: Accounts) -> None:
        user = await put(accounts)
        sessions = {f"{number:064x}": Session(user.id, 10.0, 50.0 + number) for number in range(5)}
        await asyncio.gather(*(accounts.add_session(*entry, user) for entry in sessions.items()))
        for id_hash, session in sessions.items():
            assert await accounts.session(id_hash) == session

    async def test_a_touched_session_has_its_new_times(self, accounts: Accounts) -> None:
        user = await put(accounts)
        await accounts.add_session("aa", Session(user.id, 10.0, 20.0), user)
        await accounts.add_session("bb", Session(user.id, 10.0, 20.0), user)
        await accounts.touch_session("aa", 15.0, 25.0)
        assert await accounts.session("aa") == Session(user.id, 15.0, 25.0)
        assert await accounts.session("bb") == Session(user.id, 10.0, 20.0)

    async def test_touching_no_session_makes_none(self, accounts: Accounts) -> None:
        await accounts.touch_session("aa", 15.0, 25.0)
        assert await accounts.session("aa") is None

    async def test_an_ended_session_is_gone_and_the_others_stay(self, accounts: Accounts) -> None:
        user = await put(accounts)
        await accounts.add_session("aa", Session(user.id, 10.0, 20.0), user)
        await accounts.add_session("bb", Session(user.id, 10.0, 20.0), user)
        for _ in range(2):
            await accounts.end_session("aa")
        assert await accounts.session("aa") is None
        assert await accounts.session("bb") == Session(user.id, 10.0, 20.0)

    async def test_a_new_session_clears_away_those_that_expired_before_it(
        self, accounts: Accounts
    ) -> None:
        user = await put(accounts)
        await accounts.add_session("old", Session(user.id, 10.0, 20.0), user)
        await accounts.add_session("young", Session(user.id, 10.0, 40.0), user)
        # Expired or not: that is for the caller to judge.
        assert await accounts.session("old") == Session(user.id, 10.0, 20.0)
        await accounts.add_session("new", Session(user.id, 30.0, 50.0), user)
        assert await accounts.session("old") is None
        assert await accounts.session("young") == Session(user.id, 10.0, 40.0)
        assert await accounts.session("new") == Session(user.id, 30.0, 50.0)

    async def test_all_sessions_end_at_once_and_users_stay(self, accounts: Accounts) -> None:
        user = await put(accounts)
        await accounts.end_all_sessions()
        for id_hash in ("aa", "bb"):
            await accounts.add_session(id_hash, Session(user.id, 10.0, 20.0), user)
        await accounts.end_all_sessions()
        assert await accounts.session("aa") is None
        assert await accounts.session("bb") is None
        assert list(await accounts.users()) == [user]

    async def test_a_user_with_the_same_key_keeps_sessions(self, accounts: Accounts) -> None:
        user = await put(accounts)
        await accounts.add_session("aa", Session(user.id, 10.0, 20.0), user)
        await put(accounts)
        assert await accounts.session("aa") == Session(user.id, 10.0, 20.0)

    async def test_a_new_key_ends_the_sessions_of_the_old_one(self, accounts: Accounts) -> None:
        user = await put(accounts)
        await accounts.add_session("aa", Session(user.id, 10.0, 20.0), user)
        await accounts.put_user("apiuser", "hash of another", "index", ["all"], True)
        assert await accounts.session("aa") is None

    async def test_who_was_shut_out_must_log_in_again(self, accounts: Accounts) -> None:
        user = await put(accounts)
        await accounts.add_session("aa", Session(user.id, 10.0, 20.0), user)
        await accounts.set_active("apiuser", False)
        await accounts.set_active("apiuser", True)
        assert await accounts.session("aa") is None
