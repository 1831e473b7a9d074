"""Certificates of an authority that only the test trusts."""

import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certified:
    """A certificate for the loopback, its key, and who vouches for it, in PEM files."""

    cert: Path
    key: Path
    authority: Path

    @property
    def options(self) -> tuple[str, ...]:
        """What `rpcmedia serve` needs of them."""
        return ("--tls-cert", str(self.cert), "--tls-key", str(self.key))

    def client(self) -> ssl.SSLContext:
        """What a client trusts."""
        return ssl.create_default_context(cafile=str(self.authority))


def certify(folder: Path, *, until: datetime | None = None) -> Certified:
    """A new certificate of a new authority, in place of one that is in the folder."""
    made = Certified(folder / "cert.pem", folder / "key.pem", folder / "authority.pem")
    authority = trustme.CA()
    begin = datetime(2020, 1, 1) if until else None
    issued = authority.issue_cert("127.0.0.1", "localhost", not_before=begin, not_after=until)
    made.cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    made.key.write_bytes(issued.private_key_pem.bytes())
    made.authority.write_bytes(authority.cert_pem.bytes())
    return made
