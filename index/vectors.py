"""The vectors of an index: FAISS, exact inner product over unit rows, with ids.

On unit rows the inner product is the cosine. FAISS files are read only when a manifest vouches for them, and
with limits on what a damaged file may make the reader allocate. Nothing is ever unpickled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from index.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import faiss
    import numpy as np
    from numpy.typing import NDArray

_MAX_FILE_FACTOR = 2  # a reader may allocate at most this many times the file's size


class VectorIndex:
    """An exact index over unit vectors; open or write once, then search from any thread."""

    def __init__(self, index: faiss.Index) -> None:
        """Wrap a FAISS `IndexIDMap2`; use `build` or `open`."""
        self._index: Any = index  # its attributes are SWIG's, which no type tells

    @classmethod
    def build(cls, vectors: NDArray[np.float32]) -> VectorIndex:
        """Index `vectors`, shape (n, dimension), unit rows; the id of a row is its number, from 0."""
        import faiss
        import numpy as np

        index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        index.add_with_ids(np.ascontiguousarray(vectors), np.arange(len(vectors), dtype=np.int64))
        return cls(index)

    @classmethod
    def open(cls, path: Path) -> VectorIndex:
        """Read what `write` wrote.

        Raises:
            StoreError: The file is not one that FAISS wrote.
        """
        import faiss

        faiss.set_deserialization_loop_limit(1_000_000)
        faiss.set_deserialization_vector_byte_limit(max(2**20, _MAX_FILE_FACTOR * path.stat().st_size))
        try:
            return cls(faiss.read_index(str(path)))
        except RuntimeError as error:
            raise StoreError(f"{path} is damaged; type: pincite index --rebuild") from error

    def write(self, path: Path) -> None:
        """Write the index to a file."""
        import faiss

        faiss.write_index(self._index, str(path))

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self._index.ntotal)

    def vectors(self) -> NDArray[np.float32]:
        """Return all rows, shape (n, dimension), in the order of their ids."""
        rows: NDArray[np.float32] = self._index.index.reconstruct_n(0, self._index.ntotal)
        return rows

    def search(
        self, queries: NDArray[np.float32], k: int, *, within: Sequence[range] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Find the rows nearest to each query.

        Args:
            queries: Unit rows, shape (m, dimension).
            k: How many; cut to the number of rows.
            within: Only rows of these ids, which do not overlap; None is all. The others are not compared with at all.

        Returns:
            Cosines and ids, both of shape (m, k), best first.
        """
        import numpy as np

        if within is None:
            scores, ids = self._index.search(queries, min(k, len(self)))
            return scores, ids
        k = min(k, sum(map(len, within)))
        if k < 1:
            return np.empty((len(queries), 0), dtype=np.float32), np.empty((len(queries), 0), dtype=np.int64)
        scores, ids = self._index.search(queries, k, params=self._only(within))
        return scores, ids

    def _only(self, within: Sequence[range]) -> Any:
        """Return what keeps a search to rows of these ids."""
        import faiss
        import numpy as np

        wrapped: Any = faiss  # its types do not know the constructors that it adds for Python
        wanted = np.zeros(len(self), dtype=bool)
        for ids in within:
            wanted[ids.start : ids.stop] = True
        return wrapped.SearchParameters(sel=wrapped.IDSelectorBitmap(np.packbits(wanted, bitorder="little")))
