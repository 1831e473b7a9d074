"""Catalog files: what they may hold, refusals that name the place, and the way back to a file."""

import json
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rpcmedia.gallery.model import (
    AttributeSet,
    Catalog,
    CatalogConsumer,
    CatalogProduct,
    CatalogToken,
    CatalogUser,
    ImageType,
    StoreView,
)
from rpcmedia.gallery.ports import CatalogRefused
from rpcmedia.transfer.catalog_file import read_catalog, write_catalog

SET = {"id": 4, "name": "Default"}
ADMIN = {"token": "t1", "consumer": "c1", "kind": "access", "role": "admin"}
CUSTOMER = {**ADMIN, "role": "customer"}
REQUEST = {"token": "t4", "consumer": "c1", "kind": "request"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.json"


def put(path: Path, content: Any) -> Path:
    """The file with this content: bytes as they are, anything else as JSON."""
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_a_whole_file_is_read(path: Path) -> None:
    content = {
        "base_url": "https://shop.example",
        "store_views": [{"id": 0, "code": "admin"}, {"id": 2, "code": "german"}],
        "attribute_sets": [
            {
                "id": 4,
                "name": "Default",
                "gallery": False,
                "image_types": [{"code": "image", "scope": "global"}, {"code": "thumbnail"}],
            }
        ],
        "products": [{"id": 1, "sku": "ürün 1", "attribute_set_id": 4}],
        "users": [
            {"username": "a", "key": "secret", "permissions": ["all", "x"], "active": False},
            {"username": "b", "permissions": []},
        ],
        "oauth": {
            "consumers": [
                {"key": "c1", "secret": "s1", "name": "ERP"},
                {"key": "c2", "revoked": True},
            ],
            "tokens": [
                {**ADMIN, "secret": "s2", "permissions": ["all"], "revoked": False},
                {"token": "t2", "consumer": "c1", "kind": "access", "role": "customer"},
                {**ADMIN, "token": "t3", "user": "a"},
                {**REQUEST, "authorized": True, "verifier": "v"},
            ],
        },
    }
    assert read_catalog(put(path, content)) == Catalog(
        base_url="https://shop.example",
        store_views=[StoreView(0, "admin"), StoreView(2, "german")],
        attribute_sets=[
            AttributeSet(
                4, "Default", False, (ImageType("image", "global"), ImageType("thumbnail", "store"))
            )
        ],
        products=[CatalogProduct(1, "ürün 1", 4)],
        users=[
            CatalogUser("a", "secret", ("all", "x"), False),
            CatalogUser("b", None, (), None),
        ],
        consumers=[
            CatalogConsumer("c1", "s1", "ERP", None),
            CatalogConsumer("c2", None, None, True),
        ],
        tokens=[
            CatalogToken("t1", "s2", "c1", True, "admin", ("all",), revoked=False),
            CatalogToken("t2", None, "c1", True, "customer"),
            CatalogToken("t3", None, "c1", True, "admin", user="a"),
            CatalogToken("t4", None, "c1", False, "customer", verifier="v"),
        ],
    )


def test_everything_may_be_left_out(path: Path) -> None:
    assert read_catalog(put(path, {})) == Catalog(
        base_url=None,
        store_views=[],
        attribute_sets=[],
        products=[],
        users=[],
        consumers=[],
        tokens=[],
    )
    (attribute_set,) = read_catalog(put(path, {"attribute_sets": [SET]})).attribute_sets
    assert attribute_set == AttributeSet(4, "Default", True, ())


@pytest.mark.parametrize(
    ("content", "place"),
    [
        # What is no catalog at all.
        (b"", "Input data was truncated"),
        (b"{", "Input data was truncated"),
        (b"{,}", "byte 1"),
        (b'{"base_url": "\xff"}', "utf-8"),
        ([], "Expected `object`, got `array`"),
        (None, "Expected `object`, got `null`"),
        # Members of a wrong type, or not there.
        ({"base_url": 1}, "$.base_url"),
        ({"products": {}}, "$.products"),
        (
            {"store_views": [{"id": 1, "code": "a"}, {"id": "2", "code": "b"}]},
            "$.store_views[1].id",
        ),
        ({"store_views": [{"id": 1}]}, "`code` - at `$.store_views[0]`"),
        ({"attribute_sets": [{"id": 4}]}, "`name` - at `$.attribute_sets[0]`"),
        ({"attribute_sets": [{**SET, "gallery": 1}]}, "$.attribute_sets[0].gallery"),
        (
            {"attribute_sets": [{**SET, "image_types": ["image"]}]},
            "$.attribute_sets[0].image_types[0]",
        ),
        ({"products": [{"id": 1, "sku": "a"}]}, "`attribute_set_id` - at `$.products[0]`"),
        ({"products": [{"id": 1.5, "sku": "a", "attribute_set_id": 4}]}, "$.products[0].id"),
        ({"products": [{"id": 1, "sku": 5, "attribute_set_id": 4}]}, "$.products[0].sku"),
        ({"users": [{"username": "a"}]}, "`permissions` - at `$.users[0]`"),
        ({"users": [{"username": "a", "permissions": "all"}]}, "$.users[0].permissions"),
        # Numbers that cannot be an id.
        ({"products": [{"id": 0, "sku": "a", "attribute_set_id": 4}]}, "products[0].id"),
        ({"products": [{"id": -1, "sku": "a", "attribute_set_id": 4}]}, "products[0].id"),
        ({"products": [{"id": 2**63, "sku": "a", "attribute_set_id": 4}]}, "products[0].id"),
        ({"store_views": [{"id": 2**63, "code": "a"}]}, "store_views[0].id"),
        ({"attribute_sets": [{"id": 2**63, "name": "a"}]}, "attribute_sets[0].id"),
        # Texts that are empty.
        ({"products": [{"id": 1, "sku": "", "attribute_set_id": 4}]}, "products[0].sku"),
        ({"products": [{"id": 1, "sku": "  ", "attribute_set_id": 4}]}, "products[0].sku"),
        ({"users": [{"username": "", "permissions": []}]}, "users[0]"),
        ({"users": [{"username": "a", "key": "", "permissions": []}]}, "users[0]"),
        # What is there twice.
        ({"store_views": [{"id": 1, "code": "a"}, {"id": 1, "code": "b"}]}, "store_views[1].id 1"),
        (
            {"store_views": [{"id": 1, "code": "a"}, {"id": 2, "code": "a"}]},
            "store_views[1].code 'a'",
        ),
        ({"attribute_sets": [SET, SET]}, "attribute_sets[1].id 4"),
        (
            {"attribute_sets": [{**SET, "image_types": [{"code": "a"}, {"code": "a"}]}]},
            "attribute_sets[0].image_types[1].code 'a'",
        ),
        (
            {
                "products": [
                    {"id": 1, "sku": "a", "attribute_set_id": 4},
                    {"id": 1, "sku": "b", "attribute_set_id": 4},
                ]
            },
            "products[1].id 1",
        ),
        (
            {
                "products": [
                    {"id": 1, "sku": "a", "attribute_set_id": 4},
                    {"id": 2, "sku": "a", "attribute_set_id": 4},
                ]
            },
            "products[1].sku 'a'",
        ),
        (
            # A SKU is the same without its case and trailing spaces.
            {
                "products": [
                    {"id": 1, "sku": "Sku", "attribute_set_id": 4},
                    {"id": 2, "sku": "sKU ", "attribute_set_id": 4},
                ]
            },
            "products[1].sku",
        ),
        (
            {
                "users": [
                    {"username": "Admin", "permissions": []},
                    {"username": "admin", "permissions": []},
                ]
            },
            "users[1].username",
        ),
        # Credentials of OAuth.
        ({"oauth": []}, "$.oauth"),
        ({"oauth": {"consumers": [{"secret": "s"}]}}, "`key` - at `$.oauth.consumers[0]`"),
        ({"oauth": {"consumers": [{"key": "k" * 256}]}}, "<= 255 - at `$.oauth.consumers[0].key`"),
        ({"oauth": {"consumers": [{"key": "", "secret": "s"}]}}, "oauth.consumers[0]"),
        ({"oauth": {"consumers": [{"key": "c", "secret": ""}]}}, "oauth.consumers[0]"),
        ({"oauth": {"consumers": [{"key": "c"}, {"key": "c"}]}}, "oauth.consumers[1].key 'c'"),
        ({"oauth": {"tokens": [CUSTOMER, CUSTOMER]}}, "oauth.tokens[1].token 't1'"),
        ({"oauth": {"tokens": [{**CUSTOMER, "token": ""}]}}, "oauth.tokens[0]"),
        ({"oauth": {"tokens": [{**CUSTOMER, "secret": ""}]}}, "oauth.tokens[0]"),
        ({"oauth": {"tokens": [{**CUSTOMER, "kind": "other"}]}}, "$.oauth.tokens[0].kind"),
        ({"oauth": {"tokens": [{**CUSTOMER, "role": "guest"}]}}, "$.oauth.tokens[0].role"),
        ({"oauth": {"tokens": [{**CUSTOMER, "role": None}]}}, "needs a role"),
        ({"oauth": {"tokens": [{**CUSTOMER, "permissions": ["all"]}]}}, "not an admin's"),
        ({"oauth": {"tokens": [{**CUSTOMER, "user": "a"}]}}, "not an admin's"),
        ({"oauth": {"tokens": [ADMIN]}}, "needs permissions"),
        ({"oauth": {"tokens": [{**ADMIN, "user": "a", "permissions": []}]}}, "oauth.tokens[0]"),
        ({"oauth": {"tokens": [{**REQUEST, "authorized": True}]}}, "needs a verifier"),
        ({"oauth": {"tokens": [{**REQUEST, "verifier": "v"}]}}, "has a verifier"),
        (
            {"oauth": {"tokens": [{**CUSTOMER, "authorized": True, "verifier": "v"}]}},
            "has a verifier",
        ),
        ({"oauth": {"tokens": [{**CUSTOMER, "authorized": True}]}}, "needs a verifier"),
    ],
)
def test_a_refusal_names_the_file_and_the_place(path: Path, content: Any, place: str) -> None:
    with pytest.raises(CatalogRefused) as refused:
        read_catalog(put(path, content))
    assert str(path) in str(refused.value)
    assert place in str(refused.value)


def test_a_refusal_shows_no_key(path: Path) -> None:
    user = {"username": "a", "key": "topsecret", "permissions": []}
    for content in (
        {"users": [user, user]},
        {"users": [{**user, "username": ""}]},
        {"users": [{**user, "permissions": None}]},
        {"users": [{**user, "key": ["topsecret"]}]},
    ):
        with pytest.raises(CatalogRefused) as refused:
            read_catalog(put(path, content))
        assert "topsecret" not in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogRefused, match="No such file or directory"):
        read_catalog(tmp_path / "missing.json")
    with pytest.raises(CatalogRefused, match="Is a directory"):
        read_catalog(tmp_path)


