"""Unit rows in half precision: written batch by batch, scanned as they lie on the disk.

The file is a FAISS `IndexScalarQuantizer` of 16-bit floats: a header of fixed length, then the rows one after the other.
So it can be written without holding the rows, FAISS maps it into memory instead of reading it, and its header is compared
byte for byte with the only one that fits its size before FAISS sees it.

A component is off by at most one part in 2,048, so a cosine by far less than 0.001; rows that are read and written again keep every bit.
A search runs in the caller's thread: FAISS would start one more for every core and wait for them, which a busy machine makes slow.
"""

from __future__ import annotations

import contextlib
import struct
import threading
from typing import TYPE_CHECKING, Any

from index.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import faiss
    import numpy as np
    from numpy.typing import NDArray

    Found = tuple[NDArray[np.float32], NDArray[np.int64]]

_COMPONENT = 2  # bytes
_DIMENSION, _COUNT = 4, 8  # where the header of any index of FAISS's says the shape, as 4 and 8 bytes
_MAX_HEADER = 256
_MAX_DIMENSION = 2**16
_SPARE = 16  # rows that are looked at beyond those asked for, to see whether the last is tied
_MAX_FILE_FACTOR = 2  # a reader may allocate at most this many times the file's size

_reading = threading.Lock()  # FAISS's limits on reading are the whole process's


