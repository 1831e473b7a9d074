"""`python -m rpcmedia` is the command `rpcmedia`."""

from rpcmedia.cli import main

main()
