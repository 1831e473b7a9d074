"""A server put together: the operations over a folder, and the faces over them."""

import asyncio
import contextlib
import gc
import resource
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware

from rpcmedia import __version__
from rpcmedia.faces import bodies, http, limits
from rpcmedia.faces import control as control_face
from rpcmedia.faces.jsonrpc.profiles import PROFILES
from rpcmedia.faces.telemetry import Telemetry
from rpcmedia.gallery.model import CatalogUser
from rpcmedia.gallery.service import Gallery
from rpcmedia.operations.control import Control
from rpcmedia.operations.dispatch import ALL_RIGHTS, Operations
from rpcmedia.operations.logins import Logins
from rpcmedia.operations.oauth import OAuth
from rpcmedia.operations.product_images import ProductImages
from rpcmedia.operations.product_media import ProductMedia
from rpcmedia.operations.session_ids import SessionIds
from rpcmedia.operations.sessions import Sessions
from rpcmedia.operations.throttle import Throttle
from rpcmedia.settings import Settings
from rpcmedia.stores.backup_restoring import finish_restoring
from rpcmedia.stores.folder_lock import FolderLock
from rpcmedia.tapes.recorder import Recorder, recording_middleware
from rpcmedia.tapes.redaction import Redactor
from rpcmedia.tapes.tape import Header, TapeRefused, TapeWriter
from rpcmedia.wiring import tls
from rpcmedia.wiring.faces import Parts, mounts
from rpcmedia.wiring.folders import (
    CannotStart,
    Folder,
    load_catalog,
    make_folder,
    new_key,
    one_line,
    open_folder,
    put_users,
)
from rpcmedia.wiring.listeners import SHUTDOWN_SECONDS, address_of, listen, start

PROFILE_NAMES = tuple(PROFILES)

_Stack = contextlib.ExitStack | contextlib.AsyncExitStack


@dataclass(frozen=True, slots=True)
class Shared:
    """What the workers of a server share; it is made once, before they are forked."""

    metrics: Path | None = None
    """The folder in which their counters are; None for a server of one process."""
    throttle: Throttle | None = None
    """What slows failed logins; None where they cost nothing."""


def throttle_for(settings: Settings, given: Throttle | None = None) -> Throttle | None:
    """What slows failed logins of a server with these settings: the given one, or its own."""
    return None if settings.ephemeral else given or Throttle()


async def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight. Raises CannotStart."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(settings, announce) as server:
        if server.certificate:
            loop.add_signal_handler(signal.SIGHUP, server.certificate.reload)
        prepare_process()
        announce(ready_line(settings, server.address))
        await stop.wait()


def ready_line(settings: Settings, address: str) -> str:
    """What a server says when it can be called, with the endpoint that most programs call."""
    return f"Ready at {address}{'' if 'jsonrpc' in settings.no_faces else '/api/jsonrpc'}"


def prepare_process() -> None:
    """Let this process have many connections, and its collector little to do."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # What the start has made stays, and need not be walked through again and again.
    gc.freeze()


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers at `address`, such as `http://127.0.0.1:8080`."""

    address: str
    folder: Folder
    control_address: str = ""
    """Where the control face answers; empty if it is off."""
    control_token: str = ""
    certificate: tls.Certificate | None = None


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    announce: Callable[[str], None] = lambda line: None,
    *,
    shutdown_seconds: float = SHUTDOWN_SECONDS,
    throttle: Throttle | None = None,
) -> AsyncIterator[RunningServer]:
    """A server on its own folder and port for as long as the block lasts. Raises CannotStart.

    Processes that serve the same folder are given one throttle.
    """
    async with contextlib.AsyncExitStack() as stack:
        certificate = tls.certificate(settings)
        data = take_folder(stack, settings)
        listener = listen(stack, settings.host, settings.port)
        if certificate is None:
            tls.warn_without(listener)
        if settings.control:
            control_listener = listen(stack, settings.control_host, settings.control_port)
            tls.warn_without(control_listener)
        folder = await stack.enter_async_context(open_folder(data, ephemeral=settings.ephemeral))
        await prepare(folder, settings, announce)
        address = address_of(settings.host, listener, certificate)
        control = _control(folder, settings) if settings.control else None
        recording = _recording(stack, settings, address)
        shared = Shared(throttle=throttle_for(settings, throttle))
        app = await build_server(folder, settings, address, control, recording, shared)
        await start(stack, app, listener, certificate, shutdown_seconds)
        server = RunningServer(address, folder, certificate=certificate)
        if control:
            token = settings.control_token or new_key()
            control_app = control_face.build_app(control, token)
            await start(stack, control_app, control_listener, None, shutdown_seconds)
            # An injected delay must not hold up the end.
            stack.callback(control.faults.restart)
            at = address_of(settings.control_host, control_listener)
            server = RunningServer(address, folder, at, token, certificate)
            announce(f"Control at {at}" + ("" if settings.control_token else f" (token {token})"))
        yield server


