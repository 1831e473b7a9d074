"""Arguments of operations: from what a client sent to names, uploads and values.

The only door to Marshmallow. The casts are PHP's, measured on the reference server.
"""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import pybase64
from marshmallow import EXCLUDE, Schema, fields

from rpcmedia.gallery.faults import InvalidData
from rpcmedia.gallery.file_names import EXTENSIONS
from rpcmedia.gallery.model import HIGHEST_POSITION, ImageValues, Upload
from rpcmedia.gallery.pictures import picture_type
from rpcmedia.operations import php
from rpcmedia.operations.faults import InvalidArguments

HIGHEST_EXCLUDE = 65_535
LONGEST_LABEL = 255
"""What the reference's columns hold: an unsigned 16-bit number, 255 characters."""

_TYPE_SYNONYMS = {"image/jpg": "image/jpeg"}
"""What the reference's resource of images takes for another type."""

_INLINE_BASE64 = 256 * 1024

_SYNONYMS = {"sku": "productId"}
"""What the API page calls an argument, and what the reference does."""


class FileMissing(InvalidData):
    """There is no file, or half of what a file needs."""


class TypeRefused(InvalidData):
    """The declared type is none of those that images may have."""


class ContentRefused(InvalidData):
    """The content is not base64."""


class Arguments(NamedTuple):
    """Arguments by position and by name."""

    positional: tuple[object, ...] = ()
    named: Mapping[str, object] = MappingProxyType({})

    @classmethod
    def read(cls, given: object) -> "Arguments":
        """A list gives positions, an object names (or positions, if they are numbers).

        Anything else is one argument.
        """
        if isinstance(given, list):
            return cls(tuple(given))
        if isinstance(given, dict):
            positional = tuple(value for name, value in given.items() if name.isdecimal())
            return cls(positional, {n: v for n, v in given.items() if not n.isdecimal()})
        return cls((given,))

    def bind(self, method: str, required: Sequence[str], optional: Sequence[str]) -> dict[str, Any]:
        """The arguments by name; extra positions are ignored, absent optional ones are None.

        Raises InvalidArguments for names that the method does not know, or that are missing.
        """
        names = (*required, *optional)
        bound: dict[str, Any] = dict(zip(names, self.positional, strict=False))
        if not self.named and len(bound) >= len(required):
            return dict.fromkeys(names) | bound
        expected = f"{method} takes {', '.join(names) or 'no arguments'}."
        for given, value in self.named.items():
            name = _SYNONYMS.get(given, given)
            if name not in names:
                raise InvalidArguments(f"{method}: there is no argument {name[:40]!r}. {expected}")
            if name in bound:
                raise InvalidArguments(f"{method}: argument {name} is given twice.")
            bound[name] = value
        for name in required:
            if name not in bound:
                raise InvalidArguments(f"{method}: argument {name} is missing. {expected}")
        return dict.fromkeys(names) | bound


class _PhpInteger(fields.Field[int]):
    """An integer as PHP casts it, clamped to 0 and `highest` as the reference's columns do."""

    def __init__(self, highest: int) -> None:
        super().__init__()
        self._highest = highest

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        return min(max(php.to_int(value), 0), self._highest)


class _PhpString(fields.Field[str]):
    """A string as PHP casts it, cut at 255 characters."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        return php.to_string(value)[:LONGEST_LABEL]


class _TypeCodes(fields.Field[tuple[str, ...] | None]):
    """Codes of image types in a list, or as the values of an object; anything else says nothing.

    `single` also takes one code alone, as `create` does.
    """

    def __init__(self, *, single: bool) -> None:
        super().__init__()
        self._single = single

    def _deserialize(
        self, value: Any, attr: Any, data: Any, **kwargs: Any
    ) -> tuple[str, ...] | None:
        if self._single and isinstance(value, str):
            return (value,)
        if isinstance(value, dict):
            value = list(value.values())
        if not isinstance(value, list):
            return None
        return tuple(code for code in value if isinstance(code, str))


def _schema(types: _TypeCodes) -> Schema:
    members: dict[str, fields.Field[Any]] = {
        "label": _PhpString(),
        "position": _PhpInteger(HIGHEST_POSITION),
        "exclude": _PhpInteger(HIGHEST_EXCLUDE),
        "disabled": _PhpInteger(HIGHEST_EXCLUDE),
        "types": types,
    }
    return Schema.from_dict(members)(unknown=EXCLUDE)


_CREATE = _schema(_TypeCodes(single=True))
_UPDATE = _schema(_TypeCodes(single=False))


def create_values(data: object, default_exclude: int) -> ImageValues:
    """The values of a new image; what is absent or null has the reference's default."""
    values = _load(_CREATE, data)
    return ImageValues(
        label=values.label or "",
        position=values.position,
        excluded=default_exclude if values.excluded is None else values.excluded,
        types=values.types or (),
    )


