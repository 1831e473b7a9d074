"""The SOAP face: version 1 with maps and arrays of any kind, version 2 with typed structs."""

from rpcmedia.faces.soap.endpoint import mount

__all__ = ["mount"]
