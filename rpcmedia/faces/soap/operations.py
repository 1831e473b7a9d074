"""What can be called over SOAP: names, parts and types, in the order in which a WSDL lists them.

Source: the WSDLs and answers of the reference server, as far as it has product images.
"""

from dataclasses import dataclass
from typing import NamedTuple

from rpcmedia.operations.product_media import RESOURCE


@dataclass(frozen=True, slots=True)
class Simple:
    """A type of XML Schema, such as `string`; `anyType` is written as the value needs it."""

    name: str


@dataclass(frozen=True, slots=True)
class Struct:
    """A type with named members."""

    name: str
    members: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Array:
    """A type with items of one type."""

    name: str
    item: "Type"


Type = Simple | Struct | Array


class Part(NamedTuple):
    """A part of a message, or a member of a struct."""

    name: str
    type: Type
    optional: bool = False
    empty: str | None = ""
    """What an empty text is read as in a request, and written as in an answer."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of the API; with a path it is a shorthand for `call`."""

    name: str
    inputs: tuple[Part, ...]
    output: Part
    path: str | None = None


STRING = Simple("string")
INT = Simple("int")
BOOLEAN = Simple("boolean")
ANY = Simple("anyType")

FIXED_ARRAY = Array("FixedArray", ANY)
ARRAY_OF_STRING = Array("ArrayOfString", STRING)

_METHOD = Struct(
    "apiMethodEntity",
    (
        Part("title", STRING),
        Part("path", STRING),
        Part("name", STRING),
        Part("aliases", ARRAY_OF_STRING),
    ),
)
_RESOURCE = Struct(
    "apiEntity",
    (
        Part("title", STRING),
        Part("name", STRING),
        Part("aliases", ARRAY_OF_STRING),
        Part("methods", Array("ArrayOfApiMethods", _METHOD)),
    ),
)
_FAULT = Struct("existsFaltureEntity", (Part("code", STRING), Part("message", STRING)))
RESOURCES = Array("ArrayOfApis", _RESOURCE)
FAULTS = Array("ArrayOfExistsFaltures", _FAULT)

IMAGE = Struct(
    "catalogProductImageEntity",
    (
        Part("file", STRING),
        Part("label", STRING),
        # Here the reference writes numbers that an image lacks as 0.
        Part("position", STRING, empty="0"),
        Part("exclude", STRING, empty="0"),
        Part("url", STRING),
        Part("types", ARRAY_OF_STRING),
    ),
)
_IMAGE_TYPE = Struct(
    "catalogProductAttributeMediaTypeEntity", (Part("code", STRING), Part("scope", STRING))
)
_FILE = Struct(
    "catalogProductImageFileEntity",
    (Part("content", STRING), Part("mime", STRING), Part("name", STRING, optional=True)),
)
_DATA = Struct(
    "catalogProductAttributeMediaCreateEntity",
    (
        Part("file", _FILE, optional=True),
        Part("label", STRING, optional=True),
        Part("position", STRING, optional=True),
        Part("types", ARRAY_OF_STRING, optional=True),
        Part("exclude", STRING, optional=True),
        Part("remove", STRING, optional=True),
    ),
)

_SESSION = Part("sessionId", STRING)
_PRODUCT = Part("product", STRING)
_FILE_NAME = Part("file", STRING)
_STORE_VIEW = Part("storeView", STRING)
# Clients that must fill every part send an empty text where they mean none.
_IDENTIFIER_TYPE = Part("identifierType", STRING, empty=None)
_SELECTORS = (_STORE_VIEW, _IDENTIFIER_TYPE)


def _api(name: str, inputs: tuple[Part, ...], output: Type) -> Operation:
    return Operation(name, inputs, Part(f"{name}Return", output))


def _media(suffix: str, inputs: tuple[Part, ...], output: Part) -> Operation:
    name = suffix[0].lower() + suffix[1:]
    return Operation(
        f"catalogProductAttributeMedia{suffix}",
        (_SESSION, *inputs),
        output,
        f"{RESOURCE}.{name}",
    )


def _own_methods(resources: Type, faults: Type) -> tuple[Operation, ...]:
    return (
        _api("endSession", (_SESSION,), BOOLEAN),
        _api("login", (Part("username", STRING), Part("apiKey", STRING)), STRING),
        _api("startSession", (), STRING),
        _api("resources", (_SESSION,), resources),
        _api("globalFaults", (_SESSION,), faults),
        _api("resourceFaults", (Part("resourceName", STRING), _SESSION), faults),
    )


V1 = (
    _api("call", (_SESSION, Part("resourcePath", STRING), Part("args", ANY)), ANY),
    _api("multiCall", (_SESSION, Part("calls", FIXED_ARRAY), Part("options", ANY)), FIXED_ARRAY),
    *_own_methods(FIXED_ARRAY, FIXED_ARRAY),
)

V2 = (
    *_own_methods(RESOURCES, FAULTS),
    _media("CurrentStore", (_STORE_VIEW,), Part("storeView", INT)),
    _media(
        "List",
        (_PRODUCT, *_SELECTORS),
        Part("result", Array("catalogProductImageEntityArray", IMAGE)),
    ),
    _media("Info", (_PRODUCT, _FILE_NAME, *_SELECTORS), Part("result", IMAGE)),
    _media(
        "Types",
        (Part("setId", STRING),),
        Part("result", Array("catalogProductAttributeMediaTypeEntityArray", _IMAGE_TYPE)),
    ),
    _media("Create", (_PRODUCT, Part("data", _DATA), *_SELECTORS), Part("result", STRING)),
    _media(
        "Update",
        (_PRODUCT, _FILE_NAME, Part("data", _DATA), *_SELECTORS),
        Part("result", BOOLEAN),
    ),
    _media("Remove", (_PRODUCT, _FILE_NAME, _IDENTIFIER_TYPE), Part("result", BOOLEAN)),
)