def update_values(data: object) -> ImageValues:
    """The values to change; what is absent or null stays as it is."""
    return _load(_UPDATE, data)


def _load(schema: Schema, data: object) -> ImageValues:
    members = data if isinstance(data, dict) else {}
    loaded = schema.load({name: value for name, value in members.items() if value is not None})
    return ImageValues(
        label=loaded.get("label"),
        position=loaded.get("position"),
        excluded=loaded.get("exclude", loaded.get("disabled")),
        types=loaded.get("types"),
    )


async def create_upload(data: object) -> Upload:
    """The file of a new image. Raises InvalidData in the reference's order and words."""
    file = _file(data)
    if file is None:
        raise FileMissing("The image is not specified.")
    content = await _content(file, "The image contents is not valid base64 data.")
    return Upload(file["mime"], content, _name(file))


async def update_upload(data: object) -> Upload | None:
    """The new file of an image, or None if there is none. Raises InvalidData."""
    file = _file(data)
    if file is None:
        return None
    content = await _content(file, "Image content is not valid base64 data.")
    return Upload(file["mime"], content)


async def resource_upload(data: Mapping[str, Any]) -> Upload:
    """The file of an image, checked as the reference's resource of images does.

    Content comes before the type, and what PHP takes for false is missing. Raises FileMissing,
    ContentRefused and TypeRefused in this order.
    """
    file = data.get("file") or {}
    if php.is_falsy(file.get("mime")):
        raise FileMissing
    upload = await resource_change(data)
    if upload is None:
        raise FileMissing
    return upload


async def resource_change(data: Mapping[str, Any]) -> Upload | None:
    """The new file of an image, or None without content; its type may be left out.

    Raises ContentRefused and TypeRefused in this order.
    """
    file = data.get("file") or {}
    content, mime = file.get("content"), file.get("mime")
    if php.is_falsy(content):
        return None
    decoded = await _decode(content, "The image content must be valid base64 encoded data")
    if php.is_falsy(mime):
        return Upload("", decoded)
    if isinstance(mime, str):
        mime = _TYPE_SYNONYMS.get(mime, mime)
    return Upload(_type(mime), decoded, _name(file))


def _file(data: object) -> dict[str, Any] | None:
    file = data.get("file") if isinstance(data, dict) else None
    if not isinstance(file, dict) or file.get("mime") is None or file.get("content") is None:
        return None
    return file


def _name(file: Mapping[str, Any]) -> str:
    name = file.get("name")
    return "" if php.is_falsy(name) else php.to_string(name)


def _type(mime: object) -> str:
    if not isinstance(mime, str) or mime not in EXTENSIONS:
        raise TypeRefused("Invalid image type.")
    return mime


async def _content(file: dict[str, Any], refusal: str) -> bytes:
    _type(file["mime"])
    return await _decode(file["content"], refusal)


async def _decode(content: object, refusal: str) -> bytes:
    if isinstance(content, list | dict):
        raise ContentRefused(refusal)
    if isinstance(content, bytes) and picture_type(content[:16]):
        # A protocol with a type for bytes needs no base64 within it, but old clients send that.
        return content
    text = php.to_string(content)
    try:
        if len(text) > _INLINE_BASE64:
            decoded = await asyncio.to_thread(decode_base64, text)
        else:
            decoded = decode_base64(text)
    except ValueError:
        raise ContentRefused(refusal) from None
    if decoded in (b"", b"0"):
        raise ContentRefused(refusal)
    return decoded


def decode_base64(text: str) -> bytes:
    """Decode as PHP does in strict mode: white space anywhere, padding right or absent.

    Raises ValueError for anything else.
    """
    try:
        return pybase64.b64decode(text, validate=True)
    except ValueError:
        packed = text.encode("ascii").translate(None, b" \t\r\n")
    digits = packed.rstrip(b"=")
    padding = len(packed) - len(digits)
    if padding > 2 or (padding and len(packed) % 4) or len(digits) % 4 == 1:
        raise ValueError("wrong padding")
    return pybase64.b64decode(digits + b"=" * (-len(digits) % 4), validate=True)
