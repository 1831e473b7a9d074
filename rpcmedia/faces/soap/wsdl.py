"""The documents that describe the operations."""


def wsdl_document(version: int, address: str, namespace: str) -> bytes:
    """The WSDL of version 1 or 2 of the API, served at an address."""
    raise NotImplementedError
