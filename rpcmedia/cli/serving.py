"""`rpcmedia serve` and `rpcmedia settings`."""

from dataclasses import asdict
from typing import Any

import click
from click.core import ParameterSource
from rich.console import Console
from rich.table import Table

from rpcmedia import wiring
from rpcmedia.cli.options import (
    PATH,
    F,
    Size,
    UserKey,
    config_option,
    option,
    refusals,
    run,
)
from rpcmedia.logs import set_up_logs
from rpcmedia.settings import Settings

_SOURCES = {
    ParameterSource.COMMANDLINE: "option",
    ParameterSource.ENVIRONMENT: "environment",
    ParameterSource.DEFAULT_MAP: "file",
    ParameterSource.DEFAULT: "default",
}


SERVE_OPTIONS = (
    option("--data", type=PATH, help="The data folder; it is made if it does not exist."),
    option("--catalog", type=PATH, help="A catalog file to load at the start."),
    option("--host", default="127.0.0.1", show_default=True, help="The address to listen on."),
    option(
        "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: any."
    ),
    option("--tls-cert", type=PATH, help="Speak TLS with this certificate and its chain, in PEM."),
    option("--tls-key", type=PATH, help="The key of the certificate, in PEM, without a password."),
    option("--base-url", help="What media URLs begin with.  [default: catalog, or the address]"),
    option(
        "--profile",
        type=click.Choice(wiring.PROFILE_NAMES),
        default="documented",
        show_default=True,
        help="How the JSON-RPC face spells its answers.",
    ),
    option(
        "--no-face",
        type=click.Choice(wiring.FACE_NAMES),
        multiple=True,
        help="Do not speak this protocol.",
    ),
    option(
        "--soap-namespace",
        type=click.Choice(("urn:OpenMage", "urn:Magento")),
        default="urn:OpenMage",
        show_default=True,
        help="The namespace of SOAP answers and WSDLs; requests may be in any.",
    ),
    option("--soap-wsi", is_flag=True, help="Speak the WS-I form at /api/v2_soap."),
    option(
        "--user", type=UserKey(), multiple=True, help="Make or update a user with all permissions."
    ),
    option("--max-body", type=Size(), default="32MiB", show_default=True, help="Largest request."),
    option(
        "--max-pixels",
        type=click.IntRange(1),
        default=50_000_000,
        show_default=True,
        help="Most pixels of a picture, all frames together.",
    ),
    option(
        "--workers",
        type=click.IntRange(1),
        default=1,
        show_default=True,
        help="How many processes serve the port and the folder.",
    ),
    option(
        "--ephemeral", is_flag=True, help="Give up fsync; without --data use a temporary folder."
    ),
    option("--log-calls", is_flag=True, help="Log successful calls too, one by one."),
    option("--tape", type=PATH, help="Record all traffic on this tape, a file not yet there."),
    option("--control", is_flag=True, help="Open the control face, for tests."),
    option(
        "--control-host",
        default="127.0.0.1",
        show_default=True,
        help="The address that the control face listens on.",
    ),
    option(
        "--control-port",
        type=click.IntRange(0, 65535),
        default=0,
        show_default=True,
        help="The port of the control face.  0: any, it is printed.",
    ),
    option("--control-token", help="The token of the control face.  [default: random, printed]"),
    option(
        "--journal-size",
        type=click.IntRange(1),
        default=10_000,
        show_default=True,
        help="How many calls the control face remembers.",
    ),
    option("--seed", type=int, help="Make session ids that are the same in each run, for tests."),
)


def serve_options(command: F) -> F:
    """All options of `serve`, for the commands that take them."""
    for add in reversed((config_option, *SERVE_OPTIONS)):
        command = add(command)
    return command


def _settings(ctx: click.Context) -> Settings:
    values = dict(ctx.params)
    sources = {
        name: _SOURCES[ctx.get_parameter_source(name) or ParameterSource.DEFAULT] for name in values
    }
    for one, several in (("user", "users"), ("no_face", "no_faces")):
        values[several] = values.pop(one)
        sources[several] = sources.pop(one)
    return Settings(**values, sources=sources)


@click.command()
@serve_options
@click.pass_context
def serve(ctx: click.Context, /, **_: Any) -> None:
    """Serve a data folder."""
    set_up_logs()
    settings = _settings(ctx)
    if settings.workers == 1:
        run(wiring.serve(settings, lambda line: click.echo(line)))
        return
    with refusals():
        wiring.serve_with_workers(settings, lambda line: click.echo(line))


@click.command()
@serve_options
@click.pass_context
def settings(ctx: click.Context, /, **_: Any) -> None:
    """Show each setting of `serve` and where it came from."""
    found = _settings(ctx)
    shown = asdict(found)
    sources = shown.pop("sources")
    shown["users"] = " ".join(f"{name}:***" for name, _ in found.users)
    shown["no_faces"] = " ".join(found.no_faces)
    if found.control_token:
        shown["control_token"] = "***"
    if shown["base_url"] is None and found.catalog:
        shown["base_url"] = run(wiring.catalog_base_url(found.catalog))
        sources["base_url"] = "catalog" if shown["base_url"] else "default"
    table = Table("setting", "value", "from")
    for name, value in shown.items():
        table.add_row(name, "" if value is None else str(value), sources[name])
    Console().print(table)
