"""The JSON-RPC face: the API as its documentation page shows it."""

from rpcmedia.faces.jsonrpc.endpoint import mount

__all__ = ["mount"]
