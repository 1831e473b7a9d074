"""TLS by a certificate and its key in PEM files, and a warning where there is none."""

import socket
import ssl
from pathlib import Path

import structlog

from rpcmedia.operations.addresses import is_loopback
from rpcmedia.settings import Settings
from rpcmedia.wiring.folders import CannotStart

_MOST_FLIGHTS = 10

log = structlog.get_logger(__name__)


class Certificate:
    """A certificate with its key, and `context`, which serves it. Raises CannotStart."""

    def __init__(self, cert: Path, key: Path) -> None:
        self._cert, self._key = cert, key
        self.context = self._read()

    def reload(self) -> None:
        """Serve what the files hold now to new connections; without sense, what they held."""
        try:
            # Not straight into the context in use: half a change would serve nobody.
            self._read()
            self.context.load_cert_chain(self._cert, self._key)
        except (CannotStart, OSError) as refusal:
            log.error("certificate not renewed, the old one stays", reason=str(refusal))
        else:
            log.info("certificate renewed", file=str(self._cert))

    def _read(self) -> ssl.SSLContext:
        for path in (self._cert, self._key):
            _refuse_unreadable(path)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(self._cert, self._key, self._refuse_password)
        except ssl.SSLError as error:
            raise CannotStart(self._explain(error)) from error
        complaint = _complaint(context, self._cert)
        if complaint:
            log.warning("clients may refuse the certificate", file=str(self._cert), why=complaint)
        return context

    def _refuse_password(self) -> str:
        raise CannotStart(f"{self._key} asks for a password; give --tls-key one without.")

    def _explain(self, error: ssl.SSLError) -> str:
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"The key in {self._key} does not belong to the certificate in {self._cert}."
        for path, kind, option in (
            (self._cert, b"CERTIFICATE", "--tls-cert"),
            (self._key, b"PRIVATE KEY", "--tls-key"),
        ):
            if kind + b"-----" not in path.read_bytes():
                return f"{path} holds no {kind.decode().lower()} in PEM, which {option} needs."
        reason = (error.reason or "they are damaged").replace("_", " ").lower()
        return f"{self._cert} and {self._key} cannot be used for TLS: {reason}."


def certificate(settings: Settings) -> Certificate | None:
    """The certificate that the settings name. Raises CannotStart."""
    if settings.tls_cert is None and settings.tls_key is None:
        return None
    if settings.tls_cert is None or settings.tls_key is None:
        raise CannotStart("TLS needs both --tls-cert FILE and --tls-key FILE.")
    return Certificate(settings.tls_cert, settings.tls_key)


def warn_without(listener: socket.socket) -> None:
    """Warn of keys that will come in clear, if other machines can reach this listener."""
    host, port = listener.getsockname()[:2]
    if not is_loopback(host):
        log.warning("plain HTTP for other machines: keys travel in clear", host=host, port=port)


def _refuse_unreadable(path: Path) -> None:
    try:
        path.read_bytes()
    except OSError as error:
        raise CannotStart(f"{path}: {error.strerror}.") from error


def _complaint(context: ssl.SSLContext, cert: Path) -> str:
    """What a client has against a certificate that it trusts: that it expired; empty if nothing."""
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname = False
    client_context.load_verify_locations(cert)
    client_context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server)
    server = context.wrap_bio(to_server, to_client, server_side=True)
    for end in (client, server) * _MOST_FLIGHTS:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as error:
            return str(error.verify_message)
    return ""