words = st.text(string.ascii_letters + "äß日🙂 _-'\"\\/<>&", min_size=1, max_size=8).filter(
    str.strip
)
codes = words.map(lambda code: ImageType(code, "store")) | words.map(
    lambda code: ImageType(code, "global")
)
catalogs = st.builds(
    Catalog,
    base_url=st.none() | words,
    store_views=st.lists(
        st.builds(StoreView, st.integers(0, 99), words),
        unique_by=(lambda view: view.id, lambda view: view.code),
        max_size=4,
    ),
    attribute_sets=st.lists(
        st.builds(
            AttributeSet,
            st.integers(1, 99),
            words,
            st.booleans(),
            st.lists(codes, unique_by=lambda code: code.code, max_size=3).map(tuple),
        ),
        unique_by=lambda attribute_set: attribute_set.id,
        max_size=3,
    ),
    products=st.lists(
        st.builds(
            CatalogProduct, st.integers(1, 2**63 - 1), words, st.integers(1, 99), st.booleans()
        ),
        unique_by=(
            lambda product: product.id,
            lambda product: product.sku.rstrip(" ").casefold(),
        ),
        max_size=4,
    ),
    users=st.lists(
        st.builds(
            CatalogUser,
            words,
            st.none(),
            st.lists(words, unique=True, max_size=3).map(sorted).map(tuple),
            st.booleans(),
        ),
        unique_by=lambda user: user.username.casefold(),
        max_size=3,
    ),
    consumers=st.lists(
        st.builds(CatalogConsumer, words, st.none(), words, st.booleans()),
        unique_by=lambda consumer: consumer.key,
        max_size=2,
    ),
    tokens=st.lists(
        st.builds(CatalogToken, words, st.none(), words, st.just(True), st.just("customer"))
        | st.builds(
            CatalogToken,
            words,
            st.none(),
            words,
            st.just(True),
            st.just("admin"),
            st.lists(words, unique=True, max_size=3).map(sorted).map(tuple),
            revoked=st.booleans(),
        )
        | st.builds(
            CatalogToken, words, st.none(), words, st.just(True), st.just("admin"), user=words
        ),
        unique_by=lambda token: token.token,
        max_size=3,
    ),
)


