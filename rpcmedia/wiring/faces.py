"""The faces of a server: one line for each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from rpcmedia.faces import jsonrpc, media_files, rest, soap, xmlrpc
from rpcmedia.faces.http import FaceOptions, Mount
from rpcmedia.faces.jsonrpc.profiles import Profile
from rpcmedia.faces.rest.oauth_endpoints import mount_oauth
from rpcmedia.faces.rest.signed_requests import SignedRequests
from rpcmedia.gallery.service import Gallery
from rpcmedia.operations.dispatch import Operations
from rpcmedia.operations.oauth import OAuth
from rpcmedia.operations.product_images import ProductImages
from rpcmedia.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """What faces are put over."""

    settings: Settings
    profile: Profile
    operations: Operations
    images: ProductImages
    gallery: Gallery
    oauth: OAuth
    base_url: str
    options: FaceOptions


def _mount_jsonrpc(parts: Parts, app: web.Application) -> None:
    jsonrpc.mount(app, parts.operations, parts.options, parts.profile)


def _mount_soap(parts: Parts, app: web.Application) -> None:
    settings = parts.settings
    soap.mount(
        app,
        parts.operations,
        parts.options,
        settings.soap_namespace,
        settings.base_url,
        wsi=settings.soap_wsi,
    )


def _mount_rest(parts: Parts, app: web.Application) -> None:
    signed = SignedRequests(parts.oauth, parts.base_url)
    mount_oauth(app, parts.oauth, signed, parts.options)
    rest.mount(app, parts.images, signed.identify, parts.options)


def _mount_xmlrpc(parts: Parts, app: web.Application) -> None:
    xmlrpc.mount(app, parts.operations, parts.options)


FACES: dict[str, Callable[[Parts, web.Application], None]] = {
    "jsonrpc": _mount_jsonrpc,
    "soap": _mount_soap,
    "rest": _mount_rest,
    "xmlrpc": _mount_xmlrpc,
}
"""Every protocol that can be switched off. Those of the pictures themselves cannot."""

FACE_NAMES = tuple(FACES)


def mounts(parts: Parts) -> list[Mount]:
    """What mounts the faces that are not switched off."""
    chosen: list[Mount] = [
        partial(mount, parts)
        for name, mount in FACES.items()
        if name not in parts.settings.no_faces
    ]
    return [*chosen, partial(media_files.mount, gallery=parts.gallery, options=parts.options)]
