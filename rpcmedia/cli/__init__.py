"""The command line. The only door to click and rich; also reads the environment and TOML files.

Order of sources: option, environment (`RPCMEDIA_…`), file (`--config`), catalog, default.
"""

from importlib import import_module

import click

from rpcmedia import __version__

_COMMANDS = {
    "serve": "serving",
    "settings": "serving",
    "catalog": "keeping",
    "user": "keeping",
    "oauth": "oauth",
    "check": "keeping",
    "backup": "backups",
    "restore": "backups",
    "record": "recording",
    "replay": "replaying",
    "playback": "tapes",
    "tape": "tapes",
}
"""The module beside this one in which each command is."""


class Commands(click.Group):
    """A group whose commands are imported when they are asked for: a server starts faster."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """See click.Group."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """See click.Group."""
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"rpcmedia.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.command(cls=Commands)
@click.version_option(__version__, prog_name="rpcmedia")
def main() -> None:
    """The product_media API of Magento and ShipStream, without Magento."""
