"""What a build has encoded so far, kept beside the index until it is published, so that a build that was killed goes on from there.

An append-only file: a header that names the encoder, then one record a batch, each with its own SHA-256. A record that
is cut short or does not fit its hash ends the journal; what follows is cut off and encoded again. Vectors are found by
the hash of their text (`index.embedding.hash_window`), so whatever changed in the meantime does no harm.

    header    "pincite-journal-1", a line end, sha256(encoder fingerprint, dimension)
    record    "PCJ1"  count: uint32  sha256(body)  body: count hashes of 32 bytes, then count rows of float32, little-endian
"""

from __future__ import annotations

import hashlib
import os
import struct
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import RawIOBase
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from index.encoders import Encoder

FILE = "journal"
HASH_BYTES = 32

_MAGIC = b"pincite-journal-1\n"
_RECORD = struct.Struct("<4sI32s")
_MARK = b"PCJ1"
_MAX_DIMENSION = 2**13  # of the vectors of any encoder


class Journal:
    """The journal of one index folder; the builder that holds the folder's lock writes it.

    A context manager: leaving it closes the file, which stays until `remove_journal`.
    """

    def __init__(self, index_dir: Path, encoder: Encoder) -> None:
        """Open the journal that an earlier build left, or begin one; of another encoder nothing is kept.

        Raises:
            OSError: The file cannot be opened or written.
        """
        self._path = index_dir / FILE
        self._dimension = encoder.dimension
        self._header = _header(encoder.fingerprint, encoder.dimension)
        self._stream = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+b", buffering=0)
        if self._stream.read(len(self._header)) != self._header:
            self._stream.seek(0)
            self._stream.truncate()
            self._stream.write(self._header)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def left(self) -> Iterator[tuple[list[bytes], int]]:
        """Yield what an earlier build wrote, record by record: the hashes, and where in the file the first one's vector stands.

        To be read to the end before anything is appended: the end is where the last whole record ends.
        """
        at = len(self._header)
        while (body := self._body(at)) is not None:
            count = len(body) // (HASH_BYTES + 4 * self._dimension)
            rows = at + _RECORD.size + HASH_BYTES * count
            yield [body[HASH_BYTES * place : HASH_BYTES * (place + 1)] for place in range(count)], rows
            at += _RECORD.size + len(body)
        self._stream.seek(at)
        self._stream.truncate()

    def append(self, hashes: Sequence[bytes], vectors: NDArray[np.float32]) -> int:
        """Add a batch and put it on the disk.

        Args:
            hashes: Of the texts, 32 bytes each.
            vectors: Shape (len(hashes), dimension).

        Returns:
            Where in the file the first vector stands; the others follow it.
        """
        body = b"".join(hashes) + vectors.astype("<f4").tobytes()
        at = self._stream.seek(0, os.SEEK_END)
        self._write(_RECORD.pack(_MARK, len(hashes), hashlib.sha256(body).digest()) + body)
        os.fsync(self._stream.fileno())
        return at + _RECORD.size + HASH_BYTES * len(hashes)

    def read(self, at: int) -> NDArray[np.float32]:
        """Return the vector that stands at a place of the file, shape (dimension,)."""
        import numpy as np

        self._stream.seek(at)
        return np.frombuffer(self._stream.read(4 * self._dimension), dtype="<f4")

    def stride(self) -> int:
        """Return the bytes from one vector of a batch to the next."""
        return 4 * self._dimension

    def _body(self, at: int) -> bytes | None:
        """Return the hashes and vectors of the record at a place; None when no whole one stands there."""
        count, digest = _read_head(self._stream, at, self._dimension)
        body = self._stream.read(count * (HASH_BYTES + 4 * self._dimension))
        return body if count and hashlib.sha256(body).digest() == digest else None

    def _write(self, raw: bytes) -> None:
        rest = memoryview(raw)
        while rest:
            rest = rest[self._stream.write(rest) :]


def count_left(index_dir: Path, fingerprint: str) -> int:
    """Return how many vectors a build that is not done has left for the next one: 0 when there is no journal, or another encoder's.

    Only the heads of the records are read, and the file is left as it is.

    Args:
        index_dir: An index folder.
        fingerprint: Of the encoder that the next build will use.
    """
    try:
        with (index_dir / FILE).open("rb", buffering=0) as stream:
            header = stream.read(len(_MAGIC) + HASH_BYTES)
            # What the encoder's vectors are long is known only once it is loaded, and the header tells it after a few thousand hashes.
            dimension = next((one for one in range(1, _MAX_DIMENSION + 1) if _header(fingerprint, one) == header), 0)
            left, at = 0, len(header)
            while dimension and (count := _read_head(stream, at, dimension)[0]):
                left += count
                at += _RECORD.size + count * (HASH_BYTES + 4 * dimension)
            return left
    except OSError:  # there is none, or nobody may read it
        return 0


def _header(fingerprint: str, dimension: int) -> bytes:
    return _MAGIC + hashlib.sha256(f"{fingerprint}\n{dimension}".encode()).digest()


def _read_head(stream: RawIOBase, at: int, dimension: int) -> tuple[int, bytes]:
    """Return how many vectors the record at a place holds, and the hash of its body; 0 and nothing when no whole one stands there."""
    stream.seek(at)
    head = stream.read(_RECORD.size) or b""
    if len(head) < _RECORD.size:
        return 0, b""
    mark, count, digest = _RECORD.unpack(head)
    whole = mark == _MARK and count * (HASH_BYTES + 4 * dimension) <= os.fstat(stream.fileno()).st_size - at - _RECORD.size
    return (count, digest) if whole else (0, b"")


def remove_journal(index_dir: Path) -> None:
    """Delete the journal of an index folder: what it holds is published."""
    (index_dir / FILE).unlink(missing_ok=True)
