"""Bodies too large for a line of a tape: kept in files named by their checksum, once each."""

import gzip
import hashlib
import secrets
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

INLINE_BYTES = 64 * 1024
"""The largest body that stands in the tape itself."""
_CHUNK = 256 * 1024
_LARGEST_DECODED = 256 * 2**20
"""What grows beyond this may be a bomb."""
_NO_CODING = ("", "identity")


class Body:
    """A body while it passes: in memory up to 64 KiB, then in a file that has no name.

    So neither a large upload fills the memory, nor does a crash leave secrets on the disk.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` must exist, and have room."""
        self._folder = folder
        self._file: IO[bytes] = SpooledTemporaryFile(  # noqa: SIM115, for `close` closes it
            max_size=INLINE_BYTES, dir=str(folder)
        )
        self.size = 0
        self.failure: OSError | None = None
        """Why it is not whole, if the disk did not take it: traffic goes on without it."""

    @property
    def is_large(self) -> bool:
        """Whether it is too large for a line of a tape."""
        return self.size > INLINE_BYTES

    def write(self, chunk: bytes) -> None:
        """Add to its end; never raises, see `failure`."""
        self.size += len(chunk)
        try:
            self._file.write(chunk)
        except OSError as error:
            self.failure = error

    def read(self) -> bytes:
        """All of it. Raises its failure."""
        return self._rewound().read()

    def chunks(self) -> Iterator[bytes]:
        """All of it, piece by piece. Raises its failure."""
        file = self._rewound()
        while chunk := file.read(_CHUNK):
            yield chunk

    def decode(self, encoding: str) -> bool:
        """Take a content coding off; whether the body is plain now.

        Nothing changes if the coding is unknown or does not fit, or if there is too much in it.
        """
        codings = {"gzip": self._unzipped, "x-gzip": self._unzipped, "deflate": self._inflated}
        coding = encoding.strip().lower()
        pieces = codings.get(coding)
        if pieces is None or not self.size:
            return coding in _NO_CODING or not self.size
        plain = Body(self._folder)
        try:
            for chunk in pieces():
                plain.write(chunk)
                if plain.size > _LARGEST_DECODED:
                    raise EOFError
        except (OSError, EOFError, zlib.error):
            plain.close()
            return False
        self._file.close()
        self._file, self.size, self.failure = plain._file, plain.size, plain.failure
        return True

    def close(self) -> None:
        """Give memory or disk back."""
        self._file.close()

    def _rewound(self) -> IO[bytes]:
        if self.failure:
            raise self.failure
        self._file.seek(0)
        return self._file

    def _unzipped(self) -> Iterator[bytes]:
        with gzip.open(self._rewound()) as content:
            while chunk := content.read(_CHUNK):
                yield chunk

    def _inflated(self) -> Iterator[bytes]:
        # Some servers send deflate without the envelope of zlib that the name stands for.
        first = next(self.chunks())[:2]
        has_envelope = first[0] & 15 == 8 and int.from_bytes(first) % 31 == 0
        inflater = zlib.decompressobj(zlib.MAX_WBITS if has_envelope else -zlib.MAX_WBITS)
        for chunk in self.chunks():
            rest = chunk
            while rest:
                yield inflater.decompress(rest, _CHUNK)
                rest = inflater.unconsumed_tail
        yield inflater.flush()
        if not inflater.eof:
            raise EOFError


def keep(chunks: Iterable[bytes], folder: Path) -> str:
    """Put a body into the folder, which is made if need be; its name there. Raises OSError."""
    folder.mkdir(exist_ok=True)
    part = folder / f"{secrets.token_hex(8)}.part"
    checksum = hashlib.sha256()
    try:
        with part.open("xb") as file:
            for chunk in chunks:
                checksum.update(chunk)
                file.write(chunk)
        part.replace(folder / checksum.hexdigest())
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return checksum.hexdigest()
