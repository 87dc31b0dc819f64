"""The vectors of an index, searched by cosine: exactly while that is fast, and beyond that by a first look at short codes.

Up to `EXACT_ROWS` rows every search compares the query with all of them (`index.rows`). Larger indexes have a second file
beside the first, with a code of one bit a component for every row (`index.approximate`): a search scans all codes, and compares the query
with the rows of the best. A search that is kept to some rows compares the query with all of these, or looks at so many
codes that as many of these are among them as a search of all would have compared.

FAISS files are read only when a manifest vouches for them. Nothing is ever unpickled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.approximate import Codes
from index.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from index.rows import Found

EXACT_ROWS = 100_000  # the most that are compared with one by one; see DECISIONS.md, "Vectors", as for the numbers below
MIN_CANDIDATES = 1000  # rows of the best codes that a query is compared with, at least
CANDIDATES_PER_RESULT = 20
_FEW = 256  # rows to keep to are gathered, not masked, when they are at most one in so many
_MOST = 4  # codes are looked at first when the rows to keep to are at least one in so many


class VectorIndex:
    """An index over unit vectors; open or build once, then search from any thread."""

    def __init__(self, rows: Rows, codes: Codes | None = None) -> None:
        """Search `rows`, by `codes` first when there are any; use `build` or `open`."""
        self._rows = rows
        self._codes = codes

    @classmethod
    def build(cls, vectors: NDArray[np.floating], *, exact_rows: int = EXACT_ROWS) -> VectorIndex:
        """Index `vectors`, shape (n, dimension), unit rows, in memory; the id of a row is its number, from 0.

        Args:
            vectors: The rows; they are kept in half precision.
            exact_rows: The most that have no codes.
        """
        rows = Rows.of(vectors)
        return cls(rows, Codes.of(rows.vectors()) if len(rows) > exact_rows else None)

    @staticmethod
    def write_rows(
        path: Path, batches: Iterable[NDArray[np.floating]], *, count: int, dimension: int, exact_rows: int = EXACT_ROWS
    ) -> None:
        """Write an index of rows that come in batches, holding one batch at a time; `open` reads it.

        Args:
            path: The file of the rows; that of the codes, when there is one, stands beside it under the suffix `.codes`.
            batches: Unit rows in the order of their ids, arrays of shape (m, dimension).
            count: How many rows there are altogether.
            dimension: Of a row.
            exact_rows: The most that have no codes.

        Raises:
            ValueError: A batch is of another shape, or there are more or fewer rows.
        """
        Rows.write(path, batches, count=count, dimension=dimension)
        if count > exact_rows:
            Codes.of(Rows.open(path).vectors()).write(_codes_file(path))
        else:
            _codes_file(path).unlink(missing_ok=True)

    @classmethod
    def open(cls, path: Path) -> VectorIndex:
        """Open what `write_rows` wrote.

        Raises:
            StoreError: A file is damaged, or is not one of theirs.
        """
        rows, codes = Rows.open(path), _codes_file(path)
        return cls(rows, Codes.open(codes, count=len(rows), dimension=rows.dimension) if codes.exists() else None)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def vectors(self) -> NDArray[np.float16]:
        """Return all rows, shape (n, dimension), in the order of their ids; indexed again they keep every bit."""
        return self._rows.vectors()

    def search(
        self, queries: NDArray[np.float32], k: int, *, within: Sequence[range] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Find the rows nearest to each query.

        Args:
            queries: Unit rows, shape (m, dimension).
            k: How many; cut to the number of rows.
            within: Only rows of these ids, which do not overlap; None is all. The others are not among the results, and
                take no result's place.

        Returns:
            Cosines and ids, both of shape (m, k), best first; of equal ones the lower id.
        """
        import numpy as np

        available = len(self) if within is None else sum(map(len, within))
        k = min(k, available)
        if k < 1 or not len(queries):
            return np.empty((len(queries), max(k, 0)), dtype=np.float32), np.empty((len(queries), max(k, 0)), dtype=np.int64)
        if within is not None and available * _FEW <= len(self):
            numbers = _numbers(within)
            return _stack(self._rows.search_among(query, k, numbers) for query in queries[:, None])
        mask = None if within is None else _mask(within, len(self))
        candidates = max(MIN_CANDIDATES, CANDIDATES_PER_RESULT * k)
        if self._codes is None or available * _MOST < len(self) or available < candidates * _MOST:
            return self._rows.search(queries, k, mask=mask)
        looked_at = candidates if mask is None else min(len(self), 2 * candidates * len(self) // available)
        near = (self._codes.nearest(query, looked_at) for query in queries[:, None])
        return _stack(self._compare(query, k, numbers, mask, candidates) for query, numbers in zip(queries[:, None], near, strict=True))

    def _compare(
        self, query: NDArray[np.float32], k: int, numbers: NDArray[np.int64], mask: NDArray[np.bool_] | None, candidates: int
    ) -> Found:
        """Compare a query, shape (1, dimension), with the rows of the nearest codes; with all, when too few of these are wanted."""
        wanted = numbers if mask is None else numbers[mask[numbers]]
        if len(wanted) < candidates:
            return self._rows.search(query, k, mask=mask)
        return self._rows.search_among(query, k, wanted)


def _codes_file(path: Path) -> Path:
    return path.with_suffix(".codes")


def _stack(found: Iterable[Found]) -> Found:
    """Return the results of one query each as those of all."""
    import numpy as np

    scores, ids = zip(*found, strict=True)
    return np.concatenate(scores), np.concatenate(ids)


def _numbers(within: Sequence[range]) -> NDArray[np.int64]:
    """Return the ids of ranges, rising."""
    import numpy as np

    return np.concatenate([np.arange(ids.start, ids.stop) for ids in sorted(within, key=lambda ids: ids.start)])


def _mask(within: Sequence[range], count: int) -> NDArray[np.bool_]:
    """Return which of `count` ids are in one of the ranges."""
    import numpy as np

    changes = np.zeros(count + 1, dtype=np.int8)
    bounds = np.array([(ids.start, ids.stop) for ids in within if ids], dtype=np.int64).reshape(-1, 2)
    changes[bounds[:, 0]] += 1
    changes[bounds[:, 1]] -= 1
    mask: NDArray[np.bool_] = np.cumsum(changes[:-1], dtype=np.int8).astype(bool)
    return mask
