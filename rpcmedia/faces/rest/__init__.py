"""The REST face, and the OAuth endpoints that its clients come to their tokens by."""

from rpcmedia.faces.rest.endpoint import mount

__all__ = ["mount"]
