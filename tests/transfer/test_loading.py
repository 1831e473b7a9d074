"""Loading a catalog file into a data folder: again and again, and never by halves."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rpcmedia import wiring
from rpcmedia.gallery.model import CatalogProduct
from rpcmedia.wiring import CannotStart, Folder
from tests.support.server import CATALOG


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Folder]:
    async with wiring.open_folder(tmp_path / "data", ephemeral=True) as opened:
        yield opened


async def load(folder: Folder, tmp_path: Path, content: Any) -> int:
    """Load a catalog from a file; how much it changed."""
    path = tmp_path / "catalog.json"
    _write(path, json.dumps(content))
    return await wiring.load_catalog(folder, path)


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


USER = {"username": "apiuser", "permissions": ["all"]}
BASE = {
    "attribute_sets": [{"id": 4, "name": "Default", "image_types": [{"code": "image"}]}],
    "products": [{"id": 1, "sku": "product1", "attribute_set_id": 4}],
    "users": [{**USER, "key": "apikey123"}],
}


async def test_a_second_load_changes_nothing(folder: Folder) -> None:
    assert await wiring.load_catalog(folder, CATALOG) > 0
    before = await wiring.show_catalog(folder)
    users = await folder.accounts.users()
    assert await wiring.load_catalog(folder, CATALOG) == 0
    assert await wiring.show_catalog(folder) == before
    assert await folder.accounts.users() == users


async def test_what_a_folder_shows_can_be_loaded_into_it_without_a_change(
    folder: Folder, tmp_path: Path
) -> None:
    await wiring.load_catalog(folder, CATALOG)
    shown = await wiring.show_catalog(folder)
    # Keys are not shown, and users who exist keep theirs.
    assert await load(folder, tmp_path, json.loads(shown)) == 0
    user = await folder.accounts.user_by_name("apiuser")
    assert await folder.keys.is_right(user, "apikey123")


async def test_a_catalog_is_shown_as_it_was_loaded(folder: Folder) -> None:
    await wiring.load_catalog(folder, CATALOG)
    expected = json.loads(CATALOG.read_text("utf-8"))
    shown = json.loads(await wiring.show_catalog(folder))
    assert shown["store_views"] == expected["store_views"]
    assert shown["attribute_sets"] == expected["attribute_sets"]
    assert shown["products"] == expected["products"]
    assert [user["username"] for user in shown["users"]] == sorted(
        user["username"] for user in expected["users"]
    )
    assert {user["username"]: user["active"] for user in shown["users"]} == {
        user["username"]: user.get("active", True) for user in expected["users"]
    }


async def test_a_catalog_adds_and_changes_and_removes_nothing(
    folder: Folder, tmp_path: Path
) -> None:
    await load(folder, tmp_path, BASE)
    more = {"products": [{"id": 2, "sku": "product2", "attribute_set_id": 4}]}
    assert await load(folder, tmp_path, more) == 1
    assert await load(folder, tmp_path, {}) == 0
    catalog = await folder.rows.catalog()
    assert list(catalog.products) == [
        CatalogProduct(1, "product1", 4),
        CatalogProduct(2, "product2", 4),
    ]
    assert len(await folder.accounts.users()) == 1


async def test_a_changed_key_is_the_only_right_one(folder: Folder, tmp_path: Path) -> None:
    await load(folder, tmp_path, BASE)
    assert await load(folder, tmp_path, {"users": [{**USER, "key": "new key"}]}) == 1
    user = await folder.accounts.user_by_name("apiuser")
    assert await folder.keys.is_right(user, "new key")
    assert not await folder.keys.is_right(user, "apikey123")


async def test_a_user_without_a_key_keeps_the_key_and_gets_the_permissions(
    folder: Folder, tmp_path: Path
) -> None:
    await load(folder, tmp_path, BASE)
    assert await load(folder, tmp_path, {"users": [{**USER, "permissions": ["x"]}]}) == 1
    user = await folder.accounts.user_by_name("apiuser")
    assert user
    assert user.permissions == frozenset({"x"})
    assert await folder.keys.is_right(user, "apikey123")


async def test_a_catalog_that_does_not_say_so_lets_nobody_in_again(
    folder: Folder, tmp_path: Path
) -> None:
    await load(folder, tmp_path, BASE)
    await folder.accounts.set_active("apiuser", False)
    assert await load(folder, tmp_path, BASE) == 0
    user = await folder.accounts.user_by_name("apiuser")
    assert user
    assert not user.active
    await load(folder, tmp_path, {"users": [{**USER, "active": True}]})
    user = await folder.accounts.user_by_name("apiuser")
    assert user
    assert user.active


async def test_a_new_user_without_a_key_is_refused_and_nothing_is_kept(
    folder: Folder, tmp_path: Path
) -> None:
    before = await wiring.show_catalog(folder)
    with pytest.raises(CannotStart, match="'apiuser' is new and needs a key"):
        await load(folder, tmp_path, {**BASE, "users": [{**USER}]})
    assert await wiring.show_catalog(folder) == before


CONTRADICTIONS = {
    "sku taken": ({"products": [{"id": 7, "sku": "product1", "attribute_set_id": 4}]}, "product1"),
    "sku taken but for case": (
        {"products": [{"id": 7, "sku": "PRODUCT1 ", "attribute_set_id": 4}]},
        "PRODUCT1",
    ),
    "no such attribute set": (
        {"products": [{"id": 7, "sku": "seven", "attribute_set_id": 77}]},
        "77",
    ),
    "code taken": ({"store_views": [{"id": 5, "code": "admin"}]}, "admin"),
}


@pytest.mark.parametrize("kind", CONTRADICTIONS)
async def test_a_catalog_that_contradicts_the_folder_is_refused_and_nothing_is_kept(
    folder: Folder, tmp_path: Path, kind: str
) -> None:
    await load(folder, tmp_path, BASE)
    before = await wiring.show_catalog(folder)
    new = {"base_url": "http://new.example", "users": [{**USER, "key": "new key"}]}
    with pytest.raises(CannotStart):
        await load(folder, tmp_path, {**new, **CONTRADICTIONS[kind][0]})
    assert await wiring.show_catalog(folder) == before
    user = await folder.accounts.user_by_name("apiuser")
    assert await folder.keys.is_right(user, "apikey123")


@pytest.mark.parametrize("kind", CONTRADICTIONS)
async def test_a_contradiction_is_told_in_words_of_the_catalog(
    folder: Folder, tmp_path: Path, kind: str
) -> None:
    await load(folder, tmp_path, BASE)
    content, words = CONTRADICTIONS[kind]
    with pytest.raises(CannotStart) as refused:
        await load(folder, tmp_path, content)
    assert words in str(refused.value)


async def test_a_file_that_is_refused_changes_nothing(folder: Folder, tmp_path: Path) -> None:
    await load(folder, tmp_path, BASE)
    before = await wiring.show_catalog(folder)
    wrong = {"base_url": "http://new.example", "products": [{"id": 2, "sku": "b"}]}
    with pytest.raises(CannotStart, match="attribute_set_id"):
        await load(folder, tmp_path, wrong)
    assert await wiring.show_catalog(folder) == before


CONSUMER = {"key": "c1", "secret": "topsecret1"}
TOKEN = {
    "token": "t1",
    "secret": "topsecret2",
    "consumer": "c1",
    "kind": "access",
    "role": "admin",
    "user": "APIUSER",
}
SIGNING = {**BASE, "oauth": {"consumers": [CONSUMER], "tokens": [TOKEN]}}


async def test_credentials_of_oauth_are_loaded_once_and_shown_without_secrets(
    folder: Folder, tmp_path: Path
) -> None:
    request = {**TOKEN, "token": "t2", "kind": "request", "user": None, "role": None}
    content = {**SIGNING, "oauth": {"consumers": [CONSUMER], "tokens": [TOKEN, request]}}
    await load(folder, tmp_path, content)
    assert await load(folder, tmp_path, content) == 0

    shown = await wiring.show_catalog(folder)

    assert "topsecret" not in shown
    assert json.loads(shown)["oauth"] == {
        "consumers": [{"key": "c1", "name": "", "revoked": False}],
        "tokens": [
            {
                "token": "t1",
                "consumer": "c1",
                "kind": "access",
                "role": "admin",
                "user": "apiuser",
                "revoked": False,
            }
        ],
    }
    # Whoever exists keeps the secret.
    assert await load(folder, tmp_path, json.loads(shown)) == 0
    token = await folder.oauth.token("t1")
    assert token
    assert token.secret == "topsecret2"


@pytest.mark.parametrize(
    ("oauth", "reason"),
    [
        ({"consumers": [{"key": "c2"}]}, "OAuth consumer 'c2' is new and needs a secret"),
        ({"tokens": [{**TOKEN, "secret": None}]}, "OAuth token 't1' is new and needs a secret"),
        ({"tokens": [TOKEN]}, "OAuth token 't1': there is no consumer 'c1'"),
        (
            {"consumers": [CONSUMER], "tokens": [{**TOKEN, "user": "other"}]},
            "OAuth token 't1': there is no user 'other'",
        ),
    ],
)
async def test_credentials_that_lack_something_are_refused_and_nothing_is_kept(
    folder: Folder, tmp_path: Path, oauth: Any, reason: str
) -> None:
    before = await wiring.show_catalog(folder)
    with pytest.raises(CannotStart, match=reason):
        await load(folder, tmp_path, {**BASE, "oauth": oauth})
    assert await wiring.show_catalog(folder) == before


async def test_a_catalog_that_does_not_say_so_brings_nothing_back_that_was_revoked(
    folder: Folder, tmp_path: Path
) -> None:
    await load(folder, tmp_path, SIGNING)
    await folder.oauth.revoke_token("t1")
    await folder.oauth.revoke_consumer("c1")
    assert await load(folder, tmp_path, SIGNING) == 0
    consumer, token = await folder.oauth.consumer("c1"), await folder.oauth.token("t1")
    assert consumer
    assert token
    assert (consumer.revoked, token.revoked) == (True, True)


async def test_a_catalog_changes_secrets_roles_and_permissions(
    folder: Folder, tmp_path: Path
) -> None:
    await load(folder, tmp_path, SIGNING)
    changed = {**TOKEN, "secret": "another", "user": None, "permissions": ["x"]}
    oauth = {"consumers": [{**CONSUMER, "name": "ERP"}], "tokens": [changed]}
    assert await load(folder, tmp_path, {"oauth": oauth}) == 2
    consumer, token = await folder.oauth.consumer("c1"), await folder.oauth.token("t1")
    assert consumer
    assert token
    assert (consumer.name, consumer.secret) == ("ERP", "topsecret1")
    assert (token.secret, token.permissions, token.user_id) == ("another", frozenset({"x"}), None)
