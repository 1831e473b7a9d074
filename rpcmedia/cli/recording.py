"""`rpcmedia record`: put real traffic on a tape."""

import sys
from pathlib import Path

import click

from rpcmedia import __version__, wiring
from rpcmedia.cli.options import COULD_NOT_RUN, PATH, config_option, option, run
from rpcmedia.logs import set_up_logs
from rpcmedia.tapes import proxy
from rpcmedia.tapes.recorder import Recorder
from rpcmedia.tapes.tape import Header, TapeRefused


@click.command()
@config_option
@option("--upstream", required=True, metavar="URL", help="Where requests are passed on to.")
@option("--tape", required=True, type=PATH, help="The tape, a file that does not exist yet.")
@option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@option("--port", type=click.IntRange(0, 65535), default=8088, show_default=True, help="0: any.")
@option(
    "--profile",
    type=click.Choice(wiring.PROFILE_NAMES),
    help="How the upstream spells its answers, for a replay.",
)
@option("--catalog", type=PATH, help="What the upstream has when this begins, for a replay.")
@option("--keep-secrets", is_flag=True, help="Leave keys, session ids and cookies in.")
@option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=proxy.DEFAULT_SECONDS,
    show_default=True,
    help="Seconds for which the upstream may be silent.",
)
def record(
    upstream: str,
    tape: Path,
    host: str,
    port: int,
    profile: str | None,
    catalog: Path | None,
    keep_secrets: bool,
    timeout: float,
) -> None:
    """Pass requests on and put them on a tape with their answers, until SIGTERM."""

    async def work() -> Recorder:
        try:
            header = Header(
                source=f"recorded by rpcmedia {__version__} from {upstream}",
                profile=profile or "",
                catalog=_named_from(tape, catalog) if catalog else "",
            )
            return await proxy.record(
                upstream,
                tape,
                header,
                click.echo,
                host=host,
                port=port,
                keep_secrets=keep_secrets,
                seconds=timeout,
            )
        except (TapeRefused, proxy.UpstreamRefused) as refusal:
            raise wiring.CannotStart(str(refusal)) from refusal
        except OSError as error:
            reason, _, _ = str(error.strerror).partition(" (while")
            raise wiring.CannotStart(f"{host}:{port}: {reason}.") from error

    set_up_logs()
    recorder = run(work())
    if recorder.lost:
        click.echo(
            f"rpcmedia: {recorder.lost} exchanges are not on {tape}: {recorder.reason}", err=True
        )
        sys.exit(COULD_NOT_RUN)


def _named_from(tape: Path, catalog: Path) -> str:
    """The name of a catalog on a tape: short if it is beside it, so that both can be moved."""
    if not catalog.is_file():
        raise wiring.CannotStart(f"{catalog}: there is no such file.")
    path = catalog.resolve()
    return path.name if path.parent == tape.resolve().parent else str(path)
