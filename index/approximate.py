"""Short codes of rows: a first look that says which rows are worth comparing with a query.

Product quantisation in its fast form: every four components of a row become the number of the nearest of 16 points, so a
row takes half a byte for four components, and the sixteen partial products of a query with a group's points stay in
registers while all rows are scanned. The scan is linear: what is found does not depend on how rows happened to be clustered, a
row more or less changes nothing for the others, and there is nothing to tune but how many of the best are looked at again.

Reference: Jegou, Douze and Schmid, "Product Quantization for Nearest Neighbor Search", 2011; Andre, Kermarrec and Le Scouarnec,
"Quicker ADC", 2019.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from index.errors import StoreError
from index.rows import one_thread

if TYPE_CHECKING:
    from pathlib import Path

    import faiss
    import numpy as np
    from numpy.typing import NDArray

_BITS = 4  # of a group's code: what the registers hold
_GROUP = 4  # components a code stands for; fewer where the dimension is not divisible by it
_TRAINING_ROWS = 2**14  # FAISS takes at most 256 of them for each of the 16 points
_BATCH = 2**14  # rows coded at once


class Codes:
    """Codes of rows by number, from 0; make or open once, then look from any thread."""

    def __init__(self, index: faiss.Index) -> None:
        """Wrap a FAISS `IndexPQFastScan`; use `of` or `open`."""
        self._index: Any = index  # its attributes are SWIG's, which no type tells

    @classmethod
    def of(cls, rows: NDArray[np.floating]) -> Codes:
        """Code `rows`, shape (n, dimension), n at least 16, reading them batch by batch; the same rows give the same codes.

        The points are learned from rows that lie evenly among all, with FAISS's fixed seed.
        """
        import numpy as np

        index = _empty(rows.shape[1])
        sample = np.linspace(0, len(rows) - 1, min(len(rows), _TRAINING_ROWS)).astype(np.int64)
        with one_thread():
            index.train(rows[sample].astype(np.float32))
            for at in range(0, len(rows), _BATCH):
                index.add(rows[at : at + _BATCH].astype(np.float32))
        return cls(index)

    @classmethod
    def open(cls, path: Path, *, count: int, dimension: int) -> Codes:
        """Read what `write` wrote for `count` rows.

        Raises:
            StoreError: The file is damaged, or of other rows.
        """
        index = _empty(dimension)
        index.ntotal, index.ntotal2, index.is_trained = count, -(-count // index.bbs) * index.bbs, True
        index.codes.resize(index.ntotal2 * index.M2 // 2)
        header, parts = _header(count, dimension), _parts(index)
        size = len(header) + sum(part.nbytes for part in parts)
        try:
            with path.open("rb") as stream:
                fits = path.stat().st_size == size and stream.read(len(header)) == header
                if not fits or not all(stream.readinto(part.data) == part.nbytes for part in parts):
                    raise StoreError(f"{path} is damaged, or not the codes of {count} rows in {size} bytes; type: pincite index --rebuild")
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error}; type: pincite index --rebuild") from error
        return cls(index)

    def write(self, path: Path) -> None:
        """Write the points and the codes to a file as bytes whose number is known: FAISS crashes on a damaged file of its own."""
        with path.open("wb") as stream:
            stream.write(_header(self._index.ntotal, self._index.d))
            for part in _parts(self._index):
                stream.write(part.data)

    def nearest(self, query: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """Return the numbers of the `k` rows whose codes are nearest to a query of shape (1, dimension), rising; maybe fewer."""
        import numpy as np

        with one_thread():
            numbers: NDArray[np.int64] = np.sort(self._index.search(query, k)[1][0])
        return numbers[numbers >= 0]


def _empty(dimension: int) -> Any:
    import faiss

    group = next(size for size in (_GROUP, 2, 1) if dimension % size == 0)
    return faiss.IndexPQFastScan(dimension, dimension // group, _BITS, faiss.METRIC_INNER_PRODUCT)


def _header(count: int, dimension: int) -> bytes:
    return struct.pack("<8sqq", b"pincite1", count, dimension)


def _parts(index: Any) -> list[NDArray[np.uint8]]:
    """Return the points and the codes as they lie in FAISS's memory, which is gone with the index."""
    import faiss

    points = faiss.rev_swig_ptr(index.pq.centroids.data(), index.pq.centroids.size())
    return [points.view("uint8"), faiss.rev_swig_ptr(index.codes.get(), index.codes.size())]
