"""The media face: the bytes of images under the URLs that `list` answers.

Only names that an image has, or once had, are looked for on the disk: there is no listing, and no
way out of the folder. aiohttp's FileResponse does ranges, conditions and ETags. Bytes are kept as
they came, and may be a page or a script as well: the headers make them pictures and nothing else.
"""

import asyncio
import contextlib
from pathlib import Path

from aiohttp import web

from rpcmedia.faces.http import READING, RETRY, FaceOptions, add_route
from rpcmedia.gallery.pictures import picture_type
from rpcmedia.gallery.service import Gallery
from rpcmedia.operations.presentation import MEDIA_PATH

_CACHE_CONTROL = "public, no-cache"
"""Kept by whoever likes, but asked for again: an update replaces the bytes of a URL."""

_ONLY_A_PICTURE = {
    "X-Content-Type-Options": "nosniff",
    # Whoever opens the file by itself runs and loads nothing from it.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    # Shops show pictures on pages of other origins.
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def mount(app: web.Application, gallery: Gallery, options: FaceOptions) -> None:
    """Serve media files to GET and HEAD."""

    async def serve(request: web.Request) -> web.StreamResponse:
        if options.limits.in_flight.too_many:
            raise web.HTTPServiceUnavailable(headers=RETRY)
        file = request.path.removeprefix(MEDIA_PATH)
        media = await gallery.find_media(file)
        if media is None:
            raise web.HTTPNotFound
        mime = media.mime or await asyncio.to_thread(_found_type, media.path)
        if mime is None:
            raise web.HTTPNotFound
        headers = {"Content-Type": mime, "Cache-Control": _CACHE_CONTROL, **_ONLY_A_PICTURE}
        if media.moving_to:
            content = await asyncio.to_thread(_read_moving, media.path, media.moving_to)
            if content is None:
                raise web.HTTPNotFound
            return web.Response(body=content, headers=headers)
        return web.FileResponse(media.path, headers=headers)

    add_route(app, MEDIA_PATH + "/{file:.+}", serve, options, methods=READING)


def _read_moving(*paths: Path) -> bytes | None:
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            return path.read_bytes()
    return None


def _found_type(path: Path) -> str | None:
    try:
        with path.open("rb") as content:
            return picture_type(content.read(16))
    except OSError:
        return None
