"""`rpcmedia oauth`: which programs sign requests, and with whose rights."""

import sys
from pathlib import Path

import click

from rpcmedia import wiring
from rpcmedia.cli.options import COULD_NOT_RUN, config_option, data_option, option, run


@click.group()
def oauth() -> None:
    """Who may sign requests of REST."""


@oauth.group()
def consumer() -> None:
    """Programs that sign requests."""


@consumer.command("add")
@config_option
@data_option
@click.argument("name")
def consumer_add(data: Path, name: str) -> None:
    """Let a program sign requests; NAME is shown to those who are asked to let it in."""
    if not name.strip() or not name.isprintable():
        raise click.UsageError("Give the program a name that people can read.")

    async def add() -> tuple[str, str]:
        async with wiring.open_folder(data) as folder:
            return await wiring.add_consumer(folder, name)

    key, secret = run(add())
    click.echo(f"{name} added with the key {key} and the secret {secret} (shown only once)")


@consumer.command("list")
@config_option
@data_option
def consumer_list(data: Path) -> None:
    """List all consumers by key, without their secrets."""

    async def lines() -> list[str]:
        async with wiring.open_folder(data, must_exist=True) as folder:
            return [
                f"{c.key}\t{_state(c.revoked)}\t{c.name}" for c in await folder.oauth.consumers()
            ]

    for line in run(lines()):
        click.echo(line)


@consumer.command("revoke")
@config_option
@data_option
@click.argument("key")
def consumer_revoke(data: Path, key: str) -> None:
    """Refuse the consumer KEY with all its tokens. A running server obeys at once."""

    async def revoke() -> bool:
        async with wiring.open_folder(data, must_exist=True) as folder:
            return await folder.oauth.revoke_consumer(key)

    _tell_revoked(run(revoke()), "consumer", key)


@oauth.group()
def token() -> None:
    """What a program signs with to have somebody's rights."""


@token.command("add")
@config_option
@data_option
@option("--customer", is_flag=True, help="A token of a customer of the shop; give no USER.")
@click.argument("key")
@click.argument("user", required=False)
def token_add(data: Path, customer: bool, key: str, user: str | None) -> None:
    """Let the consumer KEY do what USER may do, now and later, without asking in a browser."""
    if customer == (user is not None):
        raise click.UsageError("Give the name of a user, or --customer.")

    async def add() -> tuple[str, str]:
        async with wiring.open_folder(data, must_exist=True) as folder:
            return await wiring.add_token(folder, key, user)

    text, secret = run(add())
    click.echo(f"token {text} added with the secret {secret} (shown only once)")


@token.command("list")
@config_option
@data_option
def token_list(data: Path) -> None:
    """List all tokens with their consumers and rights, without their secrets."""

    async def lines() -> list[str]:
        async with wiring.open_folder(data, must_exist=True) as folder:
            return [
                "\t".join(
                    (
                        t.token,
                        _state(bool(t.revoked)),
                        t.consumer,
                        t.role,
                        t.user or " ".join(t.permissions),
                    )
                )
                for t in await wiring.access_tokens(folder)
            ]

    for line in run(lines()):
        click.echo(line)


@token.command("revoke")
@config_option
@data_option
@click.argument("text", metavar="TOKEN")
def token_revoke(data: Path, text: str) -> None:
    """Refuse TOKEN from now on. A running server obeys at once."""

    async def revoke() -> bool:
        async with wiring.open_folder(data, must_exist=True) as folder:
            return await folder.oauth.revoke_token(text)

    _tell_revoked(run(revoke()), "token", text)


def _state(revoked: bool) -> str:
    return "revoked" if revoked else "valid"


def _tell_revoked(found: bool, kind: str, name: str) -> None:
    if not found:
        click.echo(f"rpcmedia: there is no {kind} {name!r}.", err=True)
        sys.exit(COULD_NOT_RUN)
    click.echo(f"{kind} {name} revoked")
