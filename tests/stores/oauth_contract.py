"""What every OAuthAccounts must do.

A store passes by a class that inherits from OAuthContract and has a fixture `store`: an empty one,
in which the users 1 and 2, `one` and `two`, exist.
"""

import asyncio

from rpcmedia.gallery.model import CatalogConsumer, CatalogToken
from rpcmedia.operations.ports import Consumer, OAuthAccounts, Token

ERP = Consumer("erp", "s1", "ERP", False)


def given(token: str = "t1", **values: object) -> CatalogToken:
    """An access token as a catalog brings it."""
    members = {"secret": "s2", "consumer": "erp", "access": True, "role": "admin", **values}
    return CatalogToken(token, **members)  # type: ignore[arg-type]  # members of many types


def asked(token: str, expires: float, consumer: str = "erp") -> Token:
    """A request token as `initiate` makes it."""
    return Token(token, "s3", consumer, False, "customer", callback="oob", expires=expires)


async def put(store: OAuthAccounts, *tokens: CatalogToken) -> None:
    """Keep two consumers and these tokens."""
    consumers = [CatalogConsumer("erp", "s1", "ERP"), CatalogConsumer("other", "s1")]
    await store.put(consumers, tokens)


class OAuthContract:
    """The whole suite."""

    async def test_an_empty_store_has_nothing(self, store: OAuthAccounts) -> None:
        assert not await store.consumers()
        assert not await store.tokens()
        assert await store.consumer("erp") is None
        assert await store.token("t1") is None
        assert not await store.revoke_consumer("erp")
        assert not await store.revoke_token("t1")

    async def test_consumers_are_kept_as_given_and_found_by_their_exact_key(
        self, store: OAuthAccounts
    ) -> None:
        await put(store)
        other = Consumer("other", "s1", "", False)
        assert list(await store.consumers()) == [ERP, other]
        assert await store.consumer("erp") == ERP
        for key in ("ERP", "erp ", "er", "", "e" * 1000):
            assert await store.consumer(key) is None

    async def test_tokens_are_kept_as_given_and_found_by_their_exact_text(
        self, store: OAuthAccounts
    ) -> None:
        await put(
            store,
            given("t1", permissions=("a", "b")),
            given("t2", user="TWO", revoked=True),
            given("t3", access=False, role="customer", verifier="v"),
        )
        expected = [
            Token("t1", "s2", "erp", True, "admin", permissions=frozenset({"a", "b"})),
            Token("t2", "s2", "erp", True, "admin", user_id=2, revoked=True),
            Token("t3", "s2", "erp", False, "customer", verifier="v"),
        ]
        assert list(await store.tokens()) == expected
        assert [await store.token(text) for text in ("t1", "t2", "t3")] == expected
        for text in ("T1", "t1 ", "t", "", "t" * 1000):
            assert await store.token(text) is None

    async def test_putting_counts_what_it_changes_and_keeps_what_is_not_given(
        self, store: OAuthAccounts
    ) -> None:
        await put(store, given(permissions=("a",)))
        same = CatalogConsumer("erp", None)
        assert await store.put([same], [given(permissions=("a",), secret=None)]) == 0
        await store.revoke_token("t1")
        changed = given(secret=None, permissions=("b",))
        assert await store.put([CatalogConsumer("erp", "new")], [changed]) == 2
        token, consumer = await store.token("t1"), await store.consumer("erp")
        assert consumer == Consumer("erp", "new", "ERP", False)
        assert token == Token(
            "t1", "s2", "erp", True, "admin", permissions=frozenset({"b"}), revoked=True
        )
        assert await store.put([], [given(permissions=("b",), revoked=False)]) == 1

    async def test_a_changed_consumer_keeps_its_tokens(self, store: OAuthAccounts) -> None:
        await put(store, given())
        await store.put([CatalogConsumer("erp", "another", "Name")], [])
        assert await store.token("t1")

    async def test_what_is_revoked_is_kept_as_such(self, store: OAuthAccounts) -> None:
        await put(store, given("t1"), given("t2"))
        for _ in range(2):
            assert await store.revoke_consumer("erp")
            assert await store.revoke_token("t1")
        assert [c.revoked for c in await store.consumers()] == [True, False]
        assert [t.revoked for t in await store.tokens()] == [True, False]

    async def test_a_request_token_is_allowed_once(self, store: OAuthAccounts) -> None:
        await put(store, given("t2"))
        request = asked("t1", 100.0)
        await store.add_request(request, 10.0, 5)
        assert await store.token("t1") == request
        answers = [store.allow("t1", f"v{number}", 1) for number in range(4)]
        assert sorted(await asyncio.gather(*answers)) == [False, False, False, True]
        allowed = await store.token("t1")
        assert allowed
        assert allowed.verifier
        assert (allowed.role, allowed.user_id, allowed.access) == ("admin", 1, False)
        # Access tokens are not there to be allowed, and others are not there at all.
        assert not await store.allow("t2", "v", 1)
        assert not await store.allow("t3", "v", 1)

    async def test_a_revoked_request_token_is_not_allowed(self, store: OAuthAccounts) -> None:
        await put(store)
        await store.add_request(asked("t1", 100.0), 10.0, 5)
        await store.revoke_token("t1")
        assert not await store.allow("t1", "v", 1)
        token = await store.token("t1")
        assert token
        assert token.verifier is None

    async def test_a_request_token_is_changed_once(self, store: OAuthAccounts) -> None:
        await put(store, given("t9"))
        await store.add_request(asked("t1", 100.0), 10.0, 5)
        new = [
            Token(f"a{number}", "s", "erp", True, "admin", permissions=frozenset({"x"}))
            for number in range(4)
        ]
        outcomes = await asyncio.gather(*(store.change("t1", token) for token in new))
        assert sorted(outcomes) == [False, False, False, True]
        assert [await store.token(t.token) for t in new] == [
            token if kept else None for token, kept in zip(new, outcomes, strict=True)
        ]
        request = await store.token("t1")
        assert request
        assert request.revoked
        assert not await store.change("t9", Token("b", "s", "erp", True, "admin"))
        assert not await store.change("t0", Token("b", "s", "erp", True, "admin"))
        assert await store.token("b") is None

    async def test_a_request_token_that_is_known_is_left_as_it_is(
        self, store: OAuthAccounts
    ) -> None:
        request = given("t1", access=False, role="customer")
        await put(store, request)
        await store.allow("t1", "v", 2)
        before = await store.token("t1")
        assert await store.put([], [request]) == 0
        assert await store.token("t1") == before

    async def test_a_new_request_forgets_those_that_expired_and_the_oldest_of_too_many(
        self, store: OAuthAccounts
    ) -> None:
        await put(store, given("t1"), given("t2", access=False))
        await store.add_request(asked("foreign", 11.0, "other"), 10.0, 3)
        for number in range(6):
            await store.add_request(asked(f"r{number}", 20.0 + number), 10.0, 3)
        kept = {"foreign", "t1", "t2"}
        assert {t.token for t in await store.tokens()} == {"r3", "r4", "r5", *kept}
        await store.add_request(asked("last", 99.0), 24.5, 3)
        assert {t.token for t in await store.tokens()} == {"last", "r5", *kept}

    async def test_the_newest_of_too_many_stays_though_the_clock_stands_still(
        self, store: OAuthAccounts
    ) -> None:
        await put(store)
        for name in ("a", "z", "b"):
            await store.add_request(asked(name, 20.0), 10.0, 1)
            assert [t.token for t in await store.tokens()] == [name]

    async def test_a_nonce_is_used_once_until_its_time_is_over(self, store: OAuthAccounts) -> None:
        assert await store.use_nonce(b"1", 20.0, 10.0)
        assert await store.use_nonce(b"2", 90.0, 10.0)
        assert not await store.use_nonce(b"1", 20.0, 20.0)
        assert not await store.use_nonce(b"1", 99.0, 20.0)
        assert await store.use_nonce(b"1", 99.0, 20.5)
        assert not await store.use_nonce(b"2", 90.0, 20.5)

    async def test_of_many_that_use_a_nonce_at_once_one_may(self, store: OAuthAccounts) -> None:
        outcomes = await asyncio.gather(*(store.use_nonce(b"1", 20.0, 10.0) for _ in range(20)))
        assert sorted(outcomes) == [False] * 19 + [True]

    async def test_forgotten_nonces_may_be_used_again(self, store: OAuthAccounts) -> None:
        await store.forget_nonces()
        await store.use_nonce(b"1", 20.0, 10.0)
        await store.forget_nonces()
        assert await store.use_nonce(b"1", 20.0, 10.0)