@given(catalogs)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_catalog_survives_the_way_to_a_file_and_back(path: Path, catalog: Catalog) -> None:
    assert read_catalog(put(path, write_catalog(catalog).encode())) == catalog


def test_keys_do_not_go_to_a_file(path: Path) -> None:
    catalog = Catalog(users=[CatalogUser("a", "topsecret", ("all",), True)])
    text = write_catalog(catalog)
    assert "topsecret" not in text
    assert "key" not in text
    (user,) = read_catalog(put(path, text.encode())).users
    assert user == CatalogUser("a", None, ("all",), True)


def test_secrets_of_oauth_do_not_go_to_a_file(path: Path) -> None:
    consumer = CatalogConsumer("c1", "topsecret", "ERP", False)
    token = CatalogToken("t1", "topsecret", "c1", True, "admin", ("all",))
    text = write_catalog(Catalog(consumers=[consumer], tokens=[token]))
    assert "secret" not in text
    read = read_catalog(put(path, text.encode()))
    assert read.consumers == [CatalogConsumer("c1", None, "ERP", False)]
    assert read.tokens == [CatalogToken("t1", None, "c1", True, "admin", ("all",))]


def test_a_written_file_is_for_people_to_read_and_compare(path: Path) -> None:
    text = write_catalog(Catalog(store_views=[StoreView(1, "ürün")], base_url=None))
    assert "ürün" in text
    assert len(text.splitlines()) > 5
    assert "base_url" not in json.loads(text)
