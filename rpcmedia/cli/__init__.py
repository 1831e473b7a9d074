"""The command line. The only door to click and rich; also reads the environment and TOML files.

Order of sources: option, environment (`RPCMEDIA_…`), file (`--config`), catalog, default.
"""

import click

from rpcmedia import __version__
from rpcmedia.cli.keeping import catalog, check, user
from rpcmedia.cli.serving import serve, settings


@click.group()
@click.version_option(__version__, prog_name="rpcmedia")
def main() -> None:
    """The product_media API of Magento and ShipStream, without Magento."""


for command in (serve, settings, catalog, user, check):
    main.add_command(command)
