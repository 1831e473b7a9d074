"""`rpcmedia playback` and `rpcmedia tape`: what needs tapes and no server of ours."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from rpcmedia.cli.options import COULD_NOT_RUN, PATH, config_option, option
from rpcmedia.tapes import show
from rpcmedia.tapes.conversion import FORMATS, convert
from rpcmedia.tapes.playback import play_back
from rpcmedia.tapes.tape import TapeReader, TapeRefused


@contextlib.contextmanager
def _one_line() -> Iterator[None]:
    """What keeps a command from working is one line on standard error and exit 2."""
    try:
        yield
    except TapeRefused as reason:
        _warn(str(reason))
        sys.exit(COULD_NOT_RUN)


def _warn(line: str) -> None:
    click.echo(f"rpcmedia: {line}", err=True)


@click.command()
@config_option
@option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@option("--port", type=click.IntRange(0, 65535), default=8088, show_default=True, help="0: any.")
@option(
    "--latency",
    type=click.Choice(["none", "recorded"]),
    default="none",
    show_default=True,
    help="Whether to answer as slowly as was recorded.",
)
@click.argument("tapes", type=PATH, nargs=-1, required=True, metavar="TAPE...")
def playback(tapes: tuple[Path, ...], host: str, port: int, latency: str) -> None:
    """Answer from tapes alone, without a connection to anywhere.

    Requests match by their meaning. Equal requests are answered in the order of their recording;
    what is on no tape is answered 404 with the closest recorded request.
    """
    with _one_line():
        serving = play_back(
            tapes, click.echo, _warn, host=host, port=port, recorded_latency=latency == "recorded"
        )
        try:
            asyncio.run(serving)
        except OSError as error:
            raise TapeRefused(f"{host}:{port}: {error.strerror}.") from error


@click.group()
def tape() -> None:
    """Look at tapes, change their format, take secrets out."""


@tape.command("show")
@config_option
@option("--line", type=click.IntRange(1), help="Show the exchange in this line in full.")
@click.argument("path", type=PATH, metavar="TAPE")
def tape_show(path: Path, line: int | None) -> None:
    """List the exchanges of TAPE, or show one in full."""
    with _one_line():
        reader = TapeReader(path)
        if line is None:
            _list(reader)
        else:
            _show_one(reader, line)


def _list(reader: TapeReader) -> None:
    for exchange in reader:
        row = show.row(exchange)
        started = f"{row.started} {row.milliseconds:.0f} ms  " if row.started else ""
        click.echo(
            f"{row.line:>6}  {started}{row.method} {row.path}  {row.asked or '-'}"
            f"  {row.status} {row.answer}  {row.request_bytes} > {row.response_bytes} bytes"
            f"{'  ' + row.name if row.name else ''}"
        )
    for warning in reader.warnings:
        _warn(warning)


def _show_one(reader: TapeReader, line: int) -> None:
    for number, offset, _ in reader.lines():
        if number == line:
            for text in show.in_full(reader.at(number, offset)):
                click.echo(text)
            return
    raise TapeRefused(f"{reader.path} has no exchange in line {line}.")


_FORMAT = click.Choice(list(FORMATS))


@tape.command("convert")
@config_option
@option("--from", "read_as", type=_FORMAT, help="[default: as IN ends]")
@option("--to", "write_as", type=_FORMAT, help="[default: as OUT ends]")
@click.argument("source", type=PATH, metavar="IN")
@click.argument("target", type=PATH, metavar="OUT")
def tape_convert(source: Path, target: Path, read_as: str | None, write_as: str | None) -> None:
    """Write IN as OUT: tapes (.jsonl), HAR 1.2 files (.har), VCR cassettes (.yaml, .yml)."""
    with _one_line():
        done = convert(source, target, read_as, write_as)
        for remark in done.remarks:
            _warn(remark)
        click.echo(f"{done.exchanges} exchanges written to {target}")


@tape.command("redact")
@config_option
@click.argument("source", type=PATH, metavar="IN")
@click.argument("target", type=PATH, metavar="OUT")
def tape_redact(source: Path, target: Path) -> None:
    """Write IN as OUT with placeholders for keys, session ids and cookies."""
    from rpcmedia.tapes.redaction import redact_tape

    with _one_line():
        if target.exists():
            raise TapeRefused(f"{target} exists already.")
        try:
            number = redact_tape(source, target, _warn)
        except OSError as error:
            raise TapeRefused(f"{target}: {error.strerror}.") from error
        click.echo(f"{number} exchanges written to {target}")
