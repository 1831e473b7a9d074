"""Where the parts are put together; the only package that names concrete stores and faces."""

from rpcmedia.wiring.backups import back_up, restore
from rpcmedia.wiring.faces import FACE_NAMES
from rpcmedia.wiring.folders import (
    EVERYTHING,
    CannotStart,
    Folder,
    access_tokens,
    add_consumer,
    add_token,
    add_user,
    catalog_base_url,
    check_folder,
    load_catalog,
    new_key,
    open_folder,
    show_catalog,
)
from rpcmedia.wiring.servers import PROFILE_NAMES, RunningServer, build_server, running, serve
from rpcmedia.wiring.workers import serve_with_workers

__all__ = [
    "EVERYTHING",
    "FACE_NAMES",
    "PROFILE_NAMES",
    "CannotStart",
    "Folder",
    "RunningServer",
    "access_tokens",
    "add_consumer",
    "add_token",
    "add_user",
    "back_up",
    "build_server",
    "catalog_base_url",
    "check_folder",
    "load_catalog",
    "new_key",
    "open_folder",
    "restore",
    "running",
    "serve",
    "serve_with_workers",
    "show_catalog",
]
