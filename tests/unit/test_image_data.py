"""The data of `create` and `update`: values and files, cast as the reference casts them."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcmedia.gallery.faults import InvalidData
from rpcmedia.gallery.model import ImageValues
from rpcmedia.operations.arguments import (
    create_upload,
    create_values,
    update_upload,
    update_values,
)

HELLO = base64.b64encode(b"hello").decode()
UNCHANGED = ImageValues(label=None, position=None, excluded=None, types=None)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
data_members = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("label", "position", "exclude", "disabled", "types", "file"), anything),
)


@pytest.mark.parametrize("data", [{}, {"position": None, "exclude": None, "types": None}, {"a": 1}])
def test_a_new_image_without_values_is_excluded_and_has_no_label_or_types(data: object) -> None:
    assert create_values(data, 1) == ImageValues(label="", position=None, excluded=1, types=())


def test_the_default_of_exclude_is_the_callers() -> None:
    assert create_values({}, 0).excluded == 0
    assert create_values({"exclude": None}, 0).excluded == 0
    assert create_values({"exclude": 1}, 0).excluded == 1


@pytest.mark.parametrize(
    "data", [{}, {"label": None, "types": None}, {"Label": "x"}, [], None, "x", 1]
)
def test_an_update_without_values_changes_nothing(data: object) -> None:
    assert update_values(data) == UNCHANGED


@pytest.mark.parametrize(
    ("exclude", "kept"),
    [
        (1, 1),
        ("1", 1),
        (True, 1),
        ([1], 1),
        (1.9, 1),
        (0, 0),
        ("0", 0),
        (False, 0),
        ("", 0),
        ("abc", 0),
        ("true", 0),
        ("yes", 0),
        ([], 0),
        (2, 2),
        (-1, 0),
        (65535, 65535),
        (65536, 65535),
        (99999, 65535),
    ],
)
def test_exclude_is_cast_and_clamped_to_sixteen_bits(exclude: object, kept: int) -> None:
    assert create_values({"exclude": exclude}, 1).excluded == kept
    assert update_values({"exclude": exclude}).excluded == kept
    assert update_values({"disabled": exclude}).excluded == kept


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"exclude": 0, "disabled": 1}, 0),
        ({"disabled": 1, "exclude": 0}, 0),
        ({"exclude": None, "disabled": 0}, 0),
    ],
)
def test_exclude_wins_over_disabled(data: object, kept: int) -> None:
    assert create_values(data, 1).excluded == kept


@pytest.mark.parametrize(
    ("position", "kept"),
    [
        ("5", 5),
        ("7abc", 7),
        ("abc", 0),
        ("", 0),
        (-3, 0),
        (1.5, 1),
        ("1e3", 1000),
        (True, 1),
        ([3], 1),
        (4_294_967_295, 4_294_967_295),
        (4_294_967_296, 4_294_967_295),
    ],
)
def test_position_is_cast_and_clamped_to_thirty_two_bits(position: object, kept: int) -> None:
    assert create_values({"position": position}, 1).position == kept
    assert update_values({"position": position}).position == kept


@pytest.mark.parametrize(
    ("label", "kept"),
    [
        ("text", "text"),
        ("", ""),
        (False, ""),
        (True, "1"),
        (5, "5"),
        (1.5, "1.5"),
        ([], "Array"),
        (["a"], "Array"),
        ({"a": 1}, "Array"),
        (" trim me ", " trim me "),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
        ("0", "0"),
        ("x" * 300, "x" * 255),
        ("ü" * 256, "ü" * 255),
        ("🙂" * 256, "🙂" * 255),
        ("ctl\x01\x1f\n", "ctl\x01\x1f\n"),
    ],
)
def test_label_is_cast_and_cut_at_255_characters(label: object, kept: str) -> None:
    assert create_values({"label": label}, 1).label == kept
    assert update_values({"label": label}).label == kept


@pytest.mark.parametrize(
    ("types", "created", "updated"),
    [
        (["image", "thumbnail"], ("image", "thumbnail"), ("image", "thumbnail")),
        ({"a": "image", "b": "thumbnail"}, ("image", "thumbnail"), ("image", "thumbnail")),
        ([], (), ()),
        ({}, (), ()),
        (["image", 1, None, True, ["x"]], ("image",), ("image",)),
        # One code alone works in `create` only; in `update` it says nothing.
        ("image", ("image",), None),
        (5, (), None),
        (True, (), None),
    ],
)
def test_types_are_codes_in_a_list_or_an_object(
    types: object, created: tuple[str, ...], updated: tuple[str, ...] | None
) -> None:
    assert create_values({"types": types}, 1).types == created
    assert update_values({"types": types}).types == updated


@given(data_members)
def test_values_of_any_data_are_within_what_is_kept(data: dict[str, Any]) -> None:
    for values in (create_values(data, 1), update_values(data)):
        assert values.label is None or len(values.label) <= 255
        assert values.position is None or 0 <= values.position <= 4_294_967_295
        assert values.excluded is None or 0 <= values.excluded <= 65_535
        assert values.types is None or all(isinstance(code, str) for code in values.types)


@pytest.mark.parametrize(
    "data",
    [
        None,
        "x",
        [],
        {},
        {"file": None},
        {"file": "x"},
        {"file": []},
        {"file": {}},
        {"file": {"mime": "image/png"}},
        {"file": {"content": HELLO}},
        {"file": {"mime": None, "content": HELLO}},
        {"file": {"mime": "image/png", "content": None}},
    ],
)
async def test_without_a_whole_file_create_is_refused_and_update_keeps_the_old(
    data: object,
) -> None:
    with pytest.raises(InvalidData) as refusal:
        await create_upload(data)
    assert refusal.value.message == "The image is not specified."
    assert await update_upload(data) is None


@pytest.mark.parametrize(
    "mime",
    [
        "image/jpg",
        "image/pjpeg",
        "IMAGE/PNG",
        "image/png; charset=binary",
        " image/png",
        "image/bmp",
        "image/svg+xml",
        "image/tiff",
        "image/avif",
        "text/html",
        "",
        ["image/png"],
        {"image/png": 1},
        1,
        True,
    ],
)
async def test_other_types_are_refused_before_the_content_is_read(mime: object) -> None:
    data = {"file": {"mime": mime, "content": "!!!"}}
    for read in (create_upload, update_upload):
        with pytest.raises(InvalidData) as refusal:
            await read(data)
        assert refusal.value.message == "Invalid image type."


@pytest.mark.parametrize("content", ["", "MA==", " ", "!", "aGVsb", [], {}, ["aGVsbG8="], False, 1])
async def test_content_that_is_no_base64_is_refused_in_words_of_each_operation(
    content: object,
) -> None:
    data = {"file": {"mime": "image/png", "content": content}}
    with pytest.raises(InvalidData) as refusal:
        await create_upload(data)
    assert refusal.value.message == "The image contents is not valid base64 data."
    with pytest.raises(InvalidData) as refusal:
        await update_upload(data)
    assert refusal.value.message == "Image content is not valid base64 data."


@pytest.mark.parametrize("mime", ["image/jpeg", "image/png", "image/gif", "image/webp"])
async def test_a_whole_file_is_read(mime: str) -> None:
    upload = await create_upload({"file": {"mime": mime, "content": HELLO, "name": "photo"}})
    assert (upload.mime, upload.content, upload.name) == (mime, b"hello", "photo")


@pytest.mark.parametrize(
    ("name", "wished"),
    [
        (None, ""),
        ("", ""),
        ("0", ""),
        (0, ""),
        (False, ""),
        ([], ""),
        ({}, ""),
        (True, "1"),
        (5, "5"),
        (1.5, "1.5"),
        (["a"], "Array"),
        ({"a": 1}, "Array"),
    ],
)
async def test_the_wished_name_is_cast(name: object, wished: str) -> None:
    upload = await create_upload({"file": {"mime": "image/png", "content": HELLO, "name": name}})
    assert upload.name == wished


async def test_an_update_ignores_the_wished_name() -> None:
    data = {"file": {"mime": "image/png", "content": HELLO, "name": "other"}}
    upload = await update_upload(data)
    assert upload
    assert (upload.mime, upload.content, upload.name) == ("image/png", b"hello", "")


@pytest.mark.parametrize("size", [1_000, 300_000, 1_000_000])
async def test_content_of_any_size_is_read_whole(size: int) -> None:
    content = bytes(range(256)) * (size // 256)
    text = base64.encodebytes(content).decode()
    upload = await create_upload({"file": {"mime": "image/png", "content": text}})
    assert upload.content == content
    with pytest.raises(InvalidData):
        await create_upload({"file": {"mime": "image/png", "content": f"{text}!"}})
