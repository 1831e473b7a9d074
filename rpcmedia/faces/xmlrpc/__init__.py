"""The XML-RPC face: the API for the oldest clients of the family."""

from rpcmedia.faces.xmlrpc.endpoint import mount

__all__ = ["mount"]