class Rows:
    """Unit rows by number, from 0; open or make once, then search from any thread."""

    def __init__(self, index: faiss.Index, path: Path | None = None) -> None:
        """Wrap a FAISS `IndexScalarQuantizer` of 16-bit floats; use `of` or `open`."""
        self._index: Any = index  # its attributes are SWIG's, which no type tells
        self._path = path

    @classmethod
    def of(cls, vectors: NDArray[np.floating]) -> Rows:
        """Hold `vectors`, shape (n, dimension), unit rows, in memory."""
        return cls(_index_of(_halve(vectors).view("uint8"), vectors.shape[1]))

    @classmethod
    def open(cls, path: Path) -> Rows:
        """Map what `write` wrote into memory; it is read when it is searched.

        Raises:
            StoreError: The file is not one that `write` wrote.
        """
        import faiss

        try:
            count, dimension = _check(path)
            with _reading:
                faiss.set_deserialization_loop_limit(1_000_000)
                faiss.set_deserialization_vector_byte_limit(max(2**20, _MAX_FILE_FACTOR * path.stat().st_size))
                rows = cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC), path)
        except (OSError, RuntimeError) as error:
            raise StoreError(f"{path} cannot be read: {error}; type: pincite index --rebuild") from error
        if (len(rows), rows.dimension) != (count, dimension):
            raise StoreError(f"{path} was changed while it was opened; type: pincite index --rebuild")
        return rows

    @staticmethod
    def write(path: Path, batches: Iterable[NDArray[np.floating]], *, count: int, dimension: int) -> None:
        """Write rows as they come, holding one batch at a time.

        Args:
            path: The file.
            batches: Unit rows in the order of their numbers, arrays of shape (m, dimension), any m.
            count: How many rows there are altogether; 0 is a file without rows.
            dimension: Of a row.

        Raises:
            ValueError: A batch is of another shape, or there are more or fewer rows.
        """
        written = 0
        with path.open("wb") as stream:
            stream.write(_header(count, dimension))
            for batch in batches:
                if batch.ndim != 2 or batch.shape[1] != dimension:
                    raise ValueError(f"a batch has the shape {batch.shape}; expected (m, {dimension})")
                stream.write(_halve(batch).data)
                written += len(batch)
        if written != count:
            raise ValueError(f"{written} rows came; expected {count}")

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Of a row."""
        return int(self._index.d)

    def vectors(self) -> NDArray[np.float16]:
        """Return all rows, shape (n, dimension), read-only; of a file they are read from the disk where they are touched."""
        import numpy as np

        shape = len(self), self.dimension
        if self._path is None or not shape[0]:
            return self._bytes().copy().view(np.float16).reshape(shape)
        return np.memmap(self._path, np.float16, "r", offset=len(_header(*shape)), shape=shape)

    def search(self, queries: NDArray[np.float32], k: int, *, mask: NDArray[np.bool_] | None = None) -> Found:
        """Find the rows nearest to each query by comparing it with all of them.

        Args:
            queries: Unit rows, shape (m, dimension).
            k: How many, 1 to the number of rows that are compared with.
            mask: Which rows to compare with, shape (n,); None is all.

        Returns:
            Cosines and numbers, both of shape (m, k), best first; of equal ones the lower number.
        """
        import faiss
        import numpy as np

        if mask is None:
            return _best(self._index, queries, k, len(self), None)
        wrapped: Any = faiss  # its types do not know the constructors that it adds for Python
        only = wrapped.SearchParameters(sel=wrapped.IDSelectorBitmap(np.packbits(mask, bitorder="little")))
        return _best(self._index, queries, k, int(mask.sum()), only)

    def search_among(self, query: NDArray[np.float32], k: int, numbers: NDArray[np.int64]) -> Found:
        """Find the rows nearest to one query among few.

        Args:
            query: Unit row, shape (1, dimension).
            k: How many, 1 to the number of `numbers`.
            numbers: Of the rows to compare with, rising.

        Returns:
            As `search`.
        """
        rows = self._bytes().reshape(len(self), -1)[numbers]
        scores, places = _best(_index_of(rows, self.dimension), query, k, len(rows), None)
        return scores, numbers[places]

    def _bytes(self) -> NDArray[np.uint8]:
        """Return the rows as they lie in FAISS's memory, which is gone with this object."""
        import faiss
        import numpy as np

        size = len(self) * self.dimension * _COMPONENT
        return faiss.rev_swig_ptr(self._index.codes.data(), size) if size else np.empty(0, dtype=np.uint8)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Keep FAISS to the caller's thread; another thread's setting is its own."""
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _best(index: Any, queries: NDArray[np.float32], k: int, available: int, only: Any) -> Found:
    """Search, and put equal scores in the order of their numbers: FAISS keeps any of those that are tied for the last place."""
    import numpy as np

    fetched = min(available, k + _SPARE)
    with one_thread():
        scores, numbers = index.search(queries, fetched, params=only)
        while fetched < available and (scores[:, -1] == scores[:, k - 1]).any():
            fetched = min(available, 2 * fetched)
            scores, numbers = index.search(queries, fetched, params=only)
    order = np.lexsort((numbers, -scores), axis=-1)[:, :k]
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(numbers, order, axis=1)


def _halve(vectors: NDArray[np.floating]) -> NDArray[np.float16]:
    import numpy as np

    return np.ascontiguousarray(vectors, dtype=np.float16)


def _index_of(rows: NDArray[np.uint8], dimension: int) -> Any:
    index = _empty(dimension)
    if rows.size:
        index.add_sa_codes(rows)
    return index


def _empty(dimension: int) -> Any:
    import faiss

    index: Any = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True  # there is nothing to train
    return index


def _header(count: int, dimension: int) -> bytes:
    """Return what FAISS writes before the rows: an empty index's bytes with the number of rows and of their bytes filled in."""
    import faiss

    header = bytearray(faiss.serialize_index(_empty(dimension)).tobytes())
    struct.pack_into("<q", header, _COUNT, count)
    struct.pack_into("<q", header, len(header) - 8, count * dimension * _COMPONENT)
    return bytes(header)


def _check(path: Path) -> tuple[int, int]:
    """Return how many rows of which dimension a file holds; its size and its header must be those of just so many.

    Raises:
        StoreError: They are not.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(_MAX_HEADER)
    if len(start) >= _COUNT + 8:
        dimension, count = struct.unpack_from("<iq", start, _DIMENSION)
        if 0 < dimension <= _MAX_DIMENSION and 0 <= count <= size:
            header = _header(count, dimension)
            expected = len(header) + count * dimension * _COMPONENT
            if size == expected and start.startswith(header):
                return count, dimension
    raise StoreError(f"{path} is damaged: {size} bytes that are no file of rows; type: pincite index --rebuild")