def take_folder(stack: _Stack, settings: Settings) -> Path:
    """The data folder, made and locked until the stack is left. Raises CannotStart."""
    data = settings.data
    if data is None:
        if not settings.ephemeral:
            raise CannotStart("Where is the data? Give --data DIR, or --ephemeral.")
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rpcmedia-")))
    with one_line():
        make_folder(data)
        lock = FolderLock(data)
        lock.take()
        stack.callback(lock.release)
        finish_restoring(data)
    return data


async def prepare(folder: Folder, settings: Settings, announce: Callable[[str], None]) -> None:
    """Do what a folder needs before it is served, while nobody else works on it.

    Raises CannotStart.
    """
    with one_line():
        await folder.snapshots.finish_restore()
        await _prepare_users(folder, settings, announce)
        await Gallery(folder.rows, folder.files, settings.max_pixels).settle_all()


async def _prepare_users(
    folder: Folder, settings: Settings, announce: Callable[[str], None]
) -> None:
    given = [CatalogUser(name, key, (ALL_RIGHTS,)) for name, key in settings.users]
    with one_line():
        if settings.catalog:
            await load_catalog(folder, settings.catalog)
        await put_users(folder, given)
        if not await folder.accounts.users():
            key = new_key()
            await put_users(folder, [CatalogUser("admin", key, (ALL_RIGHTS,))])
            announce(f"First start: user admin has the key {key} (shown only this once)")


def _control(folder: Folder, settings: Settings) -> Control:
    return Control(
        folder.rows,
        folder.files,
        folder.accounts,
        folder.oauth,
        folder.snapshots,
        seed=settings.seed,
        journal_size=settings.journal_size,
    )


def _recording(
    stack: contextlib.AsyncExitStack, settings: Settings, address: str
) -> Middleware | None:
    if settings.tape is None:
        return None
    header = Header(
        source=f"rpcmedia {__version__}",
        profile=settings.profile,
        base_url=settings.base_url or address,
        catalog=str(settings.catalog.resolve()) if settings.catalog else "",
    )
    try:
        writer = stack.enter_context(contextlib.closing(TapeWriter(settings.tape, header)))
    except TapeRefused as refusal:
        raise CannotStart(str(refusal)) from refusal
    recorder = Recorder(writer, Redactor())
    record = recording_middleware(recorder, header.base_url, bodies.read_again)

    @web.middleware
    async def record_calls(request: web.Request, handler: http.Handler) -> web.StreamResponse:
        # What watches the server is not its traffic, and differs at each replay.
        if request.path in http.WATCHING:
            return await handler(request)
        return await record(request, handler)

    return record_calls


async def build_server(
    folder: Folder,
    settings: Settings,
    address: str,
    control: Control | None = None,
    recording: Middleware | None = None,
    shared: Shared | None = None,
) -> web.Application:
    """The application over a prepared folder; `address` is its URL if no setting names another.

    Raises CannotStart.
    """
    shared = shared or Shared()
    profile = PROFILES[settings.profile]
    with one_line():
        base_url = settings.base_url or await folder.rows.base_url() or address
    base_url = base_url.rstrip("/")
    now = control.clock.now if control else time.time
    gallery = Gallery(folder.rows, folder.files, settings.max_pixels, now)
    media = ProductMedia(gallery, base_url)
    in_clear = settings.tls_cert is None
    logins = Logins(folder.accounts, folder.keys, shared.throttle, in_clear=in_clear)
    if control:
        operations = control.operations(logins, profile.sessions, media)
        images = control.images(gallery, base_url)
    else:
        ids = SessionIds(settings.seed)
        sessions = Sessions(folder.accounts, logins, profile.sessions, ids=ids)
        operations = Operations(sessions, media)
        images = ProductImages(gallery, base_url)
    options = http.FaceOptions(
        Telemetry(shared.metrics, log_calls=settings.log_calls),
        limits.Limits(
            settings.max_body,
            keep_bodies=recording is not None,
            body_memory=limits.BodyMemory(limits.BODY_MEMORY // settings.workers),
        ),
        inner=[control_face.damage_answers] if control else [],
    )
    oauth = OAuth(folder.oauth, folder.accounts, logins, now)
    parts = Parts(settings, profile, operations, images, gallery, oauth, base_url, options)
    check_ready = control.between(gallery.check_writable) if control else gallery.check_writable
    app = http.build_app(
        mounts(parts), options, check_ready, outer=[recording] if recording else []
    )

    async def end_threads(_: web.Application) -> None:
        gallery.close()

    app.on_cleanup.append(end_threads)
    return app
